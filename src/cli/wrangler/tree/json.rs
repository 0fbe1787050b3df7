//! The same tree from JSON with comments, as wrangler takes it: commas may trail, and nothing else is loose.

use std::path::Path;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::{Number, Value};

use super::{Kind, Node, Place, place_at};
use crate::cli::project::split_mark;

const AS_WRANGLER: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// A mistake: where it begins, and what it is.
type Mistake = (usize, String);

impl Node {
    /// Reads a whole text; else what is wrong with it.
    pub(in crate::cli) fn parse_json(path: &Path, text: &str) -> Result<Self, Vec<(Place, String)>> {
        let told = |(start, complaint): Mistake| vec![(place_at(path, text, start), complaint)];
        // White space of the same length in the place of a mark before the text, so that every place stays.
        match split_mark(text) {
            ("", text) => parsed(text),
            (mark, rest) => parsed(&format!("{:1$}{rest}", "", mark.len())),
        }
        .map_err(told)
    }
}

fn parsed(text: &str) -> Result<Node, Mistake> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &AS_WRANGLER);
    // The parser's words begin with a capital.
    match parsed.map_err(|error| (error.range().start, error.kind().to_string().to_lowercase()))?.value {
        Some(ast::Value::Object(object)) => table(0, object),
        other => Err((other.map_or(0, |value| value.start()), "expected an object".to_owned())),
    }
}

fn table(start: usize, object: ast::Object<'_>) -> Result<Node, Mistake> {
    let mut members: Vec<(String, Node)> = Vec::new();
    for property in object.properties {
        let start = property.range.start;
        let name = property.name.into_string();
        // Of two wrangler takes the last, and a reader the first.
        if members.iter().any(|(there, _)| *there == name) {
            return Err((start, format!("duplicate key {name}")));
        }
        members.push((name, node(start, property.value)?));
    }
    Ok(Node { start, kind: Kind::Table(members) })
}

fn node(start: usize, value: ast::Value<'_>) -> Result<Node, Mistake> {
    let leaf = |value: Value| Node { start, kind: Kind::Leaf(value) };
    Ok(match value {
        ast::Value::Object(object) => table(start, object)?,
        ast::Value::Array(array) => {
            let elements = array.elements.into_iter().map(|element| node(element.start(), element));
            Node { start, kind: Kind::List(elements.collect::<Result<_, _>>()?) }
        }
        ast::Value::StringLit(text) => leaf(Value::String(text.value.into_owned())),
        ast::Value::BooleanLit(flag) => leaf(Value::Bool(flag.value)),
        ast::Value::NullKeyword(_) => leaf(Value::Null),
        ast::Value::NumberLit(number) => {
            let number: Number = number.value.parse().map_err(|_| (start, "expected a number".to_owned()))?;
            leaf(Value::Number(number))
        }
    })
}
