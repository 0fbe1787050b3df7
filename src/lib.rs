//! clerk-edge.

pub mod instance;
pub mod limits;
pub mod time;
