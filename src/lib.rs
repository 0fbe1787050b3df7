//! Protects APIs behind Clerk at the edge: a token in, a verdict out.
//!
//! The core is pure. It is told the time, the keys and the request, and says what it makes of them; where it runs is
//! in [`platform`] alone. The chapters are listed here in reading order: token, keys, policy, gateway, platform.
//!
//! ```ignore-wasm32
//! # let vectors = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/tokens.json"));
//! # let vectors: serde_json::Value = serde_json::from_str(vectors)?;
//! # let case = &vectors["cases"][0];
//! # let (token, jwk) = (case["token"].as_str().unwrap(), case["jwks"]["keys"][0].as_object().unwrap().clone());
//! use clerk_edge::keys::{Jwk, KeySource};
//! use clerk_edge::platform::native::Offline;
//! use clerk_edge::time::UnixTime;
//! use clerk_edge::verifier::{TokenPolicy, Verifier, VerifyError};
//!
//! let policy = TokenPolicy::for_issuer("https://clerk.example.com");
//! let key = Jwk::from_object(&jwk)?.key().clone();
//! let verifier = Verifier::new(Offline, policy, KeySource::Given(key));
//!
//! # pollster::block_on(async {
//! let verified = verifier.verify(token, false, UnixTime::from_seconds(1_750_000_000)).await?;
//! assert_eq!(verified.session.user_id, "user_2aBcDeFgHiJkLmNoPqRsTuVwXyZ");
//!
//! let a_minute_later = UnixTime::from_seconds(1_750_000_060);
//! assert_eq!(verifier.verify(token, false, a_minute_later).await.unwrap_err(), VerifyError::Expired);
//! # Ok::<_, VerifyError>(())
//! # })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

pub mod limits;
pub mod time;
pub mod json;

pub mod instance;
pub mod algorithm;
pub mod public_key;
pub mod checks;
pub mod token;
pub mod claims;
pub mod authorization;

mod apart;
pub mod ports;
pub mod keys;
pub mod verifier;

pub mod path;
pub mod method;
pub mod routes;
pub mod headers;
pub mod credentials;
pub mod webhook;
pub mod assertion;
pub mod lifetime;
pub mod cors;
pub mod rate_limit;
pub mod refusal;
pub mod config;
pub mod head;
pub mod authentication;
pub mod gateway;
pub mod explanation;

pub mod platform;
#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
pub mod cli;

#[cfg(all(target_arch = "wasm32", any(feature = "worker", feature = "entry")))]
pub use platform::workers;
