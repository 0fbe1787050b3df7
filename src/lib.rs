//! clerk-edge.

pub mod limits;
pub mod time;
pub mod json;
pub mod instance;
pub mod algorithm;
pub mod token;
pub mod claims;
pub mod authorization;
pub mod keys;
pub mod ports;
pub mod verifier;
pub mod path;
pub mod method;
pub mod routes;
pub mod platform;
pub mod headers;
pub mod credentials;
pub mod refusal;
pub mod config;
pub mod gateway;

#[cfg(all(target_arch = "wasm32", feature = "worker"))]
pub use platform::workers;
