//! What the gateway signs is taken, and nothing that differs from it in one thing; times at their exact boundaries.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_compact::alg::Ed25519;
use jwt_compact::{Algorithm as _, AlgorithmSignature as _};
use serde_json::{Value, json};

use super::*;
use crate::assertion::AssertionKeys;
use crate::authorization::{Requirement, Unmet};
use crate::keys::KeySet;
use crate::platform::native::Offline;
use crate::refusal::Refusal;

/// Two keys made for these tests, each 32 letters in base64.
const SEED: &str = "YSBrZXkgZm9yIHRoZSB0ZXN0cyBvZiBhc3NlcnRpb24";
const OTHER: &str = "b25lIG1vcmUga2V5IGZvciB0aGUgdGVzdHMuLi4uLi4";

const NOW: i64 = 1_750_000_000;
const AUDIENCE: &str = "https://origin.example.com";
const URL: &str = "https://origin.example.com/orders/1";
const REQUEST: AssertedRequest<'_> = AssertedRequest { method: "GET", url: URL };

fn keys(seeds: &str) -> AssertionKeys {
    AssertionKeys::parse(seeds).unwrap()
}

fn verifier(seeds: &str) -> AssertionVerifier<Offline> {
    let set = KeySet::parse(keys(seeds).document().as_bytes()).unwrap();
    AssertionVerifier::new(Offline, AUDIENCE, KeySource::GivenSet(set))
}

fn header() -> Value {
    let kid = serde_json::from_str::<Value>(keys(SEED).document()).unwrap()["keys"][0]["kid"].clone();
    json!({"alg": "EdDSA", "kid": kid, "typ": TOKEN_TYPE})
}

/// A user's assertion, as the gateway writes it.
fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "user_1", "sid": "sess_1", "org_id": "org_1", "org_slug": "acme",
        "org_role": "org:admin", "org_permissions": ["org:orders:read"], "iat": NOW, "exp": NOW + 60, "jti": "request-1",
        "htm": "GET", "htu": URL,
    })
}

/// The same with other members; null takes one away.
fn with(changes: Value) -> Value {
    let mut claims = claims();
    merge(&mut claims, changes);
    claims
}

fn merge(value: &mut Value, changes: Value) {
    let (members, Value::Object(changes)) = (value.as_object_mut().unwrap(), changes) else { panic!("an object") };
    for (name, change) in changes {
        if change.is_null() {
            members.remove(&name)
        } else {
            members.insert(name, change)
        };
    }
}

fn signed_text(header: &str, claims: &str) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = Ed25519.sign(&keys(SEED).key, input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature.as_bytes()))
}

fn signed(claims: &Value) -> String {
    signed_text(&header().to_string(), &claims.to_string())
}

fn verify_at(
    token: &str,
    request: Option<AssertedRequest<'_>>,
    sender: Sender,
    now: i64,
) -> Result<Asserted, AssertionError> {
    pollster::block_on(verifier(SEED).verify(token, request, sender, UnixTime::from_seconds(now)))
}

fn verify(token: &str, sender: Sender) -> Result<Asserted, AssertionError> {
    verify_at(token, Some(REQUEST), sender, NOW)
}

/// The verdict on a user's assertion with other claims.
fn changed(changes: Value) -> Result<Asserted, AssertionError> {
    verify(&signed(&with(changes)), Sender::Session)
}

const MALFORMED: AssertionError = AssertionError::Token(TokenError::Malformed);

fn nobody() -> Value {
    json!({"sub": null, "sid": null, "org_id": null, "org_slug": null, "org_role": null, "org_permissions": null})
}

fn webhook(id: Value) -> Value {
    let mut changes = nobody();
    changes["webhook"] = json!({"id": id});
    with(changes)
}

#[test]
fn a_users_assertion_is_a_session_that_rules_can_be_asked_of() {
    let asserted = changed(json!({})).unwrap();
    assert_eq!((asserted.webhook, asserted.request_id.as_str()), (None, "request-1"));
    let session = asserted.session.unwrap();
    let organization = session.organization.as_ref().unwrap();
    assert_eq!((session.user_id.as_str(), session.session_id.as_str()), ("user_1", "sess_1"));
    assert_eq!((organization.id.as_str(), organization.slug.as_deref()), ("org_1", Some("acme")));
    assert_eq!(Requirement::Role("admin".into()).check(&session), Ok(()));
    assert_eq!(Requirement::Permission("orders:read".into()).check(&session), Ok(()));
    assert_eq!(Requirement::Permission("orders:write".into()).check(&session), Err(Unmet::Permission));
    assert_eq!(Requirement::Plan("pro".into()).check(&session), Err(Unmet::Plan), "what is not asserted is not met");
}

