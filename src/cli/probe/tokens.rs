//! Tokens to send: made, given or forged, each with the words that it goes by.

mod forge;
mod pattern;

use std::fmt;

pub(super) use self::forge::{Forge, base64, hmac_sha256};
pub(super) use self::pattern::Pattern;

/// A token, or what a check sends in its place.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) text: String,
    /// What reports call it.
    pub(super) kind: String,
}

impl Token {
    pub(super) fn new(text: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { text: text.into(), kind: kind.into() }
    }

    /// The three parts, as they stand.
    pub(super) fn parts(&self) -> Option<[&str; 3]> {
        let parts: Vec<&str> = self.text.split('.').collect();
        parts.try_into().ok()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Token({})", self.kind)
    }
}
