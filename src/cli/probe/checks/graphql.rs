//! A GraphQL endpoint: check 42.
//!
//! One path holds public and private fields, so a guard in front of it cannot tell; the resolvers must.

mod socket;
mod subscriptions;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::{Answer, Request};
use crate::cli::probe::trial::{Report, Trial};

pub(super) const CHECKS: &[Check] = &[Check {
    id: 42,
    slug: "graphql",
    severity: Severity::Must,
    title: "no form of operation gets at a private field without a token",
    why: "ASVS 5.0 V4.3.1, V8.2.3; OWASP API5:2023; GraphQL over HTTP, section 6",
    topic: Topic::GraphQl,
    run: graphql,
}];

const PRIVATE: &str = "{ me { id } }";
const INTROSPECTION: &str = "{ __schema { types { name } } }";
/// Members of one batch: more than one, and few enough to be polite.
const BATCH: usize = 3;
const UNKNOWN: &str = "the schema does not know the private field: set graphql_private";

fn graphql(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let path = probe.graphql()?;
    let private = probe.settings.graphql_private.as_deref().unwrap_or(PRIVATE);
    let mut is_known = denied(&mut trial, &by_get(path, private), "401, or errors and no data");
    if !probe.is_unsafe {
        trial.note("operations by POST were left out: --unsafe");
    } else if is_known {
        is_known = by_post(&mut trial, path, private)?;
    }
    let subscribed = subscriptions::refused(&mut trial, path)?;
    if !is_known && !subscribed && !trial.has_findings() {
        return Err(Stop::skip(UNKNOWN));
    }
    if !is_known {
        trial.note(UNKNOWN);
    }
    trial.end()
}

fn by_get(path: &str, query: &str) -> Request {
    let separator = if path.contains('?') { '&' } else { '?' };
    Request::get(&format!("{path}{separator}query={}", utf8_percent_encode(query, NON_ALPHANUMERIC)))
}

/// Whether the schema knows the private field.
fn by_post(trial: &mut Trial<'_>, path: &str, private: &str) -> Result<bool, Stop> {
    let post = |query: &str, shown: &str| {
        Request::new("POST", path).body("application/json", json!({"query": query}).to_string(), shown)
    };
    if !denied(trial, &post(private, "a private field"), "401, or 200 with the code UNAUTHENTICATED") {
        return Ok(false);
    }
    let batch: Vec<Value> = (0..BATCH).map(|_| json!({"query": private})).collect();
    let batch =
        Request::new("POST", path).body("application/json", json!(batch).to_string(), "a batch of private fields");
    denied(trial, &batch, "401, or no data in any member");
    if let Some(public) = &trial.probe.settings.graphql_public {
        let request = post(public, "a public field");
        trial.expect(&request, "2xx with data", |answer| answer.is_success() && has_data(answer));
        let fields = |query: &str| query.trim().trim_start_matches('{').trim_end_matches('}').to_owned();
        let mixed = format!("{{ {} {} }}", fields(public), fields(private));
        denied_field(trial, &post(&mixed, "a public and a private field"), private);
    }
    let request = post(INTROSPECTION, "introspection");
    if let Some(answer) = trial.ask(Severity::Info, &request, "no schema for strangers") {
        trial.judge(Severity::Info, &request, "no schema for strangers", !has_data(&answer), &got(&answer));
    }
    if let Some(token) = trial.probe.genuine()? {
        let request = post(private, "a private field").bearer(&token);
        trial.expect(&request, "2xx with data", |answer| answer.is_success() && has_data(answer));
    }
    Ok(true)
}

/// Expects no data, and errors that show nothing of the inside. Whether the schema knows what was asked for.
fn denied(trial: &mut Trial<'_>, request: &Request, expected: &str) -> bool {
    let Some(answer) = trial.ask(Severity::Must, request, expected) else { return true };
    let has_data = has_data(&answer);
    if is_unknown(&answer) && !has_data {
        return false;
    }
    trial.judge(Severity::Must, request, expected, answer.status < 500 && !has_data, &got(&answer));
    if answer.is_success() && !has_data {
        let is_coded = !answer.text().contains("\"errors\"") || answer.text().contains("UNAUTHENTICATED");
        trial.judge(Severity::Should, request, "the code UNAUTHENTICATED", is_coded, "errors without it");
    }
    trial.judge(Severity::Should, request, "no trace of calls", !answer.shows_stack(), "a trace of calls");
    true
}

/// Expects that the private field is null, whatever becomes of the others.
fn denied_field(trial: &mut Trial<'_>, request: &Request, private: &str) {
    let expected = "null for the private field";
    let Some(answer) = trial.ask(Severity::Must, request, expected) else { return };
    let name: String =
        private.chars().skip_while(|c| !c.is_alphabetic()).take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let body = answer.json().unwrap_or_default();
    let is_null = body.pointer(&format!("/data/{name}")).is_none_or(Value::is_null);
    trial.judge(Severity::Must, request, expected, is_null && answer.status < 500, &got(&answer));
}

fn got(answer: &Answer) -> String {
    if has_data(answer) { format!("{}, with data", answer.summary()) } else { answer.summary() }
}

/// A query that the schema does not know shows nothing.
fn is_unknown(answer: &Answer) -> bool {
    let text = answer.text();
    text.contains("GRAPHQL_VALIDATION_FAILED") || text.contains("Cannot query field")
}

/// Whether any member of `data` is not null, in any answer of a batch.
fn has_data(answer: &Answer) -> bool {
    match &answer.json().unwrap_or_default() {
        Value::Array(answers) => answers.iter().any(holds_data),
        answer => holds_data(answer),
    }
}

/// Whether any member of a result's `data` is not null.
fn holds_data(result: &Value) -> bool {
    result["data"].as_object().is_some_and(|members| members.values().any(|value| !value.is_null()))
}
