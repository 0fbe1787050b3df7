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
/// How many of each are timed, and how often before they are called unlike.
const TIMED: usize = 10;
const TRIES: usize = 3;
/// Members of a body that differ from one answer to the next.
const VOLATILE: [&str; 6] = ["requestId", "request_id", "id", "instance", "timestamp", "trace_id"];

fn many_bad_tokens(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let request = Request::get(probe.protected()).bearer(&probe.forged("forged")?).note(&format!("{BAD_TOKENS} times"));
    for _ in 0..BAD_TOKENS {
        let answer = trial.expect(&request, "401 or 429", |answer| answer.is(&[401, 429]));
        let Some(answer) = answer.filter(|answer| answer.is(&[401, 429])) else { break };
        if answer.status == 429 {
            let is_told = answer.header("retry-after").is_some();
            trial.judge(Severity::Should, &request, "429 with Retry-After", is_told, "429 without Retry-After");
            return trial.end();
        }
    }
    if trial.has_findings() {
        return trial.end();
    }
    alike_in_time(&mut trial, &request);
    alike_in_words(&mut trial)?;
    if let Some(token) = probe.genuine()? {
        trial.expect(&Request::get(probe.protected()).bearer(&token), "2xx, as before", Answer::is_success);
    }
    trial.end()
}

/// Whether bad tokens take about as long as none. Both are asked for in turn, and a difference must show again: one may be the
/// machine's own affair.
fn alike_in_time(trial: &mut Trial<'_>, request: &Request) {
    let missing = Request::get(trial.probe.protected());
    let mut got = String::new();
    for _ in 0..TRIES {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..TIMED {
            for (request, times) in [request, &missing].into_iter().zip(&mut times) {
                times.extend(trial.probe.send(request).map(|answer| answer.elapsed));
            }
        }
        let [bad, none] = times.map(median);
        if bad <= none + Duration::from_millis(ORACLE_MS) {
            return;
        }
        got = format!("{} ms, and {} ms without a token", bad.as_millis(), none.as_millis());
    }
    trial.find(Severity::Info, request, "about the time that no token takes", &got);
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Whoever reads claims before the signature is checked tells of tokens that anyone can make. What is said of a token that is
/// rightly signed is another matter: its holder may know that it has expired.
fn alike_in_words(trial: &mut Trial<'_>) -> Result<(), Stop> {
    let probe = trial.probe;
    let pattern = probe.pattern()?;
    let mut usual = None;
    for (claims, kind) in [
        (Value::Null, "forged"),
        (json!({"exp": 1_000_000_000, "iat": 999_999_940, "nbf": 999_999_930}), "forged, expired"),
        (json!({"azp": "https://attacker.example"}), "forged, for another origin"),
        (json!({"sub": null}), "forged, without sub"),
    ] {
        let header = pattern.header_with(&Value::Null);
        let token = probe.forge.sign(header.as_bytes(), pattern.claims_with(&claims).as_bytes(), kind)?;
        let request = Request::get(probe.protected()).bearer(&token);
        let Some(answer) = trial.ask(Severity::Must, &request, "401") else { return Ok(()) };
        let words = (answer.status, answer.joined("www-authenticate"), words(&answer));
        let is_alike = *usual.get_or_insert_with(|| words.clone()) == words;
        let got = format!("other words: {}", answer.summary());
        trial.judge(Severity::Info, &request, "the words that every forged token has", is_alike, &got);
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
