//! What a look at a configuration found: a place, what is wrong there, and what to do about it.

use std::fmt;

use serde_json::{Value, json};

use super::wrangler::Place;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    /// The Worker answers 503, or a secret is out.
    Mistake,
    /// It works, and is weaker than it looks.
    Warning,
    /// Worth knowing.
    Note,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    /// A stable name, which it is allowed by.
    pub(super) name: &'static str,
    /// What it is about, such as a route's path or a file; an allowance may name it.
    pub(super) subject: String,
    pub(super) place: Place,
    pub(super) text: String,
    pub(super) cure: Option<String>,
}

impl Severity {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Mistake => "mistake",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl Finding {
    pub(super) fn to_json(&self) -> Value {
        let Self { severity, name, subject, place, text, cure } = self;
        json!({
            "severity": severity.name(),
            "name": name,
            "subject": subject,
            "file": place.file.display().to_string(),
            "line": place.line,
            "text": text,
            "cure": cure,
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, name, subject: _, place, text, cure } = self;
        write!(formatter, "{place}: {}[{name}]: {}", severity.name(), text.replace('\n', "\n    "))?;
        match cure {
            Some(cure) => write!(formatter, "\n    cure: {}", cure.replace('\n', "\n    ")),
            None => Ok(()),
        }
    }
}
