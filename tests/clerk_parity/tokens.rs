//! Tokens: their form, their class, and whether they are accepted.

use std::rc::Rc;

use clerk_edge::algorithm::Algorithm;
use clerk_edge::keys::KeySource;
use clerk_edge::public_key::PublicKey;
use clerk_edge::time::UnixTime;
use clerk_edge::token::{TokenError, UntrustedToken};
use clerk_edge::verifier::{MissingAzp, TokenPolicy};
use serde_json::{Value, json};

use crate::support::vectors::parties;
use crate::support::verifier::{TestVerifier, key_set_source};
use crate::support::{KeyServer, World};
use crate::{assert_explained, clerks_word, differences, list, same, text, vectors, word};

/// The instance of the vectors' tokens.
pub(crate) const ISSUER: &str = "https://clerk.inspired.puma-74.lcl.dev";

#[test]
fn a_token_has_the_form_that_clerk_takes_for_one_and_no_other_spelling() {
    let Some(vectors) = vectors("decode_jwt") else { return };
    let mut found = Vec::new();
    for case in list(&vectors) {
        let parsed = UntrustedToken::parse(text(&case["token"]), &Algorithm::ALL);
        let is_token = !matches!(parsed, Err(TokenError::Malformed));
        if is_token != (case["expected"]["ok"] == true) {
            found.push(text(&case["id"]).to_owned());
        }
    }
    assert_explained("decode_jwt", list(&vectors).len(), &found, &differences::DECODE_JWT);
}

#[test]
fn a_machines_token_is_of_another_type() {
    let Some(vectors) = vectors("machine_classification") else { return };
    let mut found = Vec::new();
    for case in list(&vectors) {
        let is_machines = UntrustedToken::parse(text(&case["token"]), &[Algorithm::Rs256]) == Err(TokenError::Type);
        if is_machines != (case["isMachineToken"] == true) {
            found.push(text(&case["id"]).to_owned());
        }
    }
    assert_explained("machine_classification", list(&vectors).len(), &found, &differences::MACHINE_CLASSIFICATION);
}

#[test]
fn no_machines_token_is_a_session_whatever_clerk_says_of_it() {
    let (Some(vectors), Some(keys)) = (vectors("verify_machine_token"), crate::vectors("keys")) else { return };
    let world = World::with_key_set(keys["mockJwks"].to_string());
    let mut found = Vec::new();
    for case in list(&vectors) {
        // Of whichever instance: it is the class that must not fit.
        for issuer in [ISSUER, "https://clerk.oauth.example.test", "https://clerk.m2m.example.test"] {
            let verifier = TestVerifier::new(&world, TokenPolicy::for_issuer(issuer), key_set_source());
            if verifier.verify_at(text(&case["token"]), true, now(case)).is_ok() {
                found.push(text(&case["id"]).to_owned());
            }
        }
    }
    assert_explained("verify_machine_token", list(&vectors).len(), &found, &differences::VERIFY_MACHINE_TOKEN);
}

#[test]
fn tokens_are_accepted_as_verify_jwt_accepts_them() {
    let (Some(vectors), Some(keys)) = (vectors("verify_jwt"), crate::vectors("keys")) else { return };
    let mut found = Vec::new();
    for case in list(&vectors) {
        let ours = verify_jwt(case, &keys);
        let clerks = clerks_word(&case["expected"]);
        if !same(clerks, ours) {
            found.push(format!("{}: {clerks}, {ours}", text(&case["id"])));
        }
    }
    assert_explained("verify_jwt", list(&vectors).len(), &found, &differences::VERIFY_JWT);
}

/// The word for a token under the very key given, as `verifyJwt` takes one.
fn verify_jwt(case: &Value, keys: &Value) -> &'static str {
    let (Some((world, source)), Some(policy)) = (key(&case["options"]["key"], keys), policy(&case["options"])) else {
        return "configuration-invalid";
    };
    word(TestVerifier::new(&world, policy, source).verify_at(text(&case["token"]), false, now(case)))
}

