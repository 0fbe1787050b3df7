//! A key set (RFC 7517 section 5): its usable keys, each under a `kid` of its own.
//!
//! Unusable entries beside good ones are skipped and counted, so that a new kind of key at Clerk's breaks nobody. Two
//! different keys under one `kid` make that `kid` unusable: a token must name exactly one key.

use serde_json::Value;
use thiserror::Error;

use super::Jwk;
use crate::algorithm::Algorithm;
use crate::json::parse_object;
use crate::limits::{KEY_SET_BYTES, KEY_SET_KEYS};

/// Why a document is no key set to work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeySetError {
    /// Longer than [`KEY_SET_BYTES`].
    #[error("the key set is longer than 64 KiB")]
    TooLong,
    /// No JSON object, or without a list `keys`.
    #[error("the answer is not a key set")]
    Form,
    /// More than [`KEY_SET_KEYS`] keys.
    #[error("the key set has more than 32 keys")]
    TooMany,
    /// Not one key that can be used.
    #[error("the key set has no usable key")]
    NoUsableKey,
}

/// The usable keys of one issuer; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<Jwk>,
}

impl KeySet {
    /// Reads a key set document.
    ///
    /// # Errors
    /// When there is nothing in it to check a token with.
    pub fn parse(document: &[u8]) -> Result<Self, KeySetError> {
        if document.len() > KEY_SET_BYTES {
            return Err(KeySetError::TooLong);
        }
        let members = parse_object(document).map_err(|_| KeySetError::Form)?;
        Self::from_keys(members.get("keys").and_then(Value::as_array).ok_or(KeySetError::Form)?)
    }

    /// Reads the members of a set's `keys`.
    pub(super) fn from_keys(entries: &[Value]) -> Result<Self, KeySetError> {
        if entries.len() > KEY_SET_KEYS {
            return Err(KeySetError::TooMany);
        }
        let usable = entries.iter().filter_map(|entry| Jwk::from_object(entry.as_object()?).ok());
        let mut keys: Vec<Jwk> = Vec::new();
        let mut ambiguous: Vec<String> = Vec::new();
        for key in usable {
            match keys.iter().find(|other| other.key_id == key.key_id) {
                None => keys.push(key),
                Some(same) if *same == key => {}
                Some(_) => ambiguous.push(key.key_id),
            }
        }
        keys.retain(|key| !ambiguous.contains(&key.key_id));
        if keys.is_empty() { Err(KeySetError::NoUsableKey) } else { Ok(Self { keys }) }
    }

    /// The key for a token's `kid` and algorithm.
    #[must_use]
    pub fn find(&self, key_id: &str, algorithm: Algorithm) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.answers(key_id, algorithm))
    }

    /// How many keys can be used.
    #[must_use]
    pub fn usable(&self) -> usize {
        self.keys.len()
    }

    /// The usable keys as a key set's `keys`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.keys.iter().map(Jwk::to_json).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key(id: &str, last: &str) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": format!("{}{last}", "B".repeat(42))})
    }

    fn parse(keys: &[Value]) -> Result<KeySet, KeySetError> {
        KeySet::parse(json!({"keys": keys}).to_string().as_bytes())
    }

    #[test]
    fn unusable_entries_beside_a_good_one_are_skipped() {
        let set =
            parse(&[json!(null), json!("x"), json!({}), json!({"kty": "oct", "k": "AA", "kid": "b"}), key("a", "A")])
                .unwrap();
        assert_eq!(set.usable(), 1);
        assert!(set.find("a", Algorithm::EdDsa).is_some());
        assert!(set.find("a", Algorithm::Rs256).is_none());
    }

    #[test]
    fn two_different_keys_under_one_id_refuse_that_id_alone() {
        let set = parse(&[key("a", "A"), key("b", "A"), key("a", "E"), key("a", "A")]).unwrap();
        assert!(set.find("a", Algorithm::EdDsa).is_none());
        assert!(set.find("b", Algorithm::EdDsa).is_some());
        assert_eq!(parse(&[key("a", "A"), key("a", "E")]), Err(KeySetError::NoUsableKey));
        assert_eq!(parse(&[key("a", "A"), key("a", "A")]).unwrap().usable(), 1);
    }

    #[test]
    fn a_document_without_keys_is_no_key_set() {
        for text in ["", "<html>", "null", "[]", "{}", r#"{"keys":{}}"#, r#"{"errors":[]}"#, r#"{"keys":[],"keys":[]}"#]
        {
            assert_eq!(KeySet::parse(text.as_bytes()), Err(KeySetError::Form), "{text}");
        }
        assert_eq!(parse(&[]), Err(KeySetError::NoUsableKey));
    }

    #[test]
    fn size_and_count_are_bounded_at_exactly_the_limits() {
        let many = |count: usize| (0..count).map(|index| key(&index.to_string(), "A")).collect::<Vec<_>>();
        assert_eq!(parse(&many(KEY_SET_KEYS)).unwrap().usable(), KEY_SET_KEYS);
        assert_eq!(parse(&many(KEY_SET_KEYS + 1)), Err(KeySetError::TooMany));
        let document = json!({"keys": [key("a", "A")]}).to_string();
        let padded = |length: usize| format!("{document}{}", " ".repeat(length - document.len()));
        assert!(KeySet::parse(padded(KEY_SET_BYTES).as_bytes()).is_ok());
        assert_eq!(KeySet::parse(padded(KEY_SET_BYTES + 1).as_bytes()), Err(KeySetError::TooLong));
    }

    #[test]
    fn a_set_written_out_reads_back() {
        let set = parse(&[key("a", "A"), key("b", "E")]).unwrap();
        assert_eq!(KeySet::parse(json!({"keys": set.to_json()}).to_string().as_bytes()), Ok(set));
    }
}
