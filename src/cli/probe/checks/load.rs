//! How an API bears up under bad tokens: check 44.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::{Answer, Request};
use crate::cli::probe::trial::{Report, Trial};

pub(super) const CHECKS: &[Check] = &[Check {
    id: 44,
    slug: "many-bad-tokens",
    severity: Severity::Must,
    title: "fifty bad tokens are refused alike, and a good one is still taken",
    why: "ASVS 5.0 V2.4.1, V16.5.1; RFC 6585 section 4; CWE-203",
    topic: Topic::Load,
    run: many_bad_tokens,
}];

const BAD_TOKENS: usize = 50;
/// How much longer a bad token may take than none, in milliseconds.
const ORACLE_MS: u64 = 100;
/// Members of a body that differ from one answer to the next.
const VOLATILE: [&str; 6] = ["requestId", "request_id", "id", "instance", "timestamp", "trace_id"];

fn many_bad_tokens(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let request = Request::get(probe.protected()).bearer(&probe.forged("forged")?).note(&format!("{BAD_TOKENS} times"));
    let mut times = Vec::new();
    for _ in 0..BAD_TOKENS {
        let answer = trial.expect(&request, "401 or 429", |answer| answer.is(&[401, 429]));
        let Some(answer) = answer.filter(|answer| answer.is(&[401, 429])) else { break };
        times.push(answer.elapsed);
        if answer.status == 429 {
            let is_told = answer.header("retry-after").is_some();
            trial.judge(Severity::Should, &request, "429 with Retry-After", is_told, "429 without Retry-After");
            return trial.end();
        }
    }
    if trial.has_findings() {
        return trial.end();
    }
    alike_in_time(&mut trial, &request, &times);
    alike_in_words(&mut trial)?;
    if let Some(token) = probe.genuine()? {
        trial.expect(&Request::get(probe.protected()).bearer(&token), "2xx, as before", Answer::is_success);
    }
    trial.end()
}

fn alike_in_time(trial: &mut Trial<'_>, request: &Request, times: &[Duration]) {
    let missing = Request::get(trial.probe.protected());
    let usual: Vec<Duration> =
        (0..10).filter_map(|_| trial.probe.send(&missing).ok()).map(|answer| answer.elapsed).collect();
    let (bad, none) = (median(times), median(&usual));
    let is_alike = bad <= none + Duration::from_millis(ORACLE_MS);
    let got = format!("{} ms, and {} ms without a token", bad.as_millis(), none.as_millis());
    trial.judge(Severity::Info, request, "about the time that no token takes", is_alike, &got);
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Whoever can tell a bad signature from a bad claim learns something of a token that is not theirs.
fn alike_in_words(trial: &mut Trial<'_>) -> Result<(), Stop> {
    let probe = trial.probe;
    if probe.stand_in().is_err() {
        trial.note("words for a bad signature and for bad claims were not compared: --issuer-url");
        return Ok(());
    }
    let forged = Request::get(probe.protected()).bearer(&probe.forged("forged")?);
    let foreign =
        probe.with_claims(json!({"exp": 1_000_000_000, "iat": 999_999_940, "nbf": 999_999_930}), "expired")?;
    let expired = Request::get(probe.protected()).bearer(&foreign);
    let words =
        [&forged, &expired].map(|request| trial.ask(Severity::Must, request, "401").map(|answer| words(&answer)));
    if let [Some(forged), Some(of_expired)] = words {
        let got = "other words than for a bad signature";
        trial.judge(Severity::Info, &expired, "the words that a bad signature has", forged == of_expired, got);
    }
    Ok(())
}

/// The body without what is new in each.
fn words(answer: &Answer) -> Value {
    let mut body = answer.json().unwrap_or_else(|| Value::String(answer.text()));
    if let Some(members) = body.as_object_mut() {
        members.retain(|name, _| !VOLATILE.contains(&name.as_str()));
    }
    body
}
