//! The assertion that an origin gets, checked by another implementation of the signature: for whom, of whom, of what, and
//! for how long.

use clerk_edge::assertion::{AssertionKeys, TOKEN_TYPE};
use clerk_edge::gateway::{Decision, Forward, Verdict};
use clerk_edge::limits::IDENTITY_HEADER_BYTES;
use jwt_compact::alg::Ed25519;
use jwt_compact::jwk::JsonWebKey;
use jwt_compact::{Algorithm, AlgorithmExt as _, UntrustedToken};
use serde_json::{Value, json};

use super::support::request::{Request, TestGateway, sent};
use super::support::token::{APP, NOW, Token};

/// Two keys made for these tests, each 32 letters in base64.
const SEED: &str = "YSBrZXkgZm9yIHRoZSB0ZXN0cyBvZiBhc3NlcnRpb24";
const OTHER: &str = "b25lIG1vcmUga2V5IGZvciB0aGUgdGVzdHMuLi4uLi4";

const NAME: &str = "x-clerk-edge-assertion";
const ORIGIN: &str = "https://origin.example.com";
const BODY: &[u8] = b"{}";

fn gateway() -> TestGateway {
    with_key(SEED)
}

fn with_key(key: &str) -> TestGateway {
    let gateway = json!({"routes": [
        {"path": "/x/*", "origin": "https://ORIGIN.example.com:443/base", "require": {"role": "org:admin"}},
        {"path": "/x/any/*", "origin": ORIGIN, "strip_prefix": "/x"},
        {"path": "/public", "access": "public", "origin": ORIGIN},
        {"path": "/optional", "access": "optional", "origin": "https://other.example.com:8443"},
        {"path": "/zone", "origin": "zone"},
        {"path": "/service", "service": "ORDERS"},
        {"path": "/report", "serve": "report"},
        {"path": "/whoami", "serve": "whoami"},
        {"path": "/webhooks/clerk", "webhook": "clerk", "origin": "https://origin.example.com/events"},
        {"path": "/webhooks/service", "webhook": "clerk", "service": "ORDERS"},
    ]});
    TestGateway::with_variables(gateway, json!({"ASSERTION_KEY": key}))
}

/// The first key of a document that verifies the token; what the token says.
fn verified(document: &Value, token: &str) -> Option<(Value, Value)> {
    let untrusted = UntrustedToken::new(token).unwrap();
    let kid = untrusted.header().key_id.clone();
    let jwk = document["keys"].as_array().unwrap().iter().find(|jwk| jwk["kid"].as_str() == kid.as_deref())?;
    let jwk: JsonWebKey<'_> = serde_json::from_value(jwk.clone()).unwrap();
    let key = <Ed25519 as Algorithm>::VerifyingKey::try_from(&jwk).unwrap();
    let token = Ed25519.validator::<Value>(&key).validate(&untrusted).ok()?;
    let claims = serde_json::to_value(token.claims()).unwrap();
    Some((json!({"typ": untrusted.header().token_type, "alg": untrusted.algorithm()}), claims))
}

fn document(keys: &str) -> Value {
    serde_json::from_str(AssertionKeys::parse(keys).unwrap().document()).unwrap()
}

#[track_caller]
fn claims(forward: &Forward<'_>) -> Value {
    let token = sent(forward, NAME).expect("an assertion");
    let (header, claims) = verified(&document(SEED), token).expect("a good signature");
    assert_eq!(header, json!({"typ": TOKEN_TYPE, "alg": "EdDSA"}));
    claims
}

#[track_caller]
fn claims_of(request: &Request) -> Value {
    claims(&gateway().forward(request))
}

#[track_caller]
fn forwarded<'a>(decision: &'a Decision<'a>) -> &'a Forward<'a> {
    match &decision.verdict {
        Verdict::Forward(forward) => forward,
        Verdict::Deliver(delivery) => &delivery.forward,
        other => panic!("not forwarded: {other:?}"),
    }
}

