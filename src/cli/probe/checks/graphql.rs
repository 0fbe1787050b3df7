//! A GraphQL endpoint: check 42.
//!
//! One path holds public and private fields, so a guard in front of it cannot tell; the resolvers must.

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

fn graphql(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let path = probe.graphql()?;
    let private = probe.settings.graphql_private.as_deref().unwrap_or(PRIVATE);
    by_get(&mut trial, path, private)?;
    if probe.is_unsafe {
        by_post(&mut trial, path, private)?;
    } else {
        trial.note("operations by POST were left out: --unsafe");
    }
    trial.note("subscriptions, over WebSockets or event streams, were not tried");
    trial.end()
}

fn by_get(trial: &mut Trial<'_>, path: &str, private: &str) -> Result<(), Stop> {
    let encoded = utf8_percent_encode(private, NON_ALPHANUMERIC);
    let request = Request::get(&format!("{path}?query={encoded}"));
    denied(trial, &request, "401, or errors and no data")
}

fn by_post(trial: &mut Trial<'_>, path: &str, private: &str) -> Result<(), Stop> {
    let post = |query: &str, shown: &str| {
        Request::new("POST", path).body("application/json", json!({"query": query}).to_string(), shown)
    };
    denied(trial, &post(private, "a private field"), "401, or 200 with the code UNAUTHENTICATED")?;
    let batch: Vec<Value> = (0..BATCH).map(|_| json!({"query": private})).collect();
    let batch =
        Request::new("POST", path).body("application/json", json!(batch).to_string(), "a batch of private fields");
    denied(trial, &batch, "401, or no data in any member")?;
    if let Some(public) = &trial.probe.settings.graphql_public {
        let request = post(public, "a public field");
        trial.expect(&request, "2xx with data", |answer| answer.is_success() && has_data(answer));
        let fields = |query: &str| query.trim().trim_start_matches('{').trim_end_matches('}').to_owned();
        let mixed = format!("{{ {} {} }}", fields(public), fields(private));
        denied_field(trial, &post(&mixed, "a public and a private field"), private)?;
    }
    let request = post(INTROSPECTION, "introspection");
    trial.expect_as(Severity::Info, &request, "no schema for strangers", |answer| !has_data(answer));
    if let Some(token) = trial.probe.genuine()? {
        let request = post(private, "a private field").bearer(&token);
        trial.expect(&request, "2xx with data", |answer| answer.is_success() && has_data(answer));
    }
    Ok(())
}

/// Expects no data, and errors that show nothing of the inside.
fn denied(trial: &mut Trial<'_>, request: &Request, expected: &str) -> Result<(), Stop> {
    let Some(answer) = trial.ask(Severity::Must, request, expected) else { return Ok(()) };
    known_to_schema(&answer)?;
    let is_denied = answer.status < 500 && !has_data(&answer);
    trial.judge(Severity::Must, request, expected, is_denied, &answer.summary());
    if answer.is_success() {
        let is_coded = !answer.text().contains("\"errors\"") || answer.text().contains("UNAUTHENTICATED");
        trial.judge(Severity::Should, request, "the code UNAUTHENTICATED", is_coded, "errors without it");
    }
    trial.judge(Severity::Should, request, "no trace of calls", !answer.shows_stack(), "a trace of calls");
    Ok(())
}

/// Expects that the private field is null, whatever becomes of the others.
fn denied_field(trial: &mut Trial<'_>, request: &Request, private: &str) -> Result<(), Stop> {
    let expected = "null for the private field";
    let Some(answer) = trial.ask(Severity::Must, request, expected) else { return Ok(()) };
    known_to_schema(&answer)?;
    let name: String =
        private.chars().skip_while(|c| !c.is_alphabetic()).take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let body = answer.json().unwrap_or_default();
    let is_null = body.pointer(&format!("/data/{name}")).is_none_or(Value::is_null);
    trial.judge(Severity::Must, request, expected, is_null && answer.status < 500, &answer.summary());
    Ok(())
}

/// A query that the schema does not know shows nothing.
fn known_to_schema(answer: &Answer) -> Result<(), Stop> {
    let text = answer.text();
    let is_unknown = text.contains("GRAPHQL_VALIDATION_FAILED") || text.contains("Cannot query field");
    if is_unknown { Err(Stop::skip("the schema does not know the private field: set graphql_private")) } else { Ok(()) }
}

/// Whether any member of `data` is not null, in any answer of a batch.
fn has_data(answer: &Answer) -> bool {
    let body = answer.json().unwrap_or_default();
    let holds = |answer: &Value| {
        answer["data"].as_object().is_some_and(|members| members.values().any(|value| !value.is_null()))
    };
    match &body {
        Value::Array(answers) => answers.iter().any(holds),
        answer => holds(answer),
    }
}
