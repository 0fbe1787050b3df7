//! Tokens that somebody brought along: what is no JWT, what runs out, and whose they are.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::refusals::{checked, server};
use super::*;

/// Long past.
const EXP: i64 = 1_000_000_000;

/// A token with these claims that nobody has signed.
fn token(claims: &Value) -> String {
    let header = json!({"alg": "RS256", "kid": "ins_1", "typ": "JWT"});
    let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}.AAAA")
}

/// A server that gives everybody this answer, and what it was sent.
fn answering(answer: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sent);
    let url = server(move |mut stream| {
        let mut bytes = vec![0; 100_000];
        let read = stream.read(&mut bytes).unwrap_or(0);
        seen.lock().unwrap().push(String::from_utf8_lossy(&bytes[..read]).into_owned());
        drop(stream.write_all(answer.as_bytes()));
    });
    (url, sent)
}

const REFUSAL: &str = "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n";
const OPEN: &str = "HTTP/1.1 200 Yes\r\nContent-Length: 0\r\n\r\n";

#[track_caller]
fn assert_skipped(report: &Value, id: u8, reason: &str) {
    let check = report["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap();
    assert_eq!((&check["status"], &check["reason"]), (&json!("skipped"), &json!(reason)), "{check:#}");
}

#[test]
fn a_token_that_cannot_be_changed_passes_no_check_of_changed_ones() {
    let (url, _) = answering(REFUSAL);
    let (report, code) = checked(&url, &["--only", "2,13", "--token", "opaque"]);
    assert_skipped(&report, 13, "the token given is no JWT, so there is nothing in it to change");
    assert_eq!(code, Some(0));
}

#[test]
fn what_is_refused_because_it_has_run_out_shows_nothing() {
    let (url, _) = answering(REFUSAL);
    let given = token(&json!({"sub": "user_1", "exp": EXP}));
    let (report, _) =
        checked(&url, &["--only", "2,8,32,36", "--admin", "/a", "--token", &given, "--admin-token", &given]);
    for id in [8, 32] {
        assert_skipped(&report, id, "the token given has run out");
    }
    let notes = &report["checks"][3]["notes"];
    assert_eq!(notes.as_array().unwrap().len(), 2, "{notes}");
}

#[test]
fn a_token_that_has_run_out_is_forged_as_one_that_has_not() {
    let (url, sent) = answering(REFUSAL);
    checked(&url, &["--only", "14,15", "--token", &token(&json!({"sub": "user_1", "iat": EXP - 60, "exp": EXP}))]);
    let sent = sent.lock().unwrap();
    let tokens: Vec<&str> = sent.iter().filter_map(|text| text.split("Bearer ").nth(1)?.lines().next()).collect();
    assert_eq!(tokens.len(), 9);
    for token in tokens {
        let claims = part(token, 1);
        assert_eq!(claims["sub"], "user_1");
        assert!(claims["exp"].as_i64().unwrap() > clerk_edge::platform::native::now().seconds(), "{claims}");
    }
}

#[test]
fn a_member_of_the_organization_is_no_stranger_to_what_is_its_own() {
    let settings = Scratch::file("given-idor.toml", "idor = [{ path = \"/o\", organization = \"org_1\" }]");
    let (url, _) = answering(OPEN);
    let of = |claims: Value| {
        let (report, _) = checked(
            &url,
            &["--only", "1,38", "--public", "/", "--config", settings.text(), "--token", &token(&claims)],
        );
        report["checks"][1]["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(of(json!({"sub": "user_1", "v": 2, "o": {"id": "org_1"}})), "skipped");
    assert_eq!(of(json!({"sub": "user_1", "org_id": "org_1"})), "skipped");
    assert_eq!(of(json!({"sub": "user_1", "org_id": "org_2"})), "failed");
    assert_eq!(of(json!({"sub": "user_1"})), "failed");
}