fn has_assertion(decision: &Decision<'_>) -> bool {
    let headers = match &decision.verdict {
        Verdict::Serve(serve) => serve.request.as_ref().map_or(&[][..], |forward| &forward.headers),
        Verdict::Forward(forward) => &forward.headers,
        _ => &[],
    };
    headers.iter().any(|(name, _)| name == NAME)
}

fn admin() -> Token {
    let permissions = ["org:billing:manage", "org:billing:read"];
    Token::new()
        .claims(json!({"org_id": "org_1", "org_slug": "acme", "org_role": "org:admin", "org_permissions": permissions}))
}

#[test]
fn a_session_is_asserted_with_its_target_and_its_request() {
    let request = Request::new("DELETE", "//x/%61/b/?q=1&r=?2").bearer(&admin().text());
    let expected = json!({
        "iss": "clerk-edge", "aud": ORIGIN, "sub": "user_1", "sid": "sess_1", "azp": APP,
        "org_id": "org_1", "org_slug": "acme", "org_role": "org:admin",
        "org_permissions": ["org:billing:manage", "org:billing:read"],
        "iat": NOW, "exp": NOW + 60, "jti": "request-1",
        "htm": "DELETE", "htu": "https://origin.example.com/base/x/a/b/",
    });
    assert_eq!(claims_of(&request), expected);
}

#[test]
fn the_least_session_asserts_no_organization() {
    let claims = claims_of(&Request::get("/x/any/a").bearer(&Token::new().without("azp").text()));
    let expected = json!({
        "iss": "clerk-edge", "aud": ORIGIN, "sub": "user_1", "sid": "sess_1", "iat": NOW, "exp": NOW + 60,
        "jti": "request-1", "htm": "GET", "htu": "https://origin.example.com/any/a",
    });
    assert_eq!(claims, expected);
}

#[test]
fn each_target_is_an_audience_of_its_own() {
    for (path, audience, url) in [
        ("/x/any/a?b", ORIGIN, "https://origin.example.com/any/a"),
        ("/optional", "https://other.example.com:8443", "https://other.example.com:8443/optional"),
        ("/zone?b", "https://api.example.com", "https://api.example.com/zone"),
        ("/service?b", "service:ORDERS", "https://api.example.com/service"),
    ] {
        let claims = claims_of(&Request::get(path).signed_in());
        assert_eq!((&claims["aud"], &claims["htu"]), (&json!(audience), &json!(url)), "{path}");
    }
}

#[test]
fn it_lives_a_minute_and_never_longer_than_the_session() {
    for (session_ends, seconds, expected) in
        [(61, 0, 60), (60, 0, 60), (59, 0, 59), (60, 1, 60), (60, 59, 60), (60, 60, 60), (60, 64, 60), (1000, 100, 160)]
    {
        let token = Token::new().claim("exp", json!(NOW + session_ends));
        let gateway = gateway();
        let decision = gateway.decide_after(seconds, &Request::get("/x/any/a").bearer(&token.text()));
        let claims = claims(forwarded(&decision));
        assert_eq!((&claims["iat"], &claims["exp"]), (&json!(NOW + seconds), &json!(NOW + expected)));
    }
}

#[test]
fn a_remembered_session_is_asserted_anew_with_each_request() {
    let gateway = gateway();
    let token = admin().text();
    let claims_at = |seconds, path: &str| {
        let decision = gateway.decide_after(seconds, &Request::get(path).bearer(&token));
        assert_eq!(decision.remembered, seconds > 0);
        claims(forwarded(&decision))
    };
    let (first, second) = (claims_at(0, "/x/1"), claims_at(7, "/x/2"));
    assert_eq!((&first["iat"], &second["iat"]), (&json!(NOW), &json!(NOW + 7)));
    assert_eq!(
        (&first["htu"], &second["htu"]),
        (&json!(format!("{ORIGIN}/base/x/1")), &json!(format!("{ORIGIN}/base/x/2")))
    );
    assert_eq!(first["sub"], second["sub"]);
}

