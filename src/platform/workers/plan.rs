//! What JavaScript is told to do, in the JSON that `carry.js` reads.

use serde::Serialize;
use serde_json::Value;

use super::arrival::Arrival;
use crate::config::Access;
use crate::gateway::{Decision, Forward, LogEntry};
use crate::json::to_text;
use crate::refusal::Refusal;
use crate::time::UnixTime;

/// Names and values.
pub(super) type Headers = Vec<(&'static str, String)>;

/// A request to send on.
#[derive(Serialize)]
pub(super) struct Sent<'a> {
    url: &'a str,
    headers: ByName<'a>,
    milliseconds: u32,
    cache: Option<&'static str>,
}

/// Headers as an object, which the platform takes in a third of the time that it takes for pairs.
struct ByName<'a>(&'a [(String, String)]);

/// What every answer gets, and the line that its request leaves.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Completion<'a> {
    request_id: &'a str,
    is_private: bool,
    cors: Option<Headers>,
    started: i64,
    log: LogEntry<'a>,
}

/// An answer of the gateway's own.
#[derive(Serialize)]
pub(super) struct Reply {
    status: u16,
    headers: Headers,
    body: Option<String>,
    /// Whether it is a refusal, or says no more than one: it is nobody's own.
    #[serde(skip)]
    is_public: bool,
    #[serde(skip)]
    code: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Forwarded<'a> {
    #[serde(flatten)]
    sent: Sent<'a>,
    ends_at: Option<i64>,
    #[serde(flatten)]
    completion: Completion<'a>,
}

#[derive(Serialize)]
struct Replied<'a> {
    reply: &'a Reply,
    #[serde(flatten)]
    completion: Completion<'a>,
}

impl<'a> Sent<'a> {
    pub(super) fn new(forward: &'a Forward<'_>) -> Self {
        Self {
            url: &forward.url,
            headers: ByName(&forward.headers),
            milliseconds: forward.route.timeout_seconds.saturating_mul(1000),
            cache: (forward.route.access != Access::Public).then_some("no-store"),
        }
    }

    pub(super) fn to_json(&self) -> String {
        to_text(self)
    }
}

impl Serialize for ByName<'_> {
    /// The platform gives each name once, but for the one whose values it never joins. It means nothing in a request.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_joined = |name: &str| name == "set-cookie";
        let cookies: Vec<&str> =
            self.0.iter().filter(|(name, _)| is_joined(name)).map(|(_, value)| value.as_str()).collect();
        let joined = (!cookies.is_empty()).then(|| ("set-cookie", cookies.join(", ")));
        let others = self.0.iter().filter(|(name, _)| !is_joined(name)).map(|(name, value)| (name.as_str(), value));
        serializer.collect_map(others.chain(joined.as_ref().map(|(name, value)| (*name, value))))
    }
}

impl<'a> Completion<'a> {
    pub(super) fn new(arrival: &'a Arrival, decision: &'a Decision<'_>) -> Self {
        Self {
            request_id: &arrival.request_id,
            is_private: decision.route.is_some_and(|route| route.access != Access::Public),
            cors: decision.cors.map(|policy| policy.answer(&arrival.head.headers)),
            started: arrival.started,
            log: LogEntry::new(&arrival.head, decision, &arrival.request_id),
        }
    }

    /// The same for a request that met no gateway, because its configuration is wrong.
    pub(super) fn without_gateway(arrival: &'a Arrival, path: Option<&'a str>) -> Self {
        Self {
            request_id: &arrival.request_id,
            is_private: false,
            cors: None,
            started: arrival.started,
            log: LogEntry::without_gateway(&arrival.head.method, path, &arrival.request_id),
        }
    }

    pub(super) fn to_json(&self) -> String {
        to_text(self)
    }

    /// A request to send on, the answer to which ends then at the latest.
    pub(super) fn forwarding(self, forward: &'a Forward<'_>, ends_at: Option<UnixTime>) -> String {
        let ends_at = ends_at.map(|end| end.seconds().saturating_mul(1000));
        to_text(&Forwarded { sent: Sent::new(forward), ends_at, completion: self })
    }

    /// An answer of the gateway's own.
    pub(super) fn replying(mut self, reply: &Reply) -> String {
        self.is_private &= !reply.is_public;
        self.log = self.log.with_code(reply.code);
        to_text(&Replied { reply, completion: self })
    }
}

impl Reply {
    /// An answer of JSON, not to be kept.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        let headers =
            vec![("content-type", "application/json".to_owned()), ("cache-control", "private, no-store".to_owned())];
        Self { status, headers, body: Some(body.to_string()), is_public: false, code: None }
    }

    /// A key set, to be kept for a while.
    pub(super) fn key_set(document: &str) -> Self {
        let headers = vec![
            ("content-type", "application/jwk-set+json".to_owned()),
            ("cache-control", "public, max-age=300".to_owned()),
        ];
        Self { status: 200, headers, body: Some(document.to_owned()), is_public: false, code: None }
    }

    /// The answer to a preflight.
    pub(super) fn preflight(headers: &Headers) -> Self {
        Self { status: 204, headers: headers.clone(), body: None, is_public: true, code: None }
    }

    pub(super) fn refusal(refusal: Refusal, request_id: &str) -> Self {
        Self {
            status: refusal.status(),
            headers: refusal.headers(),
            body: Some(refusal.body(request_id)),
            is_public: true,
            code: Some(refusal.code()),
        }
    }

    pub(super) fn to_json(&self) -> String {
        to_text(self)
    }
}
