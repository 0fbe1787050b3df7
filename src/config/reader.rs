//! Reads a configuration table key by key, and collects every mistake instead of stopping at the first.
//!
//! A key that nobody asked for is a mistake too: a misspelt rule must not pass for no rule.
//!
//! What words a mistake is `#[cold]`: a Worker reads its configuration in its first request, and each function that is called
//! there is compiled then, whole.

use std::fmt;

use serde_json::{Map, Value};

/// One mistake in a configuration, as one sentence: where, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The variable or the key, such as `GATEWAY.routes[2].require.role`.
    pub place: String,
    /// What was expected there, or what is wrong with it.
    pub text: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.text)
    }
}

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(super) struct Mistakes(pub(super) Vec<Mistake>);

impl Mistakes {
    #[cold]
    pub(super) fn add(&mut self, place: impl Into<String>, text: impl Into<String>) {
        self.0.push(Mistake { place: place.into(), text: text.into() });
    }
}

/// Where a table is.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Named(String),
    /// A route by its index, put into words only for a mistake: every other one is read without.
    Route(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => formatter.write_str(name),
            Self::Route(index) => write!(formatter, "GATEWAY.routes[{index}]"),
        }
    }
}

impl From<String> for Place {
    fn from(name: String) -> Self {
        Self::Named(name)
    }
}

/// One table, the keys of which are taken one after the other.
pub(super) struct Table<'a> {
    members: &'a Map<String, Value>,
    place: Place,
    /// In order, each once.
    known: Vec<&'static str>,
}

impl<'a> Table<'a> {
    /// The table at `place`, if that is what is there.
    pub(super) fn read(value: &'a Value, place: impl Into<Place>, mistakes: &mut Mistakes) -> Option<Self> {
        let place = place.into();
        match value {
            Value::Object(members) => Some(Self { members, place, known: Vec::new() }),
            _ => {
                mistakes.add(place.to_string(), "expected a table");
                None
            }
        }
    }

    #[cold]
    pub(super) fn place(&self, key: &str) -> String {
        format!("{}.{key}", self.place)
    }

    #[cold]
    pub(super) fn own_place(&self) -> String {
        self.place.to_string()
    }

    pub(super) fn take(&mut self, key: &'static str) -> Option<&'a Value> {
        if let Err(place) = self.known.binary_search(&key) {
            self.known.insert(place, key);
        }
        self.members.get(key)
    }

    /// A key's value through `read`; what `read` refuses is a mistake that says what was `expected`.
    pub(super) fn take_as<T>(
        &mut self,
        key: &'static str,
        expected: impl fmt::Display,
        mistakes: &mut Mistakes,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.take(key)?;
        let read = read(value);
        if read.is_none() {
            self.add_expected(key, &expected, mistakes);
        }
        read
    }

    #[cold]
    fn add_expected(&self, key: &str, expected: &dyn fmt::Display, mistakes: &mut Mistakes) {
        mistakes.add(self.place(key), format!("expected {expected}"));
    }

    pub(super) fn text(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<&'a str> {
        self.take_as(key, "a text", mistakes, Value::as_str)
    }

    pub(super) fn flag(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<bool> {
        self.take_as(key, "true or false", mistakes, Value::as_bool)
    }

    /// A whole number of `range`.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<u32>,
        mistakes: &mut Mistakes,
    ) -> Option<u32> {
        let (least, most) = (*range.start(), *range.end());
        let read = |value: &Value| {
            value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| range.contains(number))
        };
        self.take_as(key, format_args!("a whole number from {least} to {most}"), mistakes, read)
    }

    /// A list, each element through `read`, whose error is what was expected of it.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        mistakes: &mut Mistakes,
        mut read: impl FnMut(&'a str) -> Result<T, String>,
    ) -> Vec<T> {
        let mut list = Vec::new();
        self.each(key, mistakes, &mut |text| {
            list.push(read(text)?);
            Ok(())
        });
        list
    }

    fn each(
        &mut self,
        key: &'static str,
        mistakes: &mut Mistakes,
        read: &mut dyn FnMut(&'a str) -> Result<(), String>,
    ) {
        let values = self.take_as(key, "a list of texts", mistakes, Value::as_array);
        for (index, value) in values.into_iter().flatten().enumerate() {
            if let Err(text) = value.as_str().map_or_else(|| Err("expected a text".to_owned()), &mut *read) {
                mistakes.add(format!("{}[{index}]", self.place(key)), text);
            }
        }
    }

    /// One name of a few.
    pub(super) fn one_of<T: Copy>(
        &mut self,
        key: &'static str,
        names: &[(&str, T)],
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        let read = |value: &Value| {
            let name = value.as_str()?;
            names.iter().find(|(known, _)| *known == name).map(|(_, meaning)| *meaning)
        };
        let value = self.take(key)?;
        let meaning = read(value);
        if meaning.is_none() {
            let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            self.add_expected(key, &format_args!("one of {}", names.join(", ")), mistakes);
        }
        meaning
    }

    #[cold]
    fn add_unknown(&self, name: &str, mistakes: &mut Mistakes) {
        mistakes.add(self.place(name), format!("unknown key; expected one of {}", self.known.join(", ")));
    }

    /// Ends the table: each key that was not taken is a mistake.
    pub(super) fn finish(self, mistakes: &mut Mistakes) {
        for name in self.members.keys().filter(|name| !self.known.contains(&name.as_str())) {
            self.add_unknown(name, mistakes);
        }
    }
}