#[test]
fn an_anonymous_request_is_asserted_without_a_user() {
    for (request, method) in [
        (Request::get("/public"), "GET"),
        (Request::new("POST", "/public").signed_in(), "POST"),
        (Request::new("HEAD", "/optional"), "HEAD"),
    ] {
        let claims = claims_of(&request);
        let names: Vec<&String> = claims.as_object().unwrap().keys().collect();
        assert_eq!(names, ["aud", "exp", "htm", "htu", "iat", "iss", "jti"], "{request:?}");
        assert_eq!((&claims["htm"], &claims["exp"]), (&json!(method), &json!(NOW + 60)));
    }
    assert_eq!(claims_of(&Request::get("/optional").signed_in())["sub"], json!("user_1"));
}

#[test]
fn a_webhook_is_asserted_by_its_id_and_without_a_user() {
    let gateway = gateway();
    for (path, audience, url) in [
        ("/webhooks/clerk?a=b", ORIGIN, "https://origin.example.com/events"),
        ("/webhooks/service", "service:ORDERS", "https://api.example.com/webhooks/service"),
    ] {
        let request = Request::new("POST", path).signed_in().signed_at(0, "msg_1", BODY);
        let decision = gateway.receive(&request, BODY);
        let expected = json!({
            "iss": "clerk-edge", "aud": audience, "webhook": {"id": "msg_1"}, "iat": NOW, "exp": NOW + 60,
            "jti": "request-1", "htm": "POST", "htu": url,
        });
        assert_eq!(claims(forwarded(&decision)), expected);
    }
}

#[test]
fn no_request_but_a_webhook_carries_a_webhooks_claim() {
    let token = admin().claim("webhook", json!({"id": "msg_1"})).text();
    for path in ["/x/a", "/public", "/optional", "/zone", "/service"] {
        let request = Request::get(path).bearer(&token).signed_at(0, "msg_1", b"");
        assert_eq!(claims_of(&request).get("webhook"), None, "{path}");
    }
}

#[test]
fn permissions_that_are_too_long_for_a_header_are_left_out_and_it_says_so() {
    // With two commas between three.
    let longest = ["a".repeat(IDENTITY_HEADER_BYTES - 6), "bb".to_owned(), "cc".to_owned()];
    for (extra, fits) in [("", true), ("x", false)] {
        let mut permissions = longest.clone();
        permissions[1].push_str(extra);
        let claims =
            claims_of(&Request::get("/x/a").bearer(&admin().claim("org_permissions", json!(permissions)).text()));
        let expected = if fits { (json!(permissions), Value::Null) } else { (Value::Null, json!(true)) };
        assert_eq!((&claims["org_permissions"], &claims["org_permissions_truncated"]), (&expected.0, &expected.1));
        assert_eq!((&claims["org_role"], &claims["sub"]), (&json!("org:admin"), &json!("user_1")));
    }
    let claims = claims_of(&Request::get("/x/a").bearer(&admin().claim("org_permissions", json!([])).text()));
    assert_eq!((&claims["org_permissions"], &claims["org_permissions_truncated"]), (&json!([]), &Value::Null));
}

#[test]
fn what_a_client_claims_to_be_an_assertion_is_dropped() {
    let request = Request::get("/public")
        .header("X-Clerk-Edge-Assertion", "spoofed")
        .header("x_clerk_edge_assertion", "spoofed")
        .header("X.Clerk.Edge.Assertion", "spoofed");
    for gateway in [gateway(), without_key()] {
        let forward = gateway.forward(&request);
        assert!(forward.headers.iter().all(|(_, value)| value != "spoofed"), "{:?}", forward.headers);
    }
}

#[test]
fn its_header_comes_last_and_once() {
    let gateway = gateway();
    let forward = gateway.forward(&Request::get("/x/any/a").signed_in().header("accept", "*/*"));
    assert_eq!(forward.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(NAME)).count(), 1);
    assert_eq!(forward.headers.last().unwrap().0, NAME);
    let decision = gateway.receive(&Request::new("POST", "/webhooks/clerk").signed_at(0, "msg_1", BODY), BODY);
    assert_eq!(forwarded(&decision).headers.last().unwrap().0, NAME);
}

