//! Tokens to send: made, given or forged, each with the words that it goes by.

mod forge;
mod pattern;

use std::fmt;

pub(super) use self::forge::{Forge, base64, hmac_sha256};
pub(super) use self::pattern::Pattern;
use crate::platform::native::now;

/// How long a token may be on its way, in seconds.
const ARRIVAL_SECONDS: i64 = 2;

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

    /// Whether its time is over, or will be before it has arrived. One that does not say so may last for ever.
    pub(super) fn has_run_out(&self) -> bool {
        let exp = Pattern::of(self).and_then(|pattern| pattern.exp());
        exp.is_some_and(|exp| exp < now().seconds() + ARRIVAL_SECONDS)
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
