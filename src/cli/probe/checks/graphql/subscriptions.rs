//! Subscriptions, over event streams and WebSockets: nobody subscribes to what is private without a good token.
//!
//! They are tried where `graphql_subscription` names one, or where introspection tells of one that needs no argument. A named one
//! is private; of another nobody said so, and that it opens is only worth knowing.
//! Source: "GraphQL over Server-Sent Events Protocol" of graphql-sse, PROTOCOL.md, distinct connections mode.

use serde_json::{Value, json};

use super::socket::{Attempt, Heard};
use super::{by_get, has_data, holds_data};
use crate::cli::probe::check::{Severity, Stop};
use crate::cli::probe::http::{Answer, Request};
use crate::cli::probe::tokens::Token;
use crate::cli::probe::trial::Trial;

const INTROSPECTION: &str = "{ __schema { subscriptionType { fields { name args { defaultValue type { kind } } \
     type { kind ofType { kind ofType { kind ofType { kind } } } } } } } }";
const EVENTS: &str = "text/event-stream";

/// What is subscribed to.
struct Subscription {
    operation: String,
    /// How grave it is that it opens.
    severity: Severity,
}

/// Expects that nobody subscribes without a good token. Whether there was anything to subscribe to.
pub(super) fn refused(trial: &mut Trial<'_>, path: &str) -> Result<bool, Stop> {
    let Some(subscription) = subscription(trial, path)? else { return Ok(false) };
    let settings = &trial.probe.settings;
    let events_path = settings.graphql_events.as_deref().unwrap_or(path);
    let socket_path = settings.graphql_socket.as_deref().unwrap_or(path);
    let forged = trial.probe.forged("forged")?;
    let genuine = trial.probe.genuine()?;
    let streams = events(trial, &subscription, events_path, &forged, genuine.as_ref());
    let sockets = sockets(trial, &subscription, socket_path, &forged, genuine.as_ref());
    if genuine.is_some() && !streams && !sockets {
        trial.note("no subscription opened with a good token either, so the refusals say little: graphql_subscription, graphql_events, graphql_socket");
    }
    Ok(true)
}

fn subscription(trial: &mut Trial<'_>, path: &str) -> Result<Option<Subscription>, Stop> {
    if let Some(operation) = &trial.probe.settings.graphql_subscription {
        return Ok(Some(Subscription { operation: operation.clone(), severity: Severity::Must }));
    }
    // A server that guards against forged forms takes a GET with this header alone.
    let mut request = by_get(path, INTROSPECTION).header("Apollo-Require-Preflight", "true");
    if let Some(token) = trial.probe.genuine()? {
        request = request.bearer(&token);
    }
    let answer = trial.probe.send(&request).ok().and_then(|answer| answer.json()).unwrap_or_default();
    let Some(schema) = answer.pointer("/data/__schema") else {
        trial.note("subscriptions were not tried, as the schema does not tell of any: graphql_subscription");
        return Ok(None);
    };
    let fields = schema.pointer("/subscriptionType/fields").and_then(Value::as_array).map(Vec::as_slice);
    let operation = fields.unwrap_or_default().iter().find_map(operation_of);
    if operation.is_none() && fields.is_some() {
        trial.note("subscriptions were not tried, as each needs arguments: graphql_subscription");
    }
    Ok(operation.map(|operation| Subscription { operation, severity: Severity::Info }))
}

/// An operation of a field that needs no argument.
fn operation_of(field: &Value) -> Option<String> {
    let is_needed = |argument: &Value| argument["type"]["kind"] == "NON_NULL" && argument["defaultValue"].is_null();
    if field["args"].as_array()?.iter().any(is_needed) {
        return None;
    }
    let name = field["name"].as_str()?;
    let mut kind = &field["type"];
    while !kind["ofType"].is_null() {
        kind = &kind["ofType"];
    }
    let is_leaf = kind["kind"] == "SCALAR" || kind["kind"] == "ENUM";
    let selection = if is_leaf { "" } else { " { __typename }" };
    Some(format!("subscription {{ {name}{selection} }}"))
}

/// Over event streams. Whether one opens with a good token.
fn events(
    trial: &mut Trial<'_>,
    Subscription { operation, severity }: &Subscription,
    path: &str,
    forged: &Token,
    genuine: Option<&Token>,
) -> bool {
    let get = || by_get(path, operation).header("Accept", EVENTS);
    let mut requests = vec![get(), get().bearer(forged)];
    if trial.probe.is_unsafe {
        let body = json!({"query": operation}).to_string();
        let post = Request::new("POST", path).header("Accept", EVENTS);
        requests.push(post.body("application/json", body, "a subscription"));
    }
    let expected = "401, or errors and no stream";
    for request in &requests {
        if let Some(answer) = trial.ask(*severity, request, expected) {
            let opened = opened(&answer);
            trial.judge(*severity, request, expected, opened.is_none(), opened.unwrap_or_default());
        }
    }
    genuine.is_some_and(|token| trial.probe.send(&get().bearer(token)).is_ok_and(|answer| opened(&answer).is_some()))
}

