//! The stand-in's endpoints: rotations, outages, forged tokens, and what they refuse.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::harness::*;

#[test]
fn a_rotation_to_a_new_kid_keeps_the_old_key_until_it_is_removed() {
    let stand_in = StandIn::start();
    let old_kid = stand_in.identity["kid"].as_str().unwrap();
    let old_token = stand_in.token(json!({}));
    let set = stand_in.done("/stand-in/keys/rotate", json!({}));
    let keys = stand_in.keys();
    assert_eq!(set["keys"], json!(keys));
    assert_eq!((keys.len(), kids(&keys)[1]), (2, old_kid));
    assert!(verifies(&old_token, &keys[1]));
    let new_token = stand_in.token(json!({}));
    assert_eq!(part(&new_token, 0)["kid"], keys[0]["kid"]);
    assert!(verifies(&new_token, &keys[0]) && !verifies(&new_token, &keys[1]));
    let previous = stand_in.token(json!({"key": "previous"}));
    assert_eq!(part(&previous, 0)["kid"], old_kid);
    assert!(verifies(&previous, &keys[1]));
    stand_in.done("/stand-in/keys/remove", json!({"kid": old_kid}));
    assert_eq!(stand_in.keys(), [keys[0].clone()]);
    assert!(stand_in.refused("/stand-in/keys/remove", &json!({"kid": old_kid}).to_string()).contains(old_kid));
}

#[test]
fn a_rotation_under_the_same_kid_replaces_the_key_behind_it() {
    let stand_in = StandIn::start();
    let (old_key, old_token) = (stand_in.keys()[0].clone(), stand_in.token(json!({})));
    stand_in.done("/stand-in/keys/rotate", json!({"kid": "same"}));
    let keys = stand_in.keys();
    assert_eq!((keys.len(), &keys[0]["kid"]), (1, &old_key["kid"]));
    assert_ne!(keys[0]["n"], old_key["n"]);
    assert!(!verifies(&old_token, &keys[0]));
    assert!(verifies(&stand_in.token(json!({})), &keys[0]));
}

