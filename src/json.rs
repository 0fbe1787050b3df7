//! JSON from a stranger: one object, unique member names, bounded depth.
//!
//! Two readers that disagree on a repeated member disagree on who is signed in (RFC 8259 section 4, RFC 7515 section
//! 4, RFC 7519 section 4), so a repeated name is an error at every level. Numbers that no double can hold are errors too.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use thiserror::Error;

use crate::limits::JSON_DEPTH;

mod read;

pub(crate) use read::{Members, Read};

/// About as many members as a token of Clerk's has. For those inside of others there is no room beforehand: a stranger's may be many.
const ROOM: usize = 16;

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
    match parse(bytes)? {
        Value::Object(members) => Ok(members),
        _ => Err(NotAnObject),
    }
}

/// Reads one JSON value as strictly, whatever it is.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, NotAnObject> {
    Ok(read(text_of(bytes)?)?.to_value())
}

/// The same as [`parse_object`], with names and texts left where they are as far as they can be.
pub(crate) fn read_object(text: &str) -> Result<Members<'_>, NotAnObject> {
    match read(text)? {
        Read::Object(members) => Ok(members),
        _ => Err(NotAnObject),
    }
}

pub(crate) fn text_of(bytes: &[u8]) -> Result<&str, NotAnObject> {
    std::str::from_utf8(bytes).map_err(|_| NotAnObject)
}

fn read(text: &str) -> Result<Read<'_>, NotAnObject> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let is_bad = Cell::new(false);
    let value = Strict { depth: JSON_DEPTH, is_bad: &is_bad }.deserialize(&mut reader).map_err(|_| NotAnObject)?;
    reader.end().map_err(|_| NotAnObject)?;
    if is_bad.get() { Err(NotAnObject) } else { Ok(value) }
}

/// A value as JSON. All of it goes this one way: each other one, such as a value's `to_string`, is a writer of its own in the
/// compiled module.
pub(crate) fn to_text(value: &impl Serialize) -> String {
    // Objects have text for names, and numbers are finite: there is nothing in ours that JSON could refuse.
    serde_json::to_string(value).unwrap_or_default()
}

/// A value whose objects repeat no name, with `depth` levels left.
///
/// What is bad is noted and read over: an error of `serde_json`'s own making would be worded, and its words read again, which
/// is as much code as the reading of JSON itself. Its parser has a bound of its own on depth.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    is_bad: &'a Cell<bool>,
}

impl Strict<'_> {
    /// For what is one level down.
    fn inner(self) -> Self {
        if self.depth == 0 {
            self.is_bad.set(true);
        }
        Self { depth: self.depth.saturating_sub(1), ..self }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Read<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Read<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Read<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value with unique member names")
    }

    fn visit_unit<E>(self) -> Result<Read<'de>, E> {
        Ok(Read::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Read<'de>, E> {
        Ok(Read::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Read<'de>, E> {
        Ok(Read::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Read<'de>, E> {
        Ok(Read::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Read<'de>, E> {
        Ok(Number::from_f64(value).map_or(Read::Null, Read::Number)) // The parser refuses what no double can hold.
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Read<'de>, E> {
        Ok(Read::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Read<'de>, E> {
        Ok(Read::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Read<'de>, A::Error> {
        let inner = self.inner();
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Read::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Read<'de>, A::Error> {
        let inner = self.inner();
        let mut read = Members::with_room(if self.depth == JSON_DEPTH { ROOM } else { 0 });
        // A name is text, which is read as any other; its parser takes nothing else for one.
        while let Some(name) = members.next_key_seed(self)? {
            read.push(name, members.next_value_seed(inner)?);
        }
        if read.repeat_a_name() {
            self.is_bad.set(true);
        }
        Ok(Read::Object(read))
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
    fn a_repeated_name_is_refused_among_few_and_many() {
        for count in [2, 31, 32, 33, 34, 1_000] {
            let members = |last: usize| {
                let names = (0..count - 1).chain([last]);
                format!("{{{}}}", names.map(|name| format!("\"n{name}\":0")).collect::<Vec<_>>().join(","))
            };
            assert_eq!(parse_object(members(count - 1).as_bytes()).unwrap().len(), count);
            for repeated in [0, (count - 1) / 2, count - 2] {
                assert_eq!(parse_object(members(repeated).as_bytes()), Err(NotAnObject), "{repeated} of {count}");
            }
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
