//! The key set: strange kids, outages and rotations. Checks 19, 40 and 41.
//!
//! They come last in a run, in the order 40, 41, 19: each leaves the API's key cache in another state than it found it in.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cli::probe::TestError;
use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::{Answer, Request};
use crate::cli::probe::stand_in::StandIn;
use crate::cli::probe::tokens::Token;
use crate::cli::probe::trial::{Report, Trial};
use crate::cli::session_token::KeyChoice;
use crate::platform::native::instant;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: 19,
        slug: "strange-kids",
        severity: Severity::Must,
        title: "a strange kid is 401, and many of them do not flood the key server",
        why: "RFC 8725 section 3.10: kid is a claim of the sender's; CWE-22, CWE-89, CWE-406",
        topic: Topic::Keys,
        run: strange_kids,
    },
    Check {
        id: 40,
        slug: "key-outage",
        severity: Severity::Must,
        title: "an outage of the key server is no verdict on a token",
        why: "RFC 9110 section 15.6.4: 503 says that it is not the caller's fault, and Retry-After when to come back",
        topic: Topic::Keys,
        run: outage,
    },
    Check {
        id: 41,
        slug: "key-rotation",
        severity: Severity::Must,
        title: "a new key is found and a removed one forgotten",
        why: "ASVS 5.0 V11.1.1; Clerk docs, \"Rotate API keys\"",
        topic: Topic::Keys,
        run: rotation,
    },
];

/// Tokens with an unknown kid.
const UNKNOWN: usize = 20;
/// Most requests for the key set that may come of a few tokens: one for each, and one that was due anyway.
const FETCHES: u64 = 2;
/// Least time between two such requests of a careful verifier, in seconds.
const REFETCH_SECONDS: u64 = 30;
/// Longest wait for an answer while the key server is down, in milliseconds.
const OUTAGE_MS: u64 = 3000;
/// How many times slower than without a token it may be, where the whole API is slow.
const SLOWER: u32 = 10;
/// How long a new key may take to be known, in seconds: fetches are half a minute apart at least in careful verifiers.
const ROTATION_SECONDS: u64 = 40;
/// Time between two tries of a new key, in milliseconds.
const TRY_MS: u64 = 500;

fn strange_kids(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let counter = probe.stand_in().ok();
    let before = counter.map(StandIn::requests).transpose()?;
    let start = instant();
    for (kid, kind) in kids() {
        let request = Request::get(probe.protected()).bearer(&with_kid(probe, &kid, kind)?);
        trial.expect(&request, "401", |answer| answer.status == 401 || (kind == "4 KB" && answer.is(&[400, 431])));
    }
    let missing = with_kid(probe, &Value::Null, "no")?;
    trial.expect_as(Severity::Should, &Request::get(probe.protected()).bearer(&missing), "401", |answer| {
        answer.status == 401
    });
    if let (Some(stand_in), Some(before)) = (counter, before) {
        let request = Request::get(probe.protected()).note(&format!("{UNKNOWN} tokens with an unknown kid"));
        seldom_asked_for(&mut trial, stand_in, &request, before, start)?;
    } else {
        trial.note("requests for the key set were not counted: --issuer-url");
    }
    trial.end()
}

/// Expects few requests for the key set since `start`, and the more the longer that is ago.
fn seldom_asked_for(
    trial: &mut Trial<'_>,
    stand_in: &StandIn,
    request: &Request,
    before: u64,
    start: Instant,
) -> Result<(), Stop> {
    let between = trial.probe.settings.refetch_seconds.unwrap_or(REFETCH_SECONDS).max(1);
    let allowed = FETCHES + start.elapsed().as_secs() / between;
    let fetches = stand_in.requests()?.saturating_sub(before);
    let expected = format!("at most {allowed} requests for the key set");
    trial.judge(Severity::Should, request, &expected, fetches <= allowed, &format!("{fetches} requests"));
    Ok(())
}

fn with_kid(probe: &Probe, kid: &Value, kind: &str) -> Result<Token, Stop> {
    let pattern = probe.pattern()?;
    probe.sign(&pattern.header_with(&json!({"kid": kid})), &pattern.claims_with(&Value::Null), &format!("{kind} kid"))
}

fn kids() -> Vec<(Value, &'static str)> {
    let strange = [
        (json!("../../../../dev/null"), "a path for a"),
        (json!("' OR '1'='1' --"), "SQL for a"),
        (json!("http://127.0.0.1:9/jwks.json"), "an address for a"),
        (json!("$(sleep 5)"), "a command for a"),
        (json!("__proto__"), "__proto__ for a"),
        (json!("k".repeat(4096)), "4 KB"),
        (json!(7), "a number for a"),
        (json!([]), "an array for a"),
        (json!(""), "an empty"),
    ];
    let unknown = (0..UNKNOWN).map(|number| (json!(format!("ins_unknown{number:016}")), "an unknown"));
    strange.into_iter().chain(unknown).collect()
}

/// An outage that ends with the check, whatever comes of it.
struct Outage<'a>(&'a StandIn);