#[test]
fn permissions_that_were_cut_off_grant_nothing() {
    let asserted = changed(json!({"org_permissions": null, "org_permissions_truncated": true})).unwrap();
    let session = asserted.session.unwrap();
    assert_eq!(Requirement::Permission("orders:read".into()).check(&session), Err(Unmet::Permission));
    assert_eq!(Requirement::Role("admin".into()).check(&session), Ok(()));
}

#[test]
fn times_have_five_seconds_of_tolerance_and_no_more() {
    let at = |now: i64| verify_at(&signed(&claims()), Some(REQUEST), Sender::Session, now).map(|_| ());
    assert_eq!(at(NOW - 5), Ok(()));
    assert_eq!(at(NOW - 6), Err(AssertionError::IssuedInTheFuture));
    assert_eq!(at(NOW + 64), Ok(()));
    assert_eq!(at(NOW + 65), Err(AssertionError::Expired));
    assert_eq!(changed(json!({"nbf": NOW + 5})).map(|_| ()), Ok(()));
    assert_eq!(changed(json!({"nbf": NOW + 6})), Err(AssertionError::NotActiveYet));
    assert_eq!(changed(json!({"exp": NOW as f64 - 4.5})), Err(AssertionError::Expired), "a fraction is dropped");
    for name in ["exp", "iat"] {
        for value in [json!(null), json!("1750000000"), json!(true), json!([NOW]), json!(1e300)] {
            assert_eq!(changed(json!({name: value})), Err(MALFORMED), "{name} {value}");
        }
    }
}

#[test]
fn it_is_for_one_origin_of_one_issuer() {
    for aud in [
        json!(null),
        json!("https://other.example.com"),
        json!("https://origin.example.com/"),
        json!("https://ORIGIN.example.com"),
        json!("https://origin.example.com:443"),
        json!("service:ORDERS"),
        json!([AUDIENCE]),
        json!(1),
    ] {
        assert_eq!(changed(json!({"aud": aud})), Err(AssertionError::Audience), "{aud}");
    }
    for iss in [json!(null), json!("https://clerk.example.com"), json!("Clerk-Edge"), json!([ISSUER])] {
        assert_eq!(changed(json!({"iss": iss})), Err(AssertionError::Issuer), "{iss}");
    }
}

#[test]
fn it_is_for_one_request_whatever_its_query() {
    let asked = |method: &str, url: &str| {
        let request = AssertedRequest { method, url };
        verify_at(&signed(&claims()), Some(request), Sender::Session, NOW).map(|_| ())
    };
    assert_eq!(asked("GET", &format!("{URL}?a=b/../c#d")), Ok(()));
    for (method, url) in [
        ("POST", URL),
        ("get", URL),
        ("", URL),
        ("GET", "https://origin.example.com/orders/1/"),
        ("GET", "https://origin.example.com/orders/2"),
        ("GET", "https://origin.example.com/Orders/1"),
        ("GET", "https://origin.example.com/orders/%31"),
        ("GET", "https://other.example.com/orders/1"),
        ("GET", "http://origin.example.com/orders/1"),
        ("GET", "/orders/1"),
        ("GET", ""),
    ] {
        assert_eq!(asked(method, url), Err(AssertionError::Request), "{method} {url}");
    }
    assert!(verify_at(&signed(&with(json!({"htm": "PUT"}))), None, Sender::Session, NOW).is_ok());
    for name in ["htm", "htu", "jti"] {
        for value in [json!(null), json!(1)] {
            let token = signed(&with(json!({name: value})));
            assert_eq!(verify_at(&token, None, Sender::Session, NOW), Err(MALFORMED), "{name} {value}");
        }
    }
    assert_eq!(changed(json!({"jti": ""})), Err(MALFORMED));
}

#[test]
fn each_sender_counts_where_it_is_asked_for() {
    let (anonymous, webhook) = (signed(&with(nobody())), signed(&webhook(json!("msg_1"))));
    let told = |token: &str, sender| verify(token, sender).map(|said| (said.session.is_some(), said.webhook));
    assert_eq!(told(&signed(&claims()), Sender::Anyone), Ok((true, None)));
    assert_eq!(told(&signed(&claims()), Sender::Webhook), Err(AssertionError::Sender));
    assert_eq!(told(&anonymous, Sender::Session), Err(AssertionError::Anonymous));
    assert_eq!(told(&anonymous, Sender::Anyone), Ok((false, None)));
    assert_eq!(told(&anonymous, Sender::Webhook), Err(AssertionError::Sender));
    assert_eq!(told(&webhook, Sender::Session), Err(AssertionError::Sender));
    assert_eq!(told(&webhook, Sender::Anyone), Err(AssertionError::Sender));
    assert_eq!(told(&webhook, Sender::Webhook), Ok((false, Some("msg_1".into()))));
}

