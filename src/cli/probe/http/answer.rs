//! What an API answered.

use std::time::Duration;

use serde_json::Value;

/// An answer.
#[derive(Debug, Clone)]
pub(in crate::cli::probe) struct Answer {
    pub(in crate::cli::probe) status: u16,
    pub(in crate::cli::probe) headers: Vec<(String, String)>,
    pub(in crate::cli::probe) body: Vec<u8>,
    pub(in crate::cli::probe) elapsed: Duration,
}

impl Answer {
    /// The value of a header; the first where there are several.
    pub(in crate::cli::probe) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All values of a header, joined as in one (RFC 9110 section 5.3).
    pub(in crate::cli::probe) fn joined(&self, name: &str) -> String {
        let same = self.headers.iter().filter(|(held, _)| held.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Whether a list header names `member`.
    pub(in crate::cli::probe) fn lists(&self, name: &str, member: &str) -> bool {
        self.joined(name).split(',').any(|listed| listed.trim().eq_ignore_ascii_case(member))
    }

    pub(in crate::cli::probe) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(in crate::cli::probe) fn is(&self, statuses: &[u16]) -> bool {
        statuses.contains(&self.status)
    }

    pub(in crate::cli::probe) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(in crate::cli::probe) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Whether the body is said to be JSON of some kind.
    pub(in crate::cli::probe) fn is_json(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
    }

    /// Whether the body has the looks of a trace of calls.
    pub(in crate::cli::probe) fn shows_stack(&self) -> bool {
        const TRACES: [&str; 6] =
            ["\n    at ", "\\n    at ", "node_modules/", "Traceback (most recent", "\"stacktrace\"", ".rs:"];
        let text = self.text();
        TRACES.iter().any(|trace| text.contains(trace))
    }

    /// One line about it.
    pub(in crate::cli::probe) fn summary(&self) -> String {
        let mut line = self.status.to_string();
        for name in ["location", "www-authenticate"] {
            if let Some(value) = self.header(name) {
                line.push_str(&format!(", {name}: {value}"));
            }
        }
        line
    }
}
