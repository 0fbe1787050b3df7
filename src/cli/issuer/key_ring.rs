//! The stand-in's keys: which one signs, which one signed before, and which are published.
//!
//! Signing and publishing are apart on purpose. A verifier's worst hours are the ones in which they disagree: a rotation
//! that its cached set does not know yet, a kid that kept its name, two keys under one kid.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::cli::identifier::identifier;
use crate::cli::signing_key::{PublicJwk, SigningKey};

/// What a request asked of the keys that they cannot do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum KeyRingError {
    /// Nothing has been rotated yet.
    #[error("expected a rotation before the previous key is used")]
    NoPrevious,
    /// No published key has this kid.
    #[error("expected the kid of a published key, got {0:?}")]
    UnknownKid(String),
}

/// A key and the name it goes by.
#[derive(Debug, Clone)]
pub(super) struct NamedKey {
    pub(super) kid: String,
    pub(super) key: Arc<SigningKey>,
}

/// The name of the key that a rotation brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RotatedKid {
    New,
    Same,
}

/// A rotation, as asked for over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Rotation {
    kid: RotatedKid,
    keep_old: Option<bool>,
}

/// A key set (RFC 7517 section 5).
#[derive(Debug, Default, Serialize)]
pub(super) struct KeySet {
    keys: Vec<PublicJwk>,
}

/// All published keys, newest first, with the one that signs and the one before it.
#[derive(Debug)]
pub(super) struct KeyRing {
    current: NamedKey,
    previous: Option<NamedKey>,
    published: Vec<NamedKey>,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { kid: RotatedKid::New, keep_old: None }
    }
}

impl KeyRing {
    /// A ring of one key, which signs and is published, under a new kid.
    pub(super) fn new(key: Arc<SigningKey>) -> Self {
        let current = NamedKey { kid: identifier("ins_"), key };
        Self { published: vec![current.clone()], previous: None, current }
    }

    /// The key that signs.
    pub(super) fn current(&self) -> &NamedKey {
        &self.current
    }

    /// The key that signed before the last rotation, published or not.
    pub(super) fn previous(&self) -> Result<&NamedKey, KeyRingError> {
        self.previous.as_ref().ok_or(KeyRingError::NoPrevious)
    }

    /// Signs with `key` from now on.
    ///
    /// The old keys stay published when the request says so, or when it says nothing and the kid is new.
    pub(super) fn rotate(&mut self, rotation: &Rotation, key: Arc<SigningKey>) {
        let Rotation { kid, keep_old } = rotation;
        let name = match kid {
            RotatedKid::New => identifier("ins_"),
            RotatedKid::Same => self.current.kid.clone(),
        };
        if !keep_old.unwrap_or(*kid == RotatedKid::New) {
            self.published.clear();
        }
        let current = NamedKey { kid: name, key };
        self.published.insert(0, current.clone());
        self.previous = Some(std::mem::replace(&mut self.current, current));
    }

    /// Publishes no key under `kid` any more. The current key signs on even so.
    pub(super) fn remove(&mut self, kid: &str) -> Result<(), KeyRingError> {
        let before = self.published.len();
        self.published.retain(|key| key.kid != kid);
        if self.published.len() == before { Err(KeyRingError::UnknownKid(kid.to_owned())) } else { Ok(()) }
    }

    /// The published keys.
    pub(super) fn key_set(&self) -> KeySet {
        KeySet { keys: self.published.iter().map(|NamedKey { kid, key }| key.public_jwk(kid)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::signing_key::tests::key;

    fn rotation(text: &str) -> Rotation {
        serde_json::from_str(text).unwrap()
    }

    fn published(ring: &KeyRing) -> Vec<&str> {
        ring.published.iter().map(|key| key.kid.as_str()).collect()
    }

    #[test]
    fn a_rotation_publishes_the_new_key_before_the_old() {
        let mut ring = KeyRing::new(key());
        let old = ring.current().kid.clone();
        assert_eq!(ring.previous().unwrap_err(), KeyRingError::NoPrevious);
        ring.rotate(&rotation("{}"), key());
        let new = ring.current().kid.clone();
        assert_ne!(new, old);
        assert_eq!(published(&ring), [&new, &old]);
        assert_eq!(ring.previous().unwrap().kid, old);
    }

    #[test]
    fn a_rotation_under_the_same_kid_replaces_the_old_key_unless_told_to_keep_it() {
        let mut ring = KeyRing::new(key());
        let kid = ring.current().kid.clone();
        ring.rotate(&rotation(r#"{"kid": "same"}"#), key());
        assert_eq!(published(&ring), [&kid]);
        ring.rotate(&rotation(r#"{"kid": "same", "keep_old": true}"#), key());
        assert_eq!(published(&ring), [&kid, &kid]);
    }

    #[test]
    fn a_rotation_without_the_old_publishes_one_key() {
        let mut ring = KeyRing::new(key());
        ring.rotate(&rotation(r#"{"kid": "new", "keep_old": false}"#), key());
        assert_eq!(published(&ring), [&ring.current().kid]);
    }

    #[test]
    fn a_removed_key_is_gone_from_the_set_but_still_signs() {
        let mut ring = KeyRing::new(key());
        let kid = ring.current().kid.clone();
        assert_eq!(ring.remove("other"), Err(KeyRingError::UnknownKid("other".to_owned())));
        ring.remove(&kid).unwrap();
        assert_eq!(serde_json::to_string(&ring.key_set()).unwrap(), r#"{"keys":[]}"#);
        assert_eq!(ring.current().kid, kid);
    }

    #[test]
    fn a_rotation_has_no_other_members() {
        assert!(serde_json::from_str::<Rotation>(r#"{"kids": "new"}"#).is_err());
        assert!(serde_json::from_str::<Rotation>(r#"{"kid": "old"}"#).is_err());
    }
}
