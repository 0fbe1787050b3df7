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

/// What an answer tells of the private field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Known,
    /// The schema has none of the name.
    Unknown,
    /// Nobody answers at the path, or by the method.
    NotServed(u16),
}

fn graphql(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let path = probe.graphql()?;
    let private = probe.settings.graphql_private.as_deref().unwrap_or(PRIVATE);
    let mut field = denied(&mut trial, &by_get(path, private), "401, or errors and no data");
    if !probe.is_unsafe {
        trial.note("operations by POST were left out: --unsafe");
    } else if field != Field::Unknown {
        field = match by_post(&mut trial, path, private)? {
            Field::NotServed(_) => field,
            told => told,
        };
    }
    let subscribed = subscriptions::refused(&mut trial, path)?;
    let Some(reason) = field.complaint() else { return trial.end() };
    if !subscribed && !trial.has_findings() {
        return Err(Stop::skip(reason));
    }
    trial.note(&reason);
    trial.end()
}

impl Field {
    /// Why nothing was told of it.
    fn complaint(self) -> Option<String> {
        match self {
            Self::Known => None,
            Self::Unknown => Some(UNKNOWN.to_owned()),
            Self::NotServed(status) => Some(format!(
                "an operation is answered {status}, as where no endpoint is: --graphql PATH, or --unsafe for one that takes POST alone"
            )),
        }
    }
}

fn by_get(path: &str, query: &str) -> Request {
    let separator = if path.contains('?') { '&' } else { '?' };
    Request::get(&format!("{path}{separator}query={}", utf8_percent_encode(query, NON_ALPHANUMERIC)))
}

fn by_post(trial: &mut Trial<'_>, path: &str, private: &str) -> Result<Field, Stop> {
    let post = |query: &str, shown: &str| {
        Request::new("POST", path).body("application/json", json!({"query": query}).to_string(), shown)
    };
    let field = denied(trial, &post(private, "a private field"), "401, or 200 with the code UNAUTHENTICATED");
    if field != Field::Known {
        return Ok(field);
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
    Ok(Field::Known)
}

/// Expects no data, and errors that show nothing of the inside.
fn denied(trial: &mut Trial<'_>, request: &Request, expected: &str) -> Field {
    let Some(answer) = trial.ask(Severity::Must, request, expected) else { return Field::Known };
    let has_data = has_data(&answer);
    if is_unknown(&answer) && !has_data {
        return Field::Unknown;
    }
    if answer.is(&[404, 405]) && !has_data {
        return Field::NotServed(answer.status);
    }
    let is_denied = answer.status < 500 && !has_data && is_readable(&answer);
    trial.judge(Severity::Must, request, expected, is_denied, &got(&answer));
    if answer.is_success() && !has_data {
        let is_coded = !answer.text().contains("\"errors\"") || answer.text().contains("UNAUTHENTICATED");
        trial.judge(Severity::Should, request, "the code UNAUTHENTICATED", is_coded, "errors without it");
    }
    trial.judge(Severity::Should, request, "no trace of calls", !answer.shows_stack(), "a trace of calls");
    Field::Known
}

/// Expects that the private field is null, whatever becomes of the others.
fn denied_field(trial: &mut Trial<'_>, request: &Request, private: &str) {
    let expected = "null for the private field";
    let Some(answer) = trial.ask(Severity::Must, request, expected) else { return };
    let name: String =
        private.chars().skip_while(|c| !c.is_alphabetic()).take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let body = answer.json().unwrap_or_default();
    let is_null = body.pointer(&format!("/data/{name}")).is_none_or(Value::is_null);
    let is_denied = is_null && answer.status < 500 && is_readable(&answer);
    trial.judge(Severity::Must, request, expected, is_denied, &got(&answer));
}

fn got(answer: &Answer) -> String {
    match answer.summary() {
        summary if has_data(answer) => format!("{summary}, with data"),
        summary if !is_readable(answer) => format!("{summary}, and no JSON"),
        summary => summary,
    }
}

/// A page, and JSON so long that its end was not read, may hold anything.
fn is_readable(answer: &Answer) -> bool {
    !answer.is_success() || answer.json().is_some()
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