#[test]
fn nothing_is_asserted_on_refusals_repeats_or_what_is_served_here() {
    let gateway = gateway();
    for request in [
        Request::get("/x/a"),
        Request::get("/x/a").signed_in(),
        Request::get("/nowhere"),
        Request::get("/whoami").signed_in(),
        Request::get("/report").signed_in(),
        Request::get("/.well-known/clerk-edge/health"),
        Request::get("/.well-known/clerk-edge/jwks.json"),
        Request::new("POST", "/webhooks/clerk").signed_at(0, "msg_1", BODY),
    ] {
        let decision = gateway.decide(&request);
        assert!(!matches!(decision.verdict, Verdict::Forward(_)), "{request:?}");
        assert!(!has_assertion(&decision), "{request:?}");
    }
    let webhook = Request::new("POST", "/webhooks/clerk").signed_at(0, "msg_2", BODY);
    let decision = gateway.receive(&webhook, BODY);
    let Verdict::Deliver(delivery) = &decision.verdict else { panic!("{:?}", decision.verdict) };
    pollster::block_on(gateway.gateway.remember(delivery)).unwrap();
    assert!(matches!(gateway.receive(&webhook, BODY).verdict, Verdict::Repeat));
    assert!(matches!(gateway.receive(&webhook, b"x").verdict, Verdict::Refuse(_)));
}

fn without_key() -> TestGateway {
    TestGateway::with_routes(json!([
        {"path": "/public", "access": "public", "origin": ORIGIN},
        {"path": "/x/*", "origin": ORIGIN},
    ]))
}

#[test]
fn without_a_key_nothing_is_asserted_and_the_document_is_empty() {
    let gateway = without_key();
    assert_eq!(sent(&gateway.forward(&Request::get("/x/a").signed_in()), NAME), None);
    assert_eq!(gateway.outcome(&Request::get("/.well-known/clerk-edge/jwks.json")), r#"keys {"keys":[]}"#);
}

#[test]
fn the_key_document_is_at_one_path_for_get_and_head() {
    let gateway = with_key(&format!("{OTHER} {SEED}"));
    let expected = format!("keys {}", AssertionKeys::parse(&format!("{OTHER} {SEED}")).unwrap().document());
    for method in ["GET", "HEAD"] {
        for path in ["/.well-known/clerk-edge/jwks.json?x=y", "//.well-known/clerk-edge/%6awks.json"] {
            assert_eq!(gateway.outcome(&Request::new(method, path)), expected, "{method} {path}");
        }
    }
    for path in ["/.well-known/clerk-edge/jwks.json/a", "/.well-known/clerk-edge/jwks", "/.well-known/jwks.json"] {
        assert_eq!(gateway.outcome(&Request::get(path)), "route-not-found", "{path}");
    }
    assert_eq!(gateway.outcome(&Request::new("POST", "/.well-known/clerk-edge/jwks.json")), "route-not-found");
    assert!(!expected.contains(SEED) && !expected.contains(OTHER));
}

#[test]
fn through_a_rotation_each_assertion_verifies_with_the_document_of_its_time_and_the_next() {
    let steps = [SEED.to_owned(), format!("{SEED} {OTHER}"), format!("{OTHER} {SEED}"), OTHER.to_owned()];
    let tokens =
        steps.clone().map(|keys| sent(&with_key(&keys).forward(&Request::get("/public")), NAME).unwrap().to_owned());
    let good = |keys: &str, token: &str| verified(&document(keys), token).is_some();
    for (index, token) in tokens.iter().enumerate() {
        assert!(good(&steps[index], token), "{index}");
        assert!(steps.get(index + 1).is_none_or(|next| good(next, token)), "{index}");
    }
    assert!(!good(&steps[3], &tokens[1]), "the old key was removed");
    assert!(!good(&steps[0], &tokens[2]), "the new key was not there yet");
}
