//! clerk-edge.

#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
pub mod cli;
pub mod instance;
pub mod limits;
pub mod platform;
pub mod time;
