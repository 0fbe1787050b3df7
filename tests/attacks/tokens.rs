//! Tokens that are not what they say. (Attacks 27, 28, 30, 31, 37 and 39; Wycheproof's are run elsewhere.)

use std::collections::BTreeSet;
use std::path::Path;

use clerk_edge::algorithm::Algorithm;
use clerk_edge::limits::{JSON_DEPTH, TOKEN_BYTES};
use clerk_edge::platform::native::NativeSignatures;
use clerk_edge::token::TokenError;
use clerk_edge::verifier::{TokenPolicy, VerifyError};
use serde_json::{Value, json};

use super::ORIGIN;
use super::support::World;
use super::support::key::{key, key_set, other_key};
use super::support::request::{REQUEST_ID, Request, TestGateway};
use super::support::token::{APP, ISSUER, NOW, Token};
use super::support::vectors;
use super::support::verifier::{TestVerifier, key_set_source};

fn verdict(token: &str) -> Result<(), VerifyError> {
    TestVerifier::with_policy(TokenPolicy::for_issuer(ISSUER)).verify(token, 0).map(|_| ())
}

#[test]
fn attack_27_the_algorithm_is_the_configurations_and_never_the_tokens() {
    let refused = Err(VerifyError::Token(TokenError::Algorithm));
    for alg in ["none", "None", "HS256", "HS384", "ES256", "PS256", "RS384", "RS512", "EdDSA", "rs256", "RS256 ", ""] {
        let token = Token::new().header("alg", json!(alg));
        assert_eq!(verdict(&token.text()), refused, "{alg}");
        let unsigned = token.text().rsplit_once('.').map(|(message, _)| format!("{message}.")).unwrap();
        assert!(verdict(&unsigned).is_err(), "{alg}, unsigned");
    }
    for algorithm in [Algorithm::Rs384, Algorithm::Rs512] {
        assert_eq!(verdict(&Token::new().with(algorithm).text()), refused, "{algorithm:?}, rightly signed");
    }
    // A key that does not say its algorithm does not leave the choice to the token either.
    let mut unbound = key().jwk();
    unbound.as_object_mut().unwrap().remove("alg");
    let world = World::with_key_set(key_set(&[unbound]));
    let verifier = TestVerifier::in_world(&world);
    assert_eq!(verifier.verify(&Token::new().with(Algorithm::Rs512).text(), 0).map(|_| ()), refused);
    assert!(verifier.verify(&Token::new().text(), 0).is_ok());
}

#[test]
fn attack_27_every_vector_of_confusion_and_injection_is_refused() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/tokens.json");
    let document: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let attacks = ["alg-none", "alg-confusion", "alg-field", "key-injection", "crit", "signature"];
    let mut refused = 0;
    for case in document["cases"].as_array().unwrap() {
        let is_attack = attacks.iter().any(|category| case["category"] == *category);
        if is_attack && case["expect"] == "reject" && case["debatable"].is_null() {
            assert!(pollster::block_on(vectors::verdict(case, NativeSignatures)).is_err(), "{}", case["id"]);
            refused += 1;
        }
    }
    assert!(refused >= 60, "only {refused} vectors");
}

/// One gateway with a route of each access.
fn gateway() -> TestGateway {
    TestGateway::with_routes(json!([
        {"path": "/public", "access": "public", "origin": ORIGIN},
        {"path": "/optional", "access": "optional", "origin": ORIGIN},
        {"path": "/required", "origin": ORIGIN},
    ]))
}

#[test]
fn attack_28_a_bad_token_is_never_taken_for_none() {
    let unknown_issuer = Token::new().by(other_key()).claim("iss", json!("https://evil.org"));
    for (kind, token, optional, required) in [
        ("absent", None, "forward", "credentials-missing"),
        ("good", Some(Token::new()), "forward", "forward"),
        ("of an unknown issuer", Some(unknown_issuer), "jwk-kid-mismatch", "jwk-kid-mismatch"),
        (
            "of an unknown issuer, with a known kid",
            Some(Token::new().claim("iss", json!("https://evil.org"))),
            "token-invalid-issuer",
            "token-invalid-issuer",
        ),
        ("without an issuer", Some(Token::new().without("iss")), "token-invalid-issuer", "token-invalid-issuer"),
        ("expired", Some(Token::new().claim("exp", json!(NOW - 5))), "token-expired", "token-expired"),
        ("forged", Some(Token::new().forged_by(other_key())), "token-invalid-signature", "token-invalid-signature"),
        ("without a kid", Some(Token::new().without_header("kid")), "jwk-kid-mismatch", "jwk-kid-mismatch"),
    ] {
        for (path, expected) in [("/public", "forward"), ("/optional", optional), ("/required", required)] {
            let request = token.iter().fold(Request::get(path), |request, token| request.bearer(&token.text()));
            let outcome = gateway().outcome(&request);
            assert_eq!(outcome.split(' ').next(), Some(expected), "{kind}, {path}");
        }
    }
    for value in ["", "Bearer", "Bearer ", "Bearer null", "Basic dTpw", "Bearer\u{a0}x"] {
        let outcome = gateway().outcome(&Request::get("/optional").header("authorization", value));
        assert_eq!(outcome, "credentials-malformed", "{value:?}");
    }
}