#[test]
fn an_unpublished_key_signs_under_the_current_kid() {
    let stand_in = StandIn::start();
    let output = stand_in.mint(&["--key", "unpublished"]);
    let token = printed(&output);
    assert_eq!(part(token, 0)["kid"], stand_in.identity["kid"]);
    assert!(!verifies(token, &stand_in.keys()[0]));
    assert!(stand_in.refused("/stand-in/tokens", r#"{"key": "previous"}"#).contains("previous key"));
}

#[test]
fn given_parts_are_signed_byte_for_byte() {
    let stand_in = StandIn::start();
    let parts = json!({"header": "{\"alg\":\"RS256\" }", "payload": "{\"exp\":1,\"exp\":2}"});
    let token = stand_in.done("/stand-in/tokens/sign", parts);
    let parts: Vec<&str> = token.as_str().unwrap().split('.').collect();
    assert_eq!(URL_SAFE_NO_PAD.decode(parts[0]).unwrap(), br#"{"alg":"RS256" }"#);
    assert_eq!(URL_SAFE_NO_PAD.decode(parts[1]).unwrap(), br#"{"exp":1,"exp":2}"#);
    let token = stand_in.done("/stand-in/tokens/sign", json!({"header": {"alg": "RS256"}, "payload": {"sub": "x"}}));
    assert!(verifies(token.as_str().unwrap(), &stand_in.keys()[0]));
    let refusal = stand_in.refused("/stand-in/tokens/sign", r#"{"header": 1, "payload": {}}"#);
    assert!(refusal.contains("expected a string or an object"), "{refusal}");
}

#[test]
fn the_backends_key_set_needs_the_secret_key() {
    let stand_in = StandIn::start();
    let ask = |value: &str| {
        read(agent().get(format!("{}/v1/jwks", stand_in.url)).header("authorization", value).call()).unwrap()
    };
    for (status, text) in [stand_in.get("/v1/jwks").unwrap(), ask("Bearer sk_test_other"), ask("sk_test_abc")] {
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((status, &answer["errors"][0]["code"]), (401, &json!("clerk_key_invalid")));
        assert!(answer["errors"][0]["message"].is_string() && answer["errors"][0]["long_message"].is_string());
    }
    let (status, text) = ask("Bearer sk_test_abc");
    let set: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &set["keys"]), (200, &json!(stand_in.keys())));
}

#[test]
fn each_outage_shows_at_the_key_set_and_nowhere_else() {
    let stand_in = StandIn::start();
    let during = |outage: Value| {
        assert_eq!(stand_in.done("/stand-in/outage", outage.clone()), outage);
        let overview: Value = serde_json::from_str(&stand_in.get("/stand-in").unwrap().1).unwrap();
        assert_eq!(overview["outage"], outage);
        stand_in.get("/.well-known/jwks.json")
    };
    assert!(during(json!({"mode": "down"})).is_err());
    assert!(stand_in.get("/v1/jwks").is_err());
    let (status, text) = during(json!({"mode": "rubbish"})).unwrap();
    assert_eq!((status, text.starts_with("<!doctype html>")), (200, true));
    let (status, text) = during(json!({"mode": "error"})).unwrap();
    assert_eq!((status, text.contains("internal_clerk_error")), (500, true));
    assert_eq!(during(json!({"mode": "empty"})).unwrap(), (200, r#"{"keys":[]}"#.to_owned()));
    let start = now();
    assert_eq!(during(json!({"mode": "slow", "delay_ms": 300})).unwrap().0, 200);
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!(during(json!({"mode": "none"})).unwrap().0, 200);
    assert_eq!(stand_in.keys().len(), 1);
}

#[test]
fn every_request_for_a_key_set_is_counted() {
    let stand_in = StandIn::start();
    let count = || stand_in.get("/stand-in/requests").unwrap().1;
    assert_eq!(count(), r#"{"keySet":0}"#);
    stand_in.get("/.well-known/jwks.json").unwrap();
    stand_in.get("/v1/jwks").unwrap();
    stand_in.done("/stand-in/outage", json!({"mode": "error"}));
    stand_in.get("/.well-known/jwks.json").unwrap();
    assert_eq!(count(), r#"{"keySet":3}"#);
    assert_eq!(stand_in.done("/stand-in/requests/reset", json!({})), json!({"keySet": 0}));
    assert_eq!(count(), r#"{"keySet":0}"#);
}

#[test]
fn the_overview_shows_the_key_as_pem_and_the_kid_of_now() {
    let stand_in = StandIn::start();
    let overview = || serde_json::from_str::<Value>(&stand_in.get("/stand-in").unwrap().1).unwrap();
    let before = overview();
    for (name, value) in stand_in.identity.as_object().unwrap() {
        assert_eq!(before[name], *value, "{name}");
    }
    assert!(before["jwtKey"].as_str().unwrap().starts_with("-----BEGIN PUBLIC KEY-----\n"));
    assert_eq!(before["outage"], json!({"mode": "none"}));
    stand_in.done("/stand-in/keys/rotate", json!({}));
    let after = overview();
    assert_eq!(after["kid"], stand_in.keys()[0]["kid"]);
    assert_ne!(after["jwtKey"], before["jwtKey"]);
}

#[test]
fn what_the_stand_in_does_not_understand_is_refused_by_name() {
    let stand_in = StandIn::start();
    for (path, body, expected) in [
        ("/stand-in/tokens", r#"{"lifetime": 5}"#, "unknown field `lifetime`"),
        ("/stand-in/tokens", r#"{"category": "other"}"#, "unknown variant `other`"),
        ("/stand-in/tokens", r#"{"version": 3}"#, "expected token version 1 or 2, got 3"),
        ("/stand-in/tokens", r#"{"organization": {"permissions": ["read"]}}"#, "expected a permission as"),
        ("/stand-in/tokens", "{", "cannot use the body"),
        ("/stand-in/tokens", "[]", "expected a JSON object"),
        ("/stand-in/tokens", r#"{"user": "a", "user": "b"}"#, "duplicate field `user`"),
        ("/stand-in/tokens/sign", "{}", "missing field `header`"),
        ("/stand-in/keys/rotate", r#"{"kid": "old"}"#, "unknown variant `old`"),
        ("/stand-in/keys/rotate", r#"{"keep": true}"#, "unknown field `keep`"),
        ("/stand-in/keys/remove", "{}", "missing field `kid`"),
        ("/stand-in/outage", "{}", "missing field `mode`"),
        ("/stand-in/outage", r#"{"mode": "slow", "delay_ms": 120001}"#, "at most 120000, got 120001"),
        ("/stand-in/outage", r#"{"mode": "slow", "delay_ms": -1}"#, "integer `-1`"),
    ] {
        let refusal = stand_in.refused(path, body);
        assert!(refusal.contains(expected), "{path} {body}: {refusal}");
    }
    let deep = format!(r#"{{"claims": {{"a": {}}}}}"#, "[".repeat(100_000));
    assert!(stand_in.refused("/stand-in/tokens", &deep).contains("recursion limit"));
    assert!(stand_in.refused("/stand-in/tokens", &" ".repeat(3_000_000)).contains("cannot read the body"));
    assert_eq!(stand_in.get("/nowhere").unwrap().0, 404);
    assert_eq!(stand_in.get("/stand-in/tokens").unwrap().0, 405);
    let output = stand_in.mint(&["--permission", "read"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(said(&output).starts_with("clerk-edge: the stand-in refused: expected a permission"), "{}", said(&output));
}
