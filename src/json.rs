//! JSON from a stranger: one object, unique member names, bounded depth.
//!
//! Two readers that disagree on a repeated member disagree on who is signed in (RFC 8259 section 4, RFC 7515 section
//! 4, RFC 7519 section 4), so a repeated name is an error at every level. Numbers that no double can hold are errors too.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use thiserror::Error;

use crate::limits::JSON_DEPTH;

/// The members of one JSON object, each name once.
pub type Object = Map<String, Value>;

/// The bytes are not one JSON object with unique member names in UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a JSON object with unique member names")]
pub struct NotAnObject;

/// Reads one JSON object (RFC 8259), with nothing before or after it but white space.
///
/// # Errors
/// On anything but UTF-8, on repeated member names at any level, and on nesting deeper than [`JSON_DEPTH`].
pub fn parse_object(bytes: &[u8]) -> Result<Object, NotAnObject> {
    let text = std::str::from_utf8(bytes).map_err(|_| NotAnObject)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: JSON_DEPTH }.deserialize(&mut reader).map_err(|_| NotAnObject)?;
    reader.end().map_err(|_| NotAnObject)?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(NotAnObject),
    }
}

/// A value whose objects repeat no name, with `depth` levels left.
struct Strict {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value with unique member names")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| A::Error::custom("too deep"))?;
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element_seed(Strict { depth })? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| A::Error::custom("too deep"))?;
        let mut object = Object::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(Strict { depth })?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("repeated member"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_reads_with_its_values_kept() {
        let object = parse_object(br#" {"a":[1,-2,1.5,true,null,"x"],"b":{"c":"\u00e9"}} "#).unwrap();
        assert_eq!(Value::Object(object), serde_json::json!({"a": [1, -2, 1.5, true, null, "x"], "b": {"c": "é"}}));
    }

    #[test]
    fn a_repeated_name_is_refused_at_every_level_however_it_is_spelt() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"{"a":{"b":1,"b":2}}"#, r#"{"a":[{"b":1,"b":2}]}"#]
        {
            assert_eq!(parse_object(text.as_bytes()), Err(NotAnObject), "{text}");
        }
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        for text in [
            "",
            "null",
            "[]",
            "1",
            "\"x\"",
            "{}{}",
            "{} x",
            "{\"a\":1,}",
            "\u{feff}{}",
            "{\"a\":1e400}",
            "{\"a\":01}",
            "{a:1}",
        ] {
            assert_eq!(parse_object(text.as_bytes()), Err(NotAnObject), "{text}");
        }
        assert_eq!(parse_object(b"{\"a\":\"\xff\"}"), Err(NotAnObject));
        assert_eq!(parse_object(b"{\"a\":\"\\ud800\"}"), Err(NotAnObject));
    }

    #[test]
    fn depth_is_bounded_at_exactly_the_limit() {
        let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse_object(nested(JSON_DEPTH - 1).as_bytes()).is_ok());
        assert_eq!(parse_object(nested(JSON_DEPTH).as_bytes()), Err(NotAnObject));
        assert_eq!(parse_object(nested(100_000).as_bytes()), Err(NotAnObject));
    }
}