#[test]
fn a_sender_that_is_two_or_half_of_one_is_none() {
    for sender in [Sender::Session, Sender::Anyone, Sender::Webhook] {
        for changes in [
            json!({"webhook": {"id": "msg_1"}}),
            json!({"sub": null}),
            json!({"sid": null}),
            json!({"sid": null, "webhook": {"id": "msg_1"}}),
            json!({"sub": "mch_1"}),
            json!({"sub": ["user_1"]}),
            json!({"sid": ""}),
            json!({"org_role": 1}),
            json!({"org_permissions": "org:orders:read"}),
        ] {
            assert_eq!(verify(&signed(&with(changes.clone())), sender), Err(MALFORMED), "{changes}");
        }
        // JSON's null is something that is said.
        let null_subject = claims().to_string().replace(r#""user_1""#, "null");
        assert_eq!(verify(&signed_text(&header().to_string(), &null_subject), sender), Err(MALFORMED));
        for id in [json!(""), json!(1), json!(["msg_1"])] {
            assert_eq!(verify(&signed(&webhook(id)), sender), Err(MALFORMED));
        }
    }
}

#[test]
fn the_header_is_the_gateways_own() {
    let verdict = |changes: Value| {
        let mut header = header();
        merge(&mut header, changes);
        verify(&signed_text(&header.to_string(), &claims().to_string()), Sender::Session).map(|_| ())
    };
    assert_eq!(verdict(json!({})), Ok(()));
    for typ in [json!(null), json!("JWT"), json!("at+jwt"), json!("CLERK-EDGE-ASSERTION+JWT"), json!([TOKEN_TYPE])] {
        assert_eq!(verdict(json!({"typ": typ})), Err(TokenError::Type.into()), "{typ}");
    }
    for alg in [json!(null), json!("none"), json!("HS256"), json!("RS256"), json!("Ed25519"), json!("eddsa"), json!(1)]
    {
        assert_eq!(verdict(json!({"alg": alg})), Err(TokenError::Algorithm.into()), "{alg}");
    }
    for crit in [json!([]), json!(["exp"]), json!("x")] {
        assert_eq!(verdict(json!({"crit": crit})), Err(MALFORMED), "{crit}");
    }
    for kid in [json!(null), json!(""), json!("another")] {
        assert_eq!(verdict(json!({"kid": kid})), Err(AssertionError::KeyId), "{kid}");
    }
    assert_eq!(verdict(json!({"kid": 1})), Err(MALFORMED));
}

#[test]
fn another_key_is_refused_and_either_key_of_a_rotation_is_taken() {
    let token = signed(&claims());
    let by = |seeds: &str| {
        let now = UnixTime::from_seconds(NOW);
        pollster::block_on(verifier(seeds).verify(&token, Some(REQUEST), Sender::Session, now)).map(|_| ())
    };
    assert_eq!(by(OTHER), Err(AssertionError::KeyId));
    assert_eq!(by(&format!("{OTHER} {SEED}")), Ok(()));
    let mut document: Value = serde_json::from_str(keys(OTHER).document()).unwrap();
    document["keys"][0]["kid"] = header()["kid"].clone();
    let set = KeySet::parse(document.to_string().as_bytes()).unwrap();
    let impostor = AssertionVerifier::new(Offline, AUDIENCE, KeySource::GivenSet(set));
    let verdict = pollster::block_on(impostor.verify(&token, None, Sender::Session, UnixTime::from_seconds(NOW)));
    assert_eq!(verdict, Err(AssertionError::Signature));
}

#[test]
fn keys_that_cannot_be_had_are_an_outage_and_no_bad_assertion() {
    let source = KeySource::KeySet { url: "https://api.example.com/keys".into(), bearer: None };
    let verifier = AssertionVerifier::new(Offline, AUDIENCE, source);
    let at =
        |token: &str| pollster::block_on(verifier.verify(token, None, Sender::Session, UnixTime::from_seconds(NOW)));
    let error = at(&signed(&claims())).unwrap_err();
    assert_eq!(error, AssertionError::KeysUnavailable { retry_after: 1 });
    assert_eq!(Refusal::from(error).status(), 503);
    assert_eq!(at("a.b.c"), Err(MALFORMED), "which needs no key to be told");
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let (verifier, token) = (verifier(SEED), signed(&claims()));
    let is_good = |token: &str| {
        let now = UnixTime::from_seconds(NOW);
        pollster::block_on(verifier.verify(token, Some(REQUEST), Sender::Session, now)).is_ok()
    };
    assert!(is_good(&token));
    for (index, byte) in token.bytes().enumerate() {
        for bit in 0..8 {
            let bent: String =
                token.bytes().enumerate().map(|(at, byte)| char::from(byte ^ (u8::from(at == index) << bit))).collect();
            assert!(!is_good(&bent), "bit {bit} of byte {index} ({})", char::from(byte));
        }
        assert!(!is_good(&token[..index]), "{index} bytes of it");
    }
    for padding in ["=", "==", " ", ".", "A", "\n"] {
        assert!(!is_good(&format!("{token}{padding}")) && !is_good(&format!("{padding}{token}")));
    }
}
