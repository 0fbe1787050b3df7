//! Where the core runs: the only folder that may name a JavaScript host or a clock.

#[cfg(all(target_arch = "wasm32", any(feature = "npm", feature = "entry")))]
mod allocator;
#[cfg(not(target_arch = "wasm32"))]
pub mod native;
#[cfg(all(target_arch = "wasm32", feature = "npm"))]
pub mod npm;
#[cfg(target_arch = "wasm32")]
pub mod web_crypto;
#[cfg(all(target_arch = "wasm32", any(feature = "npm", feature = "worker", feature = "entry")))]
mod work;
#[cfg(all(target_arch = "wasm32", any(feature = "worker", feature = "entry")))]
pub mod workers;
