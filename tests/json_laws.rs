//! Laws of the strict reading of JSON: it takes what `serde_json` takes and gives the same values, but for repeated names, which
//! it takes at no level and in no spelling, and for nesting beyond its bound.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)] // Clippy takes helpers of tests for no tests.

use std::collections::BTreeSet;

use clerk_edge::json::parse_object;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

/// A value as somebody writes it: names may be repeated, and each letter may be an escape.
#[derive(Debug, Clone)]
enum Written {
    Plain(String),
    List(Vec<Written>),
    Object(Vec<(String, bool, Written)>),
}

impl Written {
    fn text(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::List(values) => format!("[{}]", values.iter().map(Self::text).collect::<Vec<_>>().join(" , ")),
            Self::Object(members) => {
                let member = |(name, is_escaped, value): &(String, bool, Self)| {
                    format!("{}: {}", spelt(name, *is_escaped), value.text())
                };
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
            }
        }
    }

    fn repeats_a_name(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::List(values) => values.iter().any(Self::repeats_a_name),
            Self::Object(members) => {
                let names: BTreeSet<&str> = members.iter().map(|(name, ..)| name.as_str()).collect();
                names.len() < members.len() || members.iter().any(|(_, _, value)| value.repeats_a_name())
            }
        }
    }
}

fn spelt(name: &str, is_escaped: bool) -> String {
    if !is_escaped {
        return serde_json::to_string(name).unwrap();
    }
    let units: String = name.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    format!("\"{units}\"")
}

fn written() -> impl Strategy<Value = Written> {
    let numbers = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        (-1e300..1e300_f64).prop_map(|n| n.to_string())
    ];
    let texts = any::<(String, bool)>().prop_map(|(text, is_escaped)| spelt(&text, is_escaped));
    let words = select(vec!["null", "true", "false", "-0", "1e3", "0.1", "18446744073709551616", "{}", "[]"]);
    let plain = prop_oneof![numbers, texts, words.prop_map(str::to_owned)].prop_map(Written::Plain);
    plain.prop_recursive(3, 8, 4, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Written::List), members(inner, 0..5).prop_map(Written::Object)]
    })
}

/// Names out of enough that an object of any length may be free of repeats.
fn members(
    value: impl Strategy<Value = Written>,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<(String, bool, Written)>> {
    vec(("[a-zé😀]{1,3}", any::<bool>(), value), count)
}

fn object(members: &[String]) -> String {
    format!("{{{}}}", members.join(","))
}

proptest! {
    #[test]
    fn what_is_taken_is_what_serde_json_reads_and_repeats_no_name(members in members(written(), 0..40)) {
        let written = Written::Object(members);
        let text = written.text();
        match parse_object(text.as_bytes()) {
            Ok(object) => {
                prop_assert!(!written.repeats_a_name());
                prop_assert_eq!(Value::Object(object), serde_json::from_str::<Value>(&text).unwrap());
            }
            Err(_) => prop_assert!(written.repeats_a_name()),
        }
    }

    #[test]
    fn a_repeated_name_is_found_wherever_it_stands(
        names in proptest::collection::btree_set("[a-z]{1,4}", 2..80), from: Index, to: Index, is_escaped: bool,
    ) {
        let mut members: Vec<String> = names.iter().map(|name| format!("\"{name}\":1")).collect();
        prop_assert_eq!(parse_object(object(&members).as_bytes()).unwrap().len(), names.len());
        let repeated = from.get(&names.iter().collect::<Vec<_>>()).to_string();
        members.insert(to.index(members.len() + 1), format!("{}:2", spelt(&repeated, is_escaped)));
        prop_assert!(parse_object(object(&members).as_bytes()).is_err());
    }

    #[test]
    fn bent_bytes_are_taken_only_where_serde_json_takes_them(members in members(written(), 0..5), at: Index, byte: u8) {
        let mut bytes = Written::Object(members).text().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(object) = parse_object(&bytes) {
            prop_assert_eq!(Value::Object(object), serde_json::from_slice::<Value>(&bytes).unwrap());
        }
    }
}
