//! The one line that a request leaves in the log: never a token, never a query.

use serde::Serialize;

use super::{Decision, Verdict};
use crate::config::{Route, Target};
use crate::head::Head;
use crate::keys::KeyOrigin;
use crate::path::CanonicalPath;
use crate::refusal::Refusal;

/// What was answered in the end, which an origin may have changed after the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An answer with this status.
    Answered(u16),
    /// A refusal.
    Refused(Refusal),
}

/// One line of the log, as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry<'a> {
    time: &'a str,
    request_id: &'a str,
    method: &'a str,
    path: Option<&'a str>,
    route: Option<&'a str>,
    decision: &'static str,
    code: Option<&'static str>,
    status: u16,
    subject: Option<&'a str>,
    key_source: Option<&'static str>,
    cache_hit: bool,
    milliseconds: u64,
}

impl<'a> LogEntry<'a> {
    /// The line of a request that began at `time` (RFC 3339) and took `milliseconds`.
    #[must_use]
    pub fn new(
        head: &'a Head,
        decision: &'a Decision<'_>,
        outcome: Outcome,
        time: &'a str,
        request_id: &'a str,
        milliseconds: u64,
    ) -> Self {
        let (code, status) = match outcome {
            Outcome::Answered(status) => (None, status),
            Outcome::Refused(refusal) => (Some(refusal.code()), refusal.status()),
        };
        Self {
            time,
            request_id,
            method: &head.method,
            path: decision.path.as_ref().map(|path| path.as_str()),
            route: decision.route.map(|route| route.pattern.as_str()),
            decision: verb(&decision.verdict, decision.route),
            code,
            status,
            subject: decision.session.as_ref().map(|session| session.user_id.as_str()),
            key_source: decision.key_origin.map(KeyOrigin::name),
            cache_hit: decision.remembered,
            milliseconds,
        }
    }

    /// The line of a request that met no gateway, because its configuration is wrong; `(time, request_id)` as above.
    #[must_use]
    pub fn without_gateway(
        method: &'a str,
        path: Option<&'a CanonicalPath>,
        refusal: Refusal,
        (time, request_id): (&'a str, &'a str),
    ) -> Self {
        Self {
            time,
            request_id,
            method,
            path: path.map(CanonicalPath::as_str),
            route: None,
            decision: "refuse",
            code: Some(refusal.code()),
            status: refusal.status(),
            subject: None,
            key_source: None,
            cache_hit: false,
            milliseconds: 0,
        }
    }

    /// The line.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text and numbers alone: there is nothing in an entry that JSON could refuse.
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn verb(verdict: &Verdict<'_>, route: Option<&Route>) -> &'static str {
    match (verdict, route.map(|route| &route.target)) {
        (Verdict::Refuse(_), _) => "refuse",
        (Verdict::Preflight(_), _) => "preflight",
        (Verdict::Serve(_) | Verdict::AssertionKeys(_), _) => "serve",
        (Verdict::Webhook(_), _) => "receive",
        (Verdict::Repeat, _) => "repeat",
        (Verdict::Forward(_) | Verdict::Upgrade(_) | Verdict::Deliver(_), Some(Target::Service(_))) => {
            "forward-service"
        }
        (Verdict::Forward(_) | Verdict::Upgrade(_) | Verdict::Deliver(_), Some(Target::Zone)) => "forward-zone",
        (Verdict::Forward(_) | Verdict::Upgrade(_) | Verdict::Deliver(_), _) => "forward",
    }
}
