//! Where keys come from, and where the key of one decision did.

use std::fmt;

use super::KeySet;
use crate::public_key::PublicKey;

/// Where keys come from.
#[derive(Clone, PartialEq, Eq)]
pub enum KeySource {
    /// One key, given; it needs no network, and a token's `kid` is not compared.
    Given(PublicKey),
    /// A key set, given; it needs no network either.
    GivenSet(KeySet),
    /// A key set at an address.
    KeySet {
        /// The address.
        url: String,
        /// The secret key for `Authorization: Bearer`, where the address asks for one.
        bearer: Option<String>,
    },
}

impl fmt::Debug for KeySource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(key) => formatter.debug_tuple("Given").field(key).finish(),
            Self::GivenSet(set) => formatter.debug_tuple("GivenSet").field(set).finish(),
            Self::KeySet { url, bearer } => {
                let bearer = bearer.as_ref().map(|_| "[redacted]");
                formatter.debug_struct("KeySet").field("url", url).field("bearer", &bearer).finish()
            }
        }
    }
}

/// Where the key of one decision came from, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOrigin {
    /// Given by the configuration.
    Given,
    /// Held by this isolate.
    Memory,
    /// Read from the store for this request.
    Store,
    /// Fetched for this request.
    Network,
}

impl KeyOrigin {
    /// The name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Given => "pem",
            Self::Memory => "memory",
            Self::Store => "kv",
            Self::Network => "network",
        }
    }
}
