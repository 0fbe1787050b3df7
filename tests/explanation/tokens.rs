//! Tokens by themselves: the vectors, and one token for each check.

use std::collections::BTreeSet;
use std::rc::Rc;

use clerk_edge::checks::{Check, Outcome};
use clerk_edge::explanation::{self, Explanation, TokenStory};
use clerk_edge::keys::KeySource;
use clerk_edge::platform::native::NativeSignatures;
use clerk_edge::refusal::Refusal;
use clerk_edge::time::UnixTime;
use clerk_edge::verifier::{TokenPolicy, Verifier};
use serde_json::{Value, json};

use super::support::key::{key, key_set, other_key};
use super::support::token::{APP, ISSUER, NOW, Token};
use super::support::vectors::policy;
use super::support::verifier::KEY_SET_URL;
use super::support::{KeyServer, TestHost, World};

fn explain_in(world: &Rc<World>, policy: TokenPolicy, text: &str, now: i64) -> Explanation {
    let source = KeySource::KeySet { url: KEY_SET_URL.to_owned(), bearer: None };
    let host = TestHost { world: Rc::clone(world), signatures: NativeSignatures };
    let verifier = Verifier::new(host, policy, source);
    pollster::block_on(explanation::of_token(&verifier, text, UnixTime::from_seconds(now), &[]))
}

/// What a fresh verifier says of the same: the code, or nothing.
fn decide_in(world: &Rc<World>, policy: TokenPolicy, text: &str, now: i64) -> Option<(u16, &'static str)> {
    let source = KeySource::KeySet { url: KEY_SET_URL.to_owned(), bearer: None };
    let host = TestHost { world: Rc::clone(world), signatures: NativeSignatures };
    let verifier = Verifier::new(host, policy, source);
    let verified = pollster::block_on(verifier.verify(text, false, UnixTime::from_seconds(now)));
    verified.err().map(Refusal::from).map(|refusal| (refusal.status(), refusal.code()))
}

fn policy_here() -> TokenPolicy {
    let mut policy = TokenPolicy::for_issuer(ISSUER);
    policy.authorized_parties = super::support::vectors::parties(&[APP.to_owned()]);
    policy.audience = vec!["api".to_owned()];
    policy
}

/// A token that meets [`policy_here`].
fn good() -> Token {
    Token::new().claim("azp", json!(APP)).claim("aud", json!("api"))
}

fn explain(text: &str) -> Explanation {
    explain_in(&World::with_key_set(key_set(&[key().jwk()])), policy_here(), text, NOW)
}

/// The check that failed, and that all before it passed and none behind it was reached.
#[track_caller]
fn failed(token: &TokenStory) -> Option<&'static str> {
    let at = token.checks.iter().position(|check| check.outcome == Outcome::Failed)?;
    assert!(token.checks[..at].iter().all(|check| check.outcome == Outcome::Passed));
    assert!(token.checks[at + 1..].iter().all(|check| check.outcome == Outcome::NotReached && check.detail.is_none()));
    Some(token.checks[at].check)
}

#[test]
fn every_vector_is_explained_as_it_is_decided() {
    let document: Value =
        serde_json::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/tokens.json"))).unwrap();
    let cases = document["cases"].as_array().unwrap();
    let mut refused = 0;
    for case in cases {
        let (id, text) = (&case["id"], case["token"].as_str().unwrap());
        let now = case["options"]["now"].as_i64().unwrap();
        let world = World::with_key_set(case["jwks"].to_string());
        let decided = decide_in(&world, policy(case, text), text, now);
        let told = explain_in(&world, policy(case, text), text, now);
        assert_eq!(told.answer.status.zip(told.answer.code), decided, "{id}");
        let token = told.token.as_ref().unwrap();
        assert_eq!((token.verified, token.code), (decided.is_none(), decided.map(|(_, code)| code)), "{id}");
        let check = failed(token).map(|name| Check::ALL.into_iter().find(|check| check.name() == name).unwrap());
        match (decided, check) {
            (Some((_, code)), Some(check)) => assert!(check.codes().contains(&code), "{id}: {code} at {check:?}"),
            (None, None) => {}
            other => panic!("{id}: {other:?}"),
        }
        refused += usize::from(decided.is_some());
        let whole = serde_json::to_string(&told).unwrap();
        assert!(text.len() < 20 || !whole.contains(text), "{id}: repeats its token");
    }
    assert!(cases.len() > 100 && refused > 50, "{} cases, {refused} refused", cases.len());
}

