//! TOML, and JSON, whose keys and values know where they stand, and the way from a mistake's place to one of them.

mod json;

use std::path::Path;

use serde_json::{Map, Number, Value};
use toml::de::{DeInteger, DeTable, DeValue};

use super::{Place, place_at};

/// A value and where it stands.
#[derive(Debug)]
pub(in crate::cli) struct Node {
    /// The first byte of its key, or of itself where it is an element of a list.
    pub(in crate::cli) start: usize,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Leaf(Value),
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
}

impl Node {
    /// Reads a whole text; else every complaint that the parser has.
    pub(in crate::cli) fn parse(path: &Path, text: &str) -> Result<Self, Vec<(Place, String)>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            return Ok(Self::table(0, table.into_inner()));
        }
        let complaint = |error: &toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start);
            (place_at(path, text, start), error.message().split_whitespace().collect::<Vec<_>>().join(" "))
        };
        let mut complaints: Vec<_> = errors.iter().map(complaint).collect();
        complaints.sort();
        Err(complaints)
    }

    /// The value of a key, where this is a table that has it.
    pub(in crate::cli) fn get(&self, key: &str) -> Option<&Self> {
        self.members().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// What stands in it, where it is a table.
    pub(in crate::cli) fn members(&self) -> &[(String, Self)] {
        if let Kind::Table(members) = &self.kind { members } else { &[] }
    }

    /// What stands in it, where it is a list.
    pub(in crate::cli) fn elements(&self) -> &[Self] {
        if let Kind::List(elements) = &self.kind { elements } else { &[] }
    }

    /// Its text, where it is one.
    pub(in crate::cli) fn as_str(&self) -> Option<&str> {
        if let Kind::Leaf(Value::String(text)) = &self.kind { Some(text) } else { None }
    }

    /// Whether it is a table, be it an empty one.
    pub(in crate::cli) fn is_table(&self) -> bool {
        matches!(self.kind, Kind::Table(_))
    }

    /// The same as JSON, without places.
    pub(in crate::cli) fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Leaf(value) => value.clone(),
            Kind::List(elements) => elements.iter().map(Self::to_json).collect(),
            Kind::Table(members) => {
                Value::Object(members.iter().map(|(name, node)| (name.clone(), node.to_json())).collect::<Map<_, _>>())
            }
        }
    }

    /// The node that a place leads to, such as `routes[2].require.role`, or the last one on the way that is there.
    /// `None` where not even the first step is.
    pub(in crate::cli) fn find(&self, place: &str) -> Option<&Self> {
        let (node, rest) = self.step(place)?;
        Some(node.find(rest).unwrap_or(node))
    }

    /// The first step of a place, and what is left of it. A key may hold dots itself, so the longest that fits counts.
    fn step<'a>(&self, place: &'a str) -> Option<(&Self, &'a str)> {
        if let Some(rest) = place.strip_prefix('[') {
            let (index, rest) = rest.split_once(']')?;
            return Some((self.elements().get(index.parse::<usize>().ok()?)?, rest));
        }
        let place = place.strip_prefix('.').unwrap_or(place);
        let rest = |name: &str| place.strip_prefix(name).filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        let fitting = self.members().iter().filter_map(|(name, node)| Some((name, node, rest(name)?)));
        fitting.max_by_key(|(name, ..)| name.len()).map(|(_, node, rest)| (node, rest))
    }

    fn table(start: usize, table: DeTable<'_>) -> Self {
        let member = |(key, value): (toml::Spanned<_>, toml::Spanned<DeValue<'_>>)| {
            let start = key.span().start;
            let name: std::borrow::Cow<'_, str> = key.into_inner();
            (name.into_owned(), Self::value(start, value.into_inner()))
        };
        Self { start, kind: Kind::Table(table.into_iter().map(member).collect()) }
    }

    fn value(start: usize, value: DeValue<'_>) -> Self {
        let leaf = |value: Value| Self { start, kind: Kind::Leaf(value) };
        match value {
            DeValue::Table(table) => Self::table(start, table),
            DeValue::Array(elements) => {
                let element = |value: toml::Spanned<DeValue<'_>>| Self::value(value.span().start, value.into_inner());
                Self { start, kind: Kind::List(elements.into_iter().map(element).collect()) }
            }
            DeValue::String(text) => leaf(Value::String(text.into_owned())),
            DeValue::Boolean(flag) => leaf(Value::Bool(flag)),
            DeValue::Integer(number) => leaf(integer(&number)),
            // Infinity and what is no number are null in JSON.
            DeValue::Float(number) => {
                let number = number.as_str().parse().ok().and_then(Number::from_f64);
                leaf(number.map_or(Value::Null, Value::Number))
            }
            DeValue::Datetime(time) => leaf(Value::String(time.to_string())),
        }
    }
}

fn integer(number: &DeInteger<'_>) -> Value {
    i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Null, Value::from)
}
