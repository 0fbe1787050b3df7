//! What `@clerk/backend` answered on the same inputs, where the vectors beside the project are there to compare with.
//!
//! A difference is a decision: each has its reason here, and one without a reason fails as much as a reason without a
//! difference, so that neither side moves unnoticed. [`COMPARED`] and [`WITHOUT_COUNTERPART`] name every group there is.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Clippy takes helpers of tests for no tests.

#[path = "../support/mod.rs"]
mod support;

mod differences;
mod keys;
mod requests;
mod session;
mod tokens;
mod webhooks;

use std::path::Path;

use clerk_edge::refusal::Refusal;
use serde_json::Value;

/// The groups that some test here compares, and those that these read their inputs from.
const COMPARED: [&str; 17] = [
    "_meta",
    "keys",
    "shipped_tokens",
    "decode_jwt",
    "verify_jwt",
    "verify_token",
    "jwks_cache",
    "machine_classification",
    "verify_machine_token",
    "authenticate_request",
    "claims_to_auth",
    "has",
    "publishable_key",
    "request_parsing",
    "webhooks",
    "cookie_suffix_selection",
    "path_matcher_nextjs_createRouteMatcher",
];

/// The groups about what this gateway does not do, with the reason.
const WITHOUT_COUNTERPART: [(&str, &str); 3] = [
    ("refresh_call_shape", "the gateway refreshes no session: it has no refresh cookie and asks Clerk for keys alone"),
    (
        "handshake_eligibility",
        "the gateway begins no handshake: an API answers 401, and the front end gets a new token",
    ),
    ("organization_sync_matcher", "it switches the active organisation by a handshake, of which there is none"),
];

/// The vectors; `None`, and a line that says so, where they are not there.
fn document() -> Option<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors/clerk.json");
    let Ok(text) = std::fs::read(&file) else {
        println!("nothing to compare with, there is no {}", file.display());
        return None;
    };
    Some(serde_json::from_slice(&text).unwrap())
}

/// One group of the vectors, where they are there.
fn vectors(group: &str) -> Option<Value> {
    assert!(COMPARED.contains(&group), "{group} is not among the groups that are compared");
    Some(document()?[group].take())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// The differences found are those explained, one for one.
#[track_caller]
fn assert_explained(group: &str, compared: usize, found: &[String], explained: &[(&str, &str)]) {
    let is_explained =
        |difference: &&String| explained.iter().any(|(name, reason)| name == difference && !reason.is_empty());
    let unexplained: Vec<&String> = found.iter().filter(|difference| !is_explained(difference)).collect();
    assert!(unexplained.is_empty(), "{group}: unexplained differences: {unexplained:#?}");
    for (name, _) in explained {
        assert!(found.iter().any(|difference| difference == name), "{group}: no difference any more: {name}");
    }
    assert!(compared > 0, "{group}: nothing was compared");
    println!("{group}: {compared} compared, {} differ for a reason", found.len());
}

/// What came of a token, in one word: the code of the refusal, or `accepted`.
fn word<T, E: Into<Refusal>>(outcome: Result<T, E>) -> &'static str {
    outcome.map_or_else(|error| error.into().code(), |_| "accepted")
}

/// Whether the words of both say the same. Clerk's `token-verification-failed` is one word for several of ours, and its
/// words for a key set that cannot be had are several for one of ours.
fn same(clerk: &str, ours: &str) -> bool {
    match clerk {
        "token-verification-failed" => {
            ["token-invalid", "token-invalid-audience", "token-invalid-subject"].contains(&ours)
        }
        "jwk-remote-failed-to-load" | "secret-key-invalid" | "unexpected-error" => ours == "keys-unavailable",
        "jwk-failed-to-resolve" => ours == "configuration-invalid",
        _ => clerk == ours,
    }
}

/// The word of Clerk's verdict.
fn clerks_word(expected: &Value) -> &str {
    if expected["ok"] == true {
        return "accepted";
    }
    // An error that is none of Clerk's own is what `authenticateRequest` calls unexpected.
    expected["reason"].as_str().unwrap_or("unexpected-error")
}

#[test]
fn every_group_is_compared_or_has_a_reason_not_to_be() {
    let Some(document) = document() else { return };
    let mut known: Vec<&str> = WITHOUT_COUNTERPART.iter().map(|(group, _)| *group).chain(COMPARED).collect();
    let mut there: Vec<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
    known.sort_unstable();
    there.sort_unstable();
    assert_eq!(there, known);
    assert!(WITHOUT_COUNTERPART.iter().all(|(_, reason)| !reason.is_empty()));
}