/// The moment of a case.
pub(crate) fn now(case: &Value) -> UnixTime {
    UnixTime::from_milliseconds(case["now_ms"].as_f64().expect("a number `now_ms`"))
}

/// A key by its name, or by its text: a PEM as it would be configured, a JWK as it would be published.
fn key(name: &Value, keys: &Value) -> Option<(Rc<World>, KeySource)> {
    let value = match name.as_str() {
        Some("mockJwks.keys[0]") => &keys["mockJwks"]["keys"][0],
        Some(named) if !keys[named].is_null() => &keys[named],
        _ => name,
    };
    if let Some(pem) = value.as_str() {
        return Some((World::with_key_set(""), KeySource::Given(PublicKey::from_pem(pem).ok()?)));
    }
    let mut jwk = value.clone();
    jwk["kid"] = keys["kid"].clone();
    Some((World::with_key_set(json!({"keys": [jwk]}).to_string()), key_set_source()))
}

/// Options as a configuration would have them; `None` where it could not say the same.
fn policy(options: &Value) -> Option<TokenPolicy> {
    let texts = |value: &Value| -> Vec<String> {
        let list =
            value.as_array().cloned().unwrap_or_else(|| value.is_string().then(|| value.clone()).into_iter().collect());
        list.iter().map(|text| text.as_str().expect("a text").to_owned()).collect()
    };
    let clock_skew_seconds = match options["clockSkewInMs"].as_i64() {
        Some(milliseconds) => u32::try_from(milliseconds / 1000).ok()?,
        None => 5,
    };
    // One issuer is configured here, and always.
    let issuer = texts(&options["issuer"]).pop().unwrap_or_else(|| ISSUER.to_owned());
    Some(TokenPolicy {
        authorized_parties: parties(&texts(&options["authorizedParties"])),
        missing_azp: MissingAzp::Reject,
        audience: texts(&options["audience"]),
        clock_skew_seconds,
        algorithms: vec![Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512],
        ..TokenPolicy::for_issuer(issuer)
    })
}

#[test]
fn tokens_are_accepted_as_verify_token_accepts_them() {
    let (Some(vectors), Some(keys)) = (vectors("verify_token"), crate::vectors("keys")) else { return };
    let mut found = Vec::new();
    for case in list(&vectors) {
        let ours = verify_token(case, &keys);
        let clerks = clerks_word(&case["expected"]);
        if !same(clerks, ours) {
            found.push(format!("{}: {clerks}, {ours}", text(&case["id"])));
        }
    }
    assert_explained("verify_token", list(&vectors).len(), &found, &differences::VERIFY_TOKEN);
}

fn verify_token(case: &Value, keys: &Value) -> &'static str {
    let options = &case["options"];
    let world = World::with_key_set("");
    world.key_server_does(key_server(&case["network"], keys));
    let source = match (options["jwtKey"].as_str(), options["secretKey"].as_str()) {
        (Some(pem), _) => KeySource::Given(PublicKey::from_pem(pem).unwrap()),
        (None, Some(_)) => key_set_source(),
        (None, None) => return "configuration-invalid",
    };
    let policy = policy(options).expect("a policy");
    word(TestVerifier::new(&world, policy, source).verify_at(text(&case["token"]), false, now(case)))
}

/// A key server that answers as the network of a case does, and well where Clerk's SDK never asked.
pub(crate) fn key_server(network: &Value, keys: &Value) -> KeyServer {
    let answer = network.as_array().and_then(|answers| {
        answers.iter().find(|answer| answer["url"].as_str().is_some_and(|url| url.ends_with("/jwks")))
    });
    match answer {
        Some(answer) if answer["throws"].is_null() && answer["status"].as_u64().is_none_or(|status| status == 200) => {
            let set = if answer["json_ref"] == "keys.mockJwks" { &keys["mockJwks"] } else { &answer["json"] };
            KeyServer::Answers(set.to_string().into_bytes())
        }
        Some(_) => KeyServer::IsDown,
        None => KeyServer::Answers(keys["mockJwks"].to_string().into_bytes()),
    }
}
