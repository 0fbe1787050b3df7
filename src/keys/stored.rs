//! A key set as it is kept in the store: the usable keys, and when they were fetched.

use serde_json::Value;

use super::KeySet;
use crate::json::{Object, parse_object, to_text};
use crate::time::UnixTime;

/// The name under which an issuer's keys are kept.
pub(super) fn key(issuer: &str) -> String {
    format!("jwks:{issuer}")
}

/// A set as a record.
pub(super) fn record(set: &KeySet, fetched_at: UnixTime) -> String {
    let mut record = Object::new();
    record.insert("fetchedAt".to_owned(), fetched_at.seconds().into());
    record.insert("keys".to_owned(), set.to_json());
    to_text(&record)
}

/// The set of a record, and when it was fetched.
pub(super) fn read(record: &[u8]) -> Option<(KeySet, UnixTime)> {
    let members = parse_object(record).ok()?;
    let fetched_at = members.get("fetchedAt").and_then(Value::as_i64).map(UnixTime::from_seconds)?;
    let set = KeySet::from_keys(members.get("keys")?.as_array()?).ok()?;
    Some((set, fetched_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_reads_back_and_rubbish_does_not() {
        let key = json!({"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": format!("{}A", "B".repeat(42))});
        let set = KeySet::from_keys(&[key]).unwrap();
        let record = record(&set, UnixTime::from_seconds(7));
        assert_eq!(read(record.as_bytes()), Some((set, UnixTime::from_seconds(7))));
        for rubbish in
            ["", "<html>", "{}", r#"{"fetchedAt":7,"keys":[]}"#, r#"{"fetchedAt":"7","keys":[{}]}"#, r#"{"keys":[]}"#]
        {
            assert_eq!(read(rubbish.as_bytes()), None, "{rubbish}");
        }
    }
}
