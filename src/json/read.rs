//! A JSON value that was read strictly, and lies where it was read: names and texts are copied only where they have escapes.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::Object;

/// So few names are compared with each other where they look alike. A stranger may send thousands, which are sorted instead.
const FEW: usize = 32;

pub(crate) enum Read<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Read<'a>>),
    Object(Members<'a>),
}

/// The members of an object, in the order of the text.
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, Read<'a>)>);

impl<'a> Read<'a> {
    pub(crate) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn as_number(&self) -> Option<&Number> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    pub(crate) fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(values) = self { Some(values) } else { None }
    }

    pub(crate) fn as_object(&self) -> Option<&Members<'a>> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.as_ref().to_owned()),
            Self::List(values) => Value::Array(values.iter().map(Self::to_value).collect()),
            Self::Object(members) => Value::Object(members.to_object()),
        }
    }
}

impl<'a> Members<'a> {
    pub(crate) fn get(&self, name: &str) -> Option<&Read<'a>> {
        self.0.iter().find(|(held, _)| held == name).map(|(_, value)| value)
    }

    /// A member that is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    pub(crate) fn to_object(&self) -> Object {
        let mut object = Object::new();
        for (name, value) in &self.0 {
            object.insert(name.as_ref().to_owned(), value.to_value());
        }
        object
    }

    pub(super) fn with_room(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    pub(super) fn push(&mut self, name: Read<'a>, value: Read<'a>) {
        if let Read::Text(name) = name {
            self.0.push((name, value));
        }
    }

    pub(super) fn repeat_a_name(&self) -> bool {
        let names = || self.0.iter().map(|(name, _)| name.as_ref());
        if self.0.len() > FEW {
            let mut sorted = Object::new();
            return names().any(|name| sorted.insert(name.to_owned(), Value::Null).is_some());
        }
        let mut seen = 0_u64;
        names().enumerate().any(|(index, name)| {
            let before = seen;
            seen |= look(name);
            before == seen && names().take(index).any(|other| other == name)
        })
    }
}

/// One bit for how a name looks: where two differ in it, so do the names.
fn look(name: &str) -> u64 {
    let ends = [name.bytes().next(), name.bytes().next_back()];
    let sum = ends.into_iter().flatten().fold(name.len(), |sum, end| sum.wrapping_mul(31).wrapping_add(end.into()));
    1 << (sum % 64)
}
