//! What the command refuses, and servers that are none.