/// What an answer opens, if it does.
fn opened(answer: &Answer) -> Option<&'static str> {
    if has_data(answer) {
        return Some("an answer with data");
    }
    let is_stream = answer.header("content-type").is_some_and(|kind| kind.starts_with(EVENTS));
    if !answer.is_success() || !is_stream {
        return None;
    }
    let text = answer.text();
    let told: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?.trim()).ok()).collect();
    // In the other mode of graphql-sse, the result of an event is a member of its own.
    if told.iter().any(|data| holds_data(data) || holds_data(&data["payload"])) {
        return Some("a stream with data");
    }
    let is_ended = !told.is_empty() || text.lines().any(|line| line.trim_end() == "event: complete");
    (!is_ended).then_some("a stream that stays open")
}

/// Over WebSockets. Whether one opens with a good token.
fn sockets(
    trial: &mut Trial<'_>,
    Subscription { operation, severity }: &Subscription,
    path: &str,
    forged: &Token,
    genuine: Option<&Token>,
) -> bool {
    let anonymous = Attempt { path, operation, ..Attempt::default() };
    let attempts = [
        (anonymous, "connection_init without a token"),
        (Attempt { payload: Some(forged), ..anonymous }, "a forged token in connection_init"),
        (Attempt { header: Some(forged), ..anonymous }, "a forged token in the handshake"),
        (Attempt { skips_init: true, ..anonymous }, "no connection_init"),
    ];
    let mut nobody = None;
    for (attempt, shown) in attempts {
        let request = Request::get(path).note(&format!("over WebSocket: {shown}, subscribe"));
        match trial.meet(*severity, &request, "no subscription", attempt.make(&trial.probe.client)) {
            Some(Heard::Data) => trial.find(*severity, &request, "no subscription", "data"),
            Some(Heard::Open) if attempt.skips_init => {
                trial.find(Severity::Info, &request, "the socket closed with 4401", "a socket that stays open");
            }
            Some(Heard::Open) => trial.find(*severity, &request, "no subscription", "a subscription that stays open"),
            Some(Heard::NoSocket(reason)) => nobody = Some(reason),
            Some(Heard::Refused) | None => {}
        }
    }
    let Some(token) = genuine else { return false };
    let heard = [Attempt { payload: Some(token), ..anonymous }, Attempt { header: Some(token), ..anonymous }]
        .map(|attempt| attempt.make(&trial.probe.client).ok());
    let is_open = heard.iter().flatten().any(Heard::is_subscribed);
    let has_socket = heard.iter().flatten().any(|heard| !matches!(heard, Heard::NoSocket(_)));
    if let (Some(reason), false) = (nobody, has_socket) {
        trial.note(&format!("no WebSocket takes subscriptions at {path}: {reason}"));
    }
    is_open
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn stream(body: &str) -> Answer {
        let headers = vec![("Content-Type".to_owned(), EVENTS.to_owned())];
        Answer { status: 200, headers, body: body.into(), elapsed: Duration::ZERO }
    }

    #[test]
    fn a_stream_is_closed_by_what_it_says() {
        for (body, expected) in [
            ("event: next\ndata: {\"errors\":[{}]}\n\nevent: complete\ndata:\n\n", None),
            ("event: next\ndata: {\"data\":{\"a\":null},\"errors\":[{}]}\n\n", None),
            ("event: complete\ndata\n\n", None),
            ("event: next\ndata: {\"data\":{\"a\":1}}\n\n", Some("a stream with data")),
            ("event: next\ndata: {\"id\":\"1\",\"payload\":{\"data\":{\"a\":1}}}\n\n", Some("a stream with data")),
            (":\n\n", Some("a stream that stays open")),
            ("", Some("a stream that stays open")),
        ] {
            assert_eq!(opened(&stream(body)), expected, "{body:?}");
        }
        assert_eq!(opened(&Answer { status: 401, ..stream("") }), None);
    }

    #[test]
    fn a_field_is_subscribed_to_when_it_needs_nothing() {
        let field = |args: Value, kind: Value| json!({"name": "a", "args": args, "type": kind});
        let needed = json!([{"defaultValue": null, "type": {"kind": "NON_NULL"}}]);
        let usual = json!([{"defaultValue": "1", "type": {"kind": "NON_NULL"}}, {"defaultValue": null, "type": {"kind": "SCALAR"}}]);
        let scalar = json!({"kind": "NON_NULL", "ofType": {"kind": "SCALAR", "ofType": null}});
        assert_eq!(operation_of(&field(needed, scalar.clone())), None);
        assert_eq!(operation_of(&field(usual, scalar)).unwrap(), "subscription { a }");
        let object = json!({"kind": "LIST", "ofType": {"kind": "OBJECT", "ofType": null}});
        assert_eq!(operation_of(&field(json!([]), object)).unwrap(), "subscription { a { __typename } }");
    }
}
