//! The outside world as a few small traits, so that the core never learns where it runs.
//!
//! The real ones are in `platform/`; tests drive the core through others. None of the futures is `Send`: a Worker has
//! one thread, and a request's input and output stay with the request.

#![allow(async_fn_in_trait)] // Only this crate's skins and tests implement these, on one thread.

use thiserror::Error;

use crate::algorithm::Algorithm;
use crate::public_key::PublicKey;

/// Checks signatures with keys that it has taken in beforehand.
pub trait CheckSignature {
    /// A key in the host's own form.
    type Key;

    /// Takes a key in. Called once for each key, not for each token.
    ///
    /// # Errors
    /// When the host does not take the key.
    async fn import(&self, key: &PublicKey, algorithm: Algorithm) -> Result<Self::Key, HostError>;

    /// Whether `signature` is `key`'s over `message`.
    ///
    /// # Errors
    /// When the host cannot tell, which says nothing about the signature.
    async fn check(
        &self,
        key: &Self::Key,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, HostError>;
}

/// Asks the network for a key set.
pub trait FetchKeySet {
    /// The body of a 200 answer of at most [`crate::limits::KEY_SET_BYTES`], within the time-out, following no redirect.
    ///
    /// # Errors
    /// On any other outcome.
    async fn fetch_key_set(&self, url: &str, bearer: Option<&str>) -> Result<Vec<u8>, HostError>;
}

/// Keeps small values beyond the life of an isolate.
pub trait Store {
    /// The value under `key`, if there is one.
    ///
    /// # Errors
    /// When the store cannot be asked.
    async fn load(&self, key: &str) -> Result<Option<Vec<u8>>, HostError>;

    /// Puts a value under `key`, to be forgotten after `seconds`.
    ///
    /// # Errors
    /// When the store does not take it.
    async fn save(&self, key: &str, value: &[u8], seconds: u32) -> Result<(), HostError>;
}

/// Counts requests, for routes with a limit.
pub trait CountRequest {
    /// Counts one request under `key`, and says whether it is within the limit of this name.
    ///
    /// # Errors
    /// When the counter cannot be asked, or not soon enough for a request to wait.
    async fn count(&self, limit: &str, key: &str) -> Result<bool, HostError>;
}

/// Lets time pass.
pub trait Pause {
    /// Waits about that long, in milliseconds.
    async fn pause(&self, milliseconds: u32);
}

/// Everything the verifier asks of where it runs.
pub trait Host: CheckSignature + FetchKeySet + Store + Pause {}

impl<T: CheckSignature + FetchKeySet + Store + Pause> Host for T {}

/// The host could not do it; the text is for the log, never for the caller.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct HostError(pub String);