#[test]
fn attack_30_a_claim_that_is_asked_for_and_missing_is_a_no() {
    let gateway = TestGateway::new(json!({
        "authorized_parties": [APP], "missing_azp": "reject", "audience": ["api"],
        "routes": [{"path": "/x", "origin": ORIGIN}],
    }));
    let whole = Token::new().claim("aud", json!("api"));
    let outcome = |token: &Token| gateway.outcome(&Request::get("/x").bearer(&token.text()));
    assert_eq!(outcome(&whole), format!("forward {ORIGIN}/x"));
    for (claim, expected) in [
        ("azp", "token-invalid-authorized-parties"),
        ("aud", "token-invalid-audience"),
        ("iss", "token-invalid-issuer"),
        ("sub", "token-invalid-subject"),
        ("exp", "token-invalid"),
        ("sid", "token-type-mismatch"),
    ] {
        assert_eq!(outcome(&whole.clone().without(claim)), expected, "without {claim}");
        let null = outcome(&whole.clone().claim(claim, Value::Null));
        assert!(!null.starts_with("forward"), "{claim} null: {null}");
    }
}

#[test]
fn attack_31_another_class_of_token_of_the_same_key_is_no_session() {
    const SESSION: &str = "cl_B7d4PD111AAA";
    let classes = [
        ("a session", Token::new(), "forward"),
        ("a session without cat", Token::new().without_header("cat"), "forward"),
        ("a class that is to be ignored", Token::new().header("cat", json!("cl_I7d4PD111III")), "forward"),
        ("a template", Token::new().header("cat", json!("cl_B7d4PD222AAA")), "token-type-mismatch"),
        ("a template without cat or sid", Token::new().without_header("cat").without("sid"), "token-type-mismatch"),
        (
            "a machine's",
            Token::new().header("cat", json!("cl_B7d4PD333AAA")).claim("sub", json!("mch_1")),
            "token-type-mismatch",
        ),
        ("a machine's that calls itself a session", Token::new().claim("sub", json!("mch_1")), "token-type-mismatch"),
        (
            "a machine's with a user's subject",
            Token::new().header("cat", json!("cl_B7d4PD333AAA")),
            "token-type-mismatch",
        ),
        ("OAuth's", Token::new().header("typ", json!("at+jwt")), "token-type-mismatch"),
        ("another cat", Token::new().header("cat", json!(SESSION.to_lowercase())), "token-type-mismatch"),
        ("a cat that is no text", Token::new().header("cat", json!([SESSION])), "token-invalid"),
    ];
    for (class, token, expected) in classes {
        for path in ["/optional", "/required"] {
            let outcome = gateway().outcome(&Request::get(path).bearer(&token.text()));
            assert_eq!(outcome.split(' ').next(), Some(expected), "{class}, {path}");
        }
    }
    for opaque in ["ak_0123456789", "mt_0123456789", "oat_0123456789"] {
        assert_eq!(gateway().outcome(&Request::get("/required").bearer(opaque)), "token-type-mismatch", "{opaque}");
    }
}

