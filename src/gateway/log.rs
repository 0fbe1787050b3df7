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
        Self { code, status, time, milliseconds, ..Self::unanswered(head, decision, request_id) }
    }

    /// The same where the answer is still to come: the time, the status and how long it took are filled in with it.
    #[must_use]
    pub fn unanswered(head: &'a Head, decision: &'a Decision<'_>, request_id: &'a str) -> Self {
        Self {
            route: decision.route.map(|route| route.pattern.as_str()),
            decision: verb(&decision.verdict, decision.route),
            subject: decision.session.as_ref().map(|session| session.user_id.as_str()),
            key_source: decision.key_origin.map(KeyOrigin::name),
            cache_hit: decision.remembered,
            ..Self::without_gateway(&head.method, decision.path.as_ref().map(CanonicalPath::as_str), request_id)
        }
    }

    /// The line, as unanswered, of a request that met no gateway, because its configuration is wrong.
    #[must_use]
    pub fn without_gateway(method: &'a str, path: Option<&'a str>, request_id: &'a str) -> Self {
        Self {
            time: "",
            request_id,
            method,
            path,
            route: None,
            decision: "refuse",
            code: None,
            status: 0,
            subject: None,
            key_source: None,
            cache_hit: false,
            milliseconds: 0,
        }
    }

    /// The same with the code of a refusal, which an origin may have been the cause of after the verdict.
    #[must_use]
    pub fn with_code(self, code: Option<&'static str>) -> Self {
        Self { code, ..self }
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