impl<'a> Outage<'a> {
    fn begin(stand_in: &'a StandIn, mode: &str) -> Result<Self, TestError> {
        stand_in.set_outage(mode).map(|()| Self(stand_in))
    }
}

impl Drop for Outage<'_> {
    fn drop(&mut self) {
        // The stand-in answered a moment ago; if it does no longer, the next request to it says so.
        drop(self.0.set_outage("none"));
    }
}

/// The stand-in, when the API fetches its keys from there and takes what they signed; and a token that it takes.
fn key_server(probe: &Probe) -> Result<(&StandIn, Token), Stop> {
    let stand_in = probe.stand_in()?;
    let Some(token) = taken(probe, stand_in) else {
        return Err(Stop::skip("no good token is accepted, as check 8 says"));
    };
    if stand_in.requests()? == 0 {
        return Err(Stop::skip("the API never asked for the key set: it is configured with one fixed key"));
    }
    Ok((stand_in, token))
}

/// A token of the newest key that is taken, or else of the one before it: the newest may have come during an outage.
fn taken(probe: &Probe, stand_in: &StandIn) -> Option<Token> {
    for key in [KeyChoice::Current, KeyChoice::Previous] {
        let mut request = probe.request();
        request.key = key;
        // There is no previous key before the first rotation.
        let Ok(token) = stand_in.mint(&request, "good, of a known key, during an outage") else { continue };
        if probe.send(&Request::get(probe.protected()).bearer(&token)).is_ok_and(|answer| answer.is_success()) {
            return Some(token);
        }
    }
    None
}

fn outage(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let (stand_in, good) = key_server(probe)?;
    stand_in.rotate(true)?;
    let _outage = Outage::begin(stand_in, "error")?;
    trial.expect(&Request::get(probe.protected()).bearer(&good), "2xx", Answer::is_success);
    let Some(request) = when_asked_for(probe, stand_in)? else {
        trial.note("the key set was not asked for during the outage, so what the API answers then is not known");
        return trial.end();
    };
    let expected = "503, as the key cannot be had";
    let answer = trial.expect_as(Severity::Should, &request, expected, |answer| answer.status == 503);
    let Some(answer) = answer else { return trial.end() };
    let usual = probe.send(&Request::get(probe.protected())).map_or(Duration::ZERO, |answer| answer.elapsed);
    let limit = Duration::from_millis(OUTAGE_MS).max(usual * SLOWER);
    let expected = format!("an answer within {} ms", limit.as_millis());
    let got = format!("{} ms", answer.elapsed.as_millis());
    trial.judge(Severity::Should, &request, &expected, answer.elapsed <= limit, &got);
    if answer.status == 503 {
        let is_told = answer.header("retry-after").is_some();
        trial.judge(Severity::Should, &request, "Retry-After", is_told, "503 without Retry-After");
    }
    trial.end()
}

/// A request with a token of a new key, once such a one has made the API ask for the key set.
///
/// An API that asked just before the outage rightly takes the kid for unknown until it may ask again.
fn when_asked_for(probe: &Probe, stand_in: &StandIn) -> Result<Option<Request>, Stop> {
    let before = stand_in.requests()?;
    let start = instant();
    while start.elapsed() < rotation_limit(probe) {
        let token = stand_in.mint(&probe.request(), "good, of a new key, during an outage")?;
        let request = Request::get(probe.protected()).bearer(&token);
        // Whatever it is answered is judged when it is sent again.
        drop(probe.send(&request));
        if stand_in.requests()? > before {
            return Ok(Some(request));
        }
        std::thread::sleep(Duration::from_millis(TRY_MS));
    }
    Ok(None)
}

fn rotation_limit(probe: &Probe) -> Duration {
    Duration::from_secs(probe.settings.rotation_seconds.unwrap_or(ROTATION_SECONDS))
}

fn rotation(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let (stand_in, _) = key_server(probe)?;
    let before = stand_in.requests()?;
    let start = instant();
    stand_in.rotate(false)?;
    let new = Request::get(probe.protected()).bearer(&stand_in.mint(&probe.request(), "good, of a new key")?);
    let limit = rotation_limit(probe);
    if !becomes_known(probe, stand_in, limit)? {
        trial.find(Severity::Must, &new, &format!("2xx within {} s", limit.as_secs()), "still refused");
        return trial.end();
    }
    seldom_asked_for(&mut trial, stand_in, &new, before, start)?;
    let mut request = probe.request();
    request.key = KeyChoice::Previous;
    let removed = stand_in.mint(&request, "of a removed key")?;
    let request = Request::get(probe.protected()).bearer(&removed);
    trial.expect_as(Severity::Should, &request, "401", |answer| answer.status == 401);
    trial.end()
}

/// Whether tokens of the new key come to be accepted in time.
fn becomes_known(probe: &Probe, stand_in: &StandIn, limit: Duration) -> Result<bool, Stop> {
    let start = instant();
    loop {
        let token = stand_in.mint(&probe.request(), "good, of a new key")?;
        let answer = probe.send(&Request::get(probe.protected()).bearer(&token));
        if answer.is_ok_and(|answer| answer.is_success()) {
            return Ok(true);
        }
        if start.elapsed() >= limit {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(TRY_MS));
    }
}