#[test]
fn attack_37_what_is_too_long_or_too_deep_is_refused_before_work_is_done_on_it() {
    let malformed = Err(VerifyError::Token(TokenError::Malformed));
    for bomb in [
        "a".repeat(TOKEN_BYTES + 1),
        format!("{}.a.a", "a".repeat(TOKEN_BYTES)),
        ".".repeat(TOKEN_BYTES),
        format!("a.{}.a", "é".repeat(TOKEN_BYTES)),
    ] {
        assert_eq!(verdict(&bomb), malformed, "{} bytes", bomb.len());
    }
    let padded = |bytes: usize| Token::new().claim("padding", json!("x".repeat(bytes))).text();
    assert_eq!(verdict(&padded(TOKEN_BYTES * 3 / 4 - 900)), Ok(()));
    assert_eq!(verdict(&padded(TOKEN_BYTES * 3 / 4)), malformed);
    let nested = |depth: usize| {
        let payload = format!(
            r#"{{"azp":"{APP}","exp":{},"iss":"{ISSUER}","sid":"sess_1","sub":"user_1","x":{}{}}}"#,
            NOW + 60,
            "[".repeat(depth),
            "]".repeat(depth)
        );
        verdict(&Token::new().text_with_payload(payload.as_bytes()))
    };
    assert_eq!(nested(JSON_DEPTH - 1), Ok(()));
    assert_eq!(nested(JSON_DEPTH), malformed);
    for repeated in [
        r#""exp":1,"exp":9999999999"#,
        r#""sub":"user_1","sub":"user_2""#,
        r#""x":{"a":1,"a":2}"#,
        r#""sub":"user_1","\u0073ub":"user_2""#,
    ] {
        let payload = format!(r#"{{"exp":{},"iss":"{ISSUER}","sid":"sess_1",{repeated}}}"#, NOW + 60);
        assert_eq!(verdict(&Token::new().text_with_payload(payload.as_bytes())), malformed, "{repeated}");
    }
    let header = r#"{"alg":"RS256","alg":"RS256","kid":"ins_first"}"#;
    let repeated = format!("{}.e30.AA", base64_url(header.as_bytes()));
    assert_eq!(verdict(&repeated), malformed);
    let world = World::with_key_set(key_set(&[key().jwk()]));
    let verifier = TestVerifier::new(&world, TokenPolicy::for_issuer(ISSUER), key_set_source());
    assert!(verifier.verify(&"a".repeat(TOKEN_BYTES + 1), 0).is_err());
    assert_eq!((world.fetches.get(), world.loads.get()), (0, 0), "nobody is asked for the sake of a bomb");
}

fn base64_url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn attack_39_no_answer_tells_what_was_in_the_token() {
    let canary = |token: Token| {
        token.claims(json!({
            "aud": "api", "email": "canary@example.com", "org_id": "org_canary", "org_slug": "canary", "org_role": "org:canary", "metadata": {"role": "canary"},
        }))
    };
    let bad = [
        canary(Token::new()).header("kid", json!("ins_canary")),
        canary(Token::new()).forged_by(other_key()),
        canary(Token::new()).header("alg", json!("canary")),
        canary(Token::new()).header("typ", json!("canary")),
        canary(Token::new()).header("cat", json!("canary")),
        canary(Token::new()).header("crit", json!(["canary"])),
        canary(Token::new()).claim("iss", json!("https://canary.example.com")),
        canary(Token::new()).claim("sub", json!("canary")),
        canary(Token::new()).claim("azp", json!("https://canary.example.com")),
        canary(Token::new()).claim("aud", json!("canary")),
        canary(Token::new()).claim("exp", json!(NOW - 4321)),
        canary(Token::new()).claim("nbf", json!(NOW + 4321)),
        canary(Token::new()).claim("iat", json!(NOW + 4321)),
        canary(Token::new()).claim("sts", json!("pending")),
        canary(Token::new()),
    ];
    let gateway = TestGateway::new(json!({
        "authorized_parties": [APP], "audience": ["api"],
        "routes": [{"path": "/:canary", "origin": ORIGIN, "require": {"all": [{"role": "org:admin"}, {"claim": "metadata.role", "equals": "admin"}]}}],
    }));
    let mut codes = BTreeSet::new();
    for token in bad {
        let refusal =
            gateway.refuse(&Request::get("/canary?canary").bearer(&token.text()).header("x-custom", "canary"));
        let answer = format!("{:?}{}", refusal.headers(), refusal.body(REQUEST_ID));
        for secret in ["canary", "user_1", "org:admin", "metadata", "4321", &token.text()[..16]] {
            assert!(!answer.contains(secret), "{secret}: {answer}");
        }
        let body: Value = serde_json::from_str(&refusal.body(REQUEST_ID)).unwrap();
        let members: BTreeSet<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, BTreeSet::from(["type", "title", "status", "code", "requestId"]));
        codes.insert(refusal.code());
    }
    assert!(codes.len() >= 10, "{codes:?}");
}
