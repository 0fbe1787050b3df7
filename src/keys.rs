//! The keys that tokens are checked with: where they come from, how long they hold, and which one a token names.
//!
//! A key is known by its issuer and its `kid`, never by `kid` alone: Clerk's `kid` is the instance id, and may stay the
//! same over a rotation.

mod cache;
mod jwk;
mod set;
mod source;
mod stored;
mod issuer_keys;

pub use cache::{FRESH_SECONDS, KeyCache, STALE_IF_ERROR_SECONDS, STALE_WHILE_REVALIDATE_SECONDS, Step};
pub use issuer_keys::{Found, KeyError, Keys};
pub use jwk::{Jwk, JwkError};
pub use set::{KeySet, KeySetError};
pub use source::{KeyOrigin, KeySource};
