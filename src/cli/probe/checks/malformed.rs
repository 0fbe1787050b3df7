//! What is no bearer token at all: checks 10 to 12.

use std::time::Duration;

use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::{Answer, Request, SendError};
use crate::cli::probe::tokens::{Token, base64};
use crate::cli::probe::trial::{Report, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: 10,
        slug: "other-schemes",
        severity: Severity::Must,
        title: "no other scheme is taken for Bearer",
        why: "RFC 6750 section 2.1; RFC 9449 section 7.2: a DPoP token is no bearer token",
        topic: Topic::Header,
        run: other_schemes,
    },
    Check {
        id: 11,
        slug: "empty-token",
        severity: Severity::Must,
        title: "Bearer with nothing behind it, null or undefined is 401",
        why: "RFC 6750 section 3.1; CWE-754",
        topic: Topic::Header,
        run: empty_tokens,
    },
    Check {
        id: 12,
        slug: "garbage-token",
        severity: Severity::Must,
        title: "garbage is turned away quickly and without a failure",
        why: "RFC 7515 section 5.2; RFC 8725 section 3.11; ASVS 5.0 V16.5.2",
        topic: Topic::Verify,
        run: garbage,
    },
];

/// Longest that it may take to see that garbage is garbage, in milliseconds.
const QUICK_MS: u64 = 500;
/// How many times slower than no token garbage may be, where the whole API is slow.
const SLOWER: u32 = 10;
/// How often a slow answer is asked for again.
const TRIES: usize = 3;

fn other_schemes(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let token = probe.any_token()?;
    let path = probe.protected();
    trial.rejected(&Request::get(path).header("Authorization", "Basic dXNlcjpwYXNzd29yZA=="));
    for scheme in ["Basic", "Token", "DPoP", "JWT", "BearerX"] {
        trial.rejected(&Request::get(path).credential(scheme, &token));
    }
    trial.rejected(&Request::get(path).secret("Authorization", token.text.clone(), "a token without a scheme"));
    trial.end()
}

fn empty_tokens(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    for value in ["", "Bearer", "Bearer ", "Bearer null", "Bearer undefined", "Bearer [object Object]", "Bearer  "] {
        trial.rejected(&Request::get(probe.protected()).header("Authorization", value));
    }
    trial.end()
}

fn garbage(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let usual = probe.send(&Request::get(probe.protected())).map_or(Duration::ZERO, |answer| answer.elapsed);
    let limit = Duration::from_millis(QUICK_MS).max(usual * SLOWER);
    for token in small_garbage() {
        let request = Request::get(probe.protected()).bearer(&token);
        let answer = trial.expect(&request, "401 or 400", |answer| answer.is(&[400, 401]));
        if let Some(answer) = answer {
            let elapsed = quickest(probe, &request, answer.elapsed, limit);
            let expected = format!("an answer within {} ms", limit.as_millis());
            let got = format!("{} ms", elapsed.as_millis());
            trial.judge(Severity::Should, &request, &expected, elapsed <= limit, &got);
        }
    }
    for token in large_garbage() {
        turned_away(&mut trial, &Request::get(probe.protected()).bearer(&token));
    }
    trial.end()
}

/// The least time that a request takes: one slow answer may be the machine's own affair.
fn quickest(probe: &Probe, request: &Request, first: Duration, limit: Duration) -> Duration {
    let mut elapsed = first;
    for _ in 0..TRIES {
        if elapsed <= limit {
            break;
        }
        elapsed = probe.send(request).map_or(elapsed, |answer| elapsed.min(answer.elapsed));
    }
    elapsed
}

/// What is too large, or not even text, may also end the connection.
fn turned_away(trial: &mut Trial<'_>, request: &Request) {
    let expected = "401, 400, 413 or 431";
    let sent = match trial.probe.send(request) {
        Err(SendError::Closed) => Ok(None),
        sent => sent.map(Some),
    };
    if let Some(Some(answer)) = trial.meet(Severity::Must, request, expected, sent) {
        trial.judge(Severity::Must, request, expected, is_refused(&answer), &answer.summary());
    }
}

fn is_refused(answer: &Answer) -> bool {
    answer.is(&[400, 401, 413, 414, 431])
}

fn small_garbage() -> Vec<Token> {
    let header = base64(r#"{"alg":"RS256","kid":"ins_1","typ":"JWT"}"#);
    let deep = base64(format!("{}1{}", "[".repeat(2000), "]".repeat(2000)));
    [
        ("x".to_owned(), "one segment"),
        (format!("{header}.e30"), "two segments"),
        (format!("{header}.e30.AAAA.AAAA"), "four segments"),
        (format!("{header}.e30.AAAA.AAAA.AAAA"), "five segments"),
        ("..".to_owned(), "three empty segments"),
        ("a b.c d.e f".to_owned(), "segments with spaces"),
        ("!!!.???.***".to_owned(), "segments that are not base64url"),
        (format!("{header}.{}.AAAA", base64("[1,2]")), "an array for claims"),
        (format!("{}.e30.AAAA", base64("[1,2]")), "an array for a header"),
        (format!("{}.e30.AAAA", base64("null")), "null for a header"),
        (format!("{header}.{}.AAAA", base64("{\"a\":")), "claims that are half JSON"),
        (format!("{header}.{deep}.AAAA"), "claims 2000 deep"),
        (format!("{deep}.e30.AAAA"), "a header 2000 deep"),
        (format!("{header}=.e30=.AAAA="), "segments with padding"),
    ]
    .map(|(text, kind)| Token::new(text, kind))
    .into()
}

fn large_garbage() -> Vec<Token> {
    let header = base64(r#"{"alg":"RS256","kid":"ins_1","typ":"JWT"}"#);
    let long = |bytes: usize| format!("{header}.{}.AAAA", "A".repeat(bytes - header.len() - 6));
    [
        (long(8 * 1024), "8 KB"),
        (long(64 * 1024), "64 KB"),
        (format!("{header}\0.e30.AAAA"), "with a NUL"),
        (format!("{header}.ü€.AAAA"), "with UTF-8"),
    ]
    .map(|(text, kind)| Token::new(text, kind))
    .into()
}
