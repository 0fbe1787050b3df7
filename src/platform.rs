//! The outside world, one file a platform.
//!
//! What reads a clock or speaks to a network lives here, so that everything else can be told and tested.

#[cfg(not(target_arch = "wasm32"))]
pub mod native;