/// One token for each code of each check, but for the codes that the next test brings about.
fn failures() -> Vec<(Check, &'static str, String)> {
    let claim = |name: &str, value: Value| good().claim(name, value).text();
    let header = |name: &str, value: Value| good().header(name, value).text();
    vec![
        (Check::Form, "token-invalid", "a.b".to_owned()),
        (Check::Form, "token-type-mismatch", "ak_x".to_owned()),
        (Check::Critical, "token-invalid", header("crit", json!(["exp"]))),
        (Check::Type, "token-invalid", header("typ", json!("JOSE"))),
        (Check::Type, "token-type-mismatch", header("typ", json!("at+jwt"))),
        (Check::Algorithm, "token-invalid-algorithm", header("alg", json!("HS256"))),
        (Check::Category, "token-invalid", header("cat", json!(1))),
        (Check::Category, "token-type-mismatch", header("cat", json!("cl_B7d4PD222AAA"))),
        (Check::Key, "token-invalid", header("kid", json!(1))),
        (Check::Key, "jwk-kid-mismatch", good().by(other_key()).text()),
        (Check::Signature, "token-invalid-signature", good().forged_by(other_key()).text()),
        (Check::Claims, "token-invalid", good().text_with_payload(b"[]")),
        (Check::Subject, "token-type-mismatch", claim("sub", json!("mch_1"))),
        (Check::Subject, "token-invalid-subject", claim("sub", json!("me"))),
        (Check::Issuer, "token-invalid-issuer", claim("iss", json!("https://clerk.other.com"))),
        (Check::Audience, "token-invalid-audience", claim("aud", json!("other"))),
        (Check::Session, "token-type-mismatch", good().without("sid").text()),
        (Check::Session, "token-invalid", claim("exp", json!("soon"))),
        (Check::AuthorizedParty, "token-invalid-authorized-parties", claim("azp", json!("https://evil.example"))),
        (Check::Expiry, "token-expired", claim("exp", json!(NOW - 5))),
        (Check::NotBefore, "token-not-active-yet", claim("nbf", json!(NOW + 6))),
        (Check::IssuedAt, "token-iat-in-the-future", claim("iat", json!(NOW + 6))),
        (Check::Status, "session-pending", claim("sts", json!("pending"))),
    ]
}

#[test]
fn each_check_fails_by_its_name_and_with_each_of_its_codes() {
    let mut seen: BTreeSet<(Check, &str)> = BTreeSet::new();
    for (check, code, text) in failures() {
        let told = explain(&text);
        let token = told.token.as_ref().unwrap();
        assert_eq!((failed(token), token.code), (Some(check.name()), Some(code)));
        assert!(token.checks.iter().all(|check| (check.outcome == Outcome::NotReached) == check.detail.is_none()));
        seen.insert((check, code));
    }
    let unavailable = World::with_key_set(key_set(&[key().jwk()]));
    unavailable.key_server_does(KeyServer::IsDown);
    let told = explain_in(&unavailable, policy_here(), &good().text(), NOW);
    assert_eq!((failed(told.token.as_ref().unwrap()), told.answer.code), (Some("kid"), Some("keys-unavailable")));
    seen.insert((Check::Key, "keys-unavailable"));
    let all = Check::ALL.into_iter().flat_map(|check| check.codes().iter().map(move |code| (check, *code)));
    // What is asked a second time, when a signature is bad, may have changed meanwhile.
    let only_then = [(Check::Signature, "jwk-kid-mismatch"), (Check::Signature, "keys-unavailable")];
    let missing: Vec<_> = all.filter(|pair| !seen.contains(pair) && !only_then.contains(pair)).collect();
    assert_eq!(missing, []);
}

#[test]
fn a_good_token_passes_every_check_with_what_was_looked_at() {
    let told = explain(&good().text());
    let token = told.token.unwrap();
    assert_eq!((told.answer.kind, token.verified, failed(&token)), ("accept", true, None));
    assert_eq!(token.checks.iter().map(|check| check.check).collect::<Vec<_>>(), Check::ALL.map(Check::name));
    let detail = |name: &str| token.checks.iter().find(|check| check.check == name).unwrap().detail.clone().unwrap();
    assert_eq!(detail("iss"), format!("\"{ISSUER}\""));
    assert_eq!(detail("alg"), "\"RS256\"");
    assert!(detail("exp").contains("clocks may differ by 5 s"), "{}", detail("exp"));
    assert!(told.troubles.is_empty());
}

#[test]
fn a_claim_of_the_wrong_kind_is_named() {
    for name in ["azp", "fea", "pla", "act", "sts", "nbf", "iat"] {
        let told = explain(&good().claim(name, json!([1])).text());
        let token = told.token.as_ref().unwrap();
        let check = token.checks.iter().find(|check| check.outcome == Outcome::Failed).unwrap();
        let detail = check.detail.as_ref().unwrap();
        assert!(detail.contains(&format!("; {name} is of another kind")), "{name}: {detail}");
    }
}
