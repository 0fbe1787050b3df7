//! The one line that a request leaves in the log: never a token, never a query.

use serde::Serialize;

use super::{Decision, Verdict};
use crate::config::{Route, Target};
use crate::head::Head;
use crate::keys::KeyOrigin;
use crate::path::CanonicalPath;

/// One line of the log, as JSON. When the request began, its status and how long it took are filled in where it is answered.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry<'a> {
    time: (),
    request_id: &'a str,
    method: &'a str,
    path: Option<&'a str>,
    route: Option<&'a str>,
    decision: &'static str,
    code: Option<&'static str>,
    status: (),
    subject: Option<&'a str>,
    key_source: Option<&'static str>,
    cache_hit: bool,
    milliseconds: (),
}

impl<'a> LogEntry<'a> {
    /// The line of a request.
    #[must_use]
    pub fn new(head: &'a Head, decision: &'a Decision<'_>, request_id: &'a str) -> Self {
        Self {
            route: decision.route.map(|route| route.pattern.as_str()),
            decision: verb(&decision.verdict, decision.route),
            subject: decision.session.as_ref().map(|session| session.user_id.as_str()),
            key_source: decision.key_origin.map(KeyOrigin::name),
            cache_hit: decision.remembered,
            ..Self::without_gateway(&head.method, decision.path.as_ref().map(CanonicalPath::as_str), request_id)
        }
    }

    /// The line of a request that met no gateway, because its configuration is wrong.
    #[must_use]
    pub fn without_gateway(method: &'a str, path: Option<&'a str>, request_id: &'a str) -> Self {
        Self {
            time: (),
            request_id,
            method,
            path,
            route: None,
            decision: "refuse",
            code: None,
            status: (),
            subject: None,
            key_source: None,
            cache_hit: false,
            milliseconds: (),
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
