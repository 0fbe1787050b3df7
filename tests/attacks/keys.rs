//! The key set: flooded, failing, poisoned, rotated, or another instance's. (Attacks 29 and 33 to 36.)

use clerk_edge::keys::KeyOrigin;
use clerk_edge::limits::{KEY_SET_BYTES, KEY_SET_KEYS};
use clerk_edge::verifier::{TokenPolicy, VerifyError};
use serde_json::{Value, json};

use super::ORIGIN;
use super::support::key::{key, key_set, other_key};
use super::support::request::{Request, TestGateway, Variables, config};
use super::support::token::Token;
use super::support::verifier::{TestVerifier, key_set_source};
use super::support::{KeyServer, World};

const BETWEEN_TRIES: i64 = 30;

#[test]
fn attack_29_two_instances_with_one_kid_share_no_key() {
    const OTHER: &str = "https://clerk.other.com";
    // One store for both, as two Workers of one account may share a KV namespace.
    let world = World::with_key_set(key_set(&[key().jwk()]));
    let first = TestVerifier::in_world(&world);
    assert!(first.verify_new(&Token::long_lived(), 0).is_ok());
    first.settle(0);
    world.publish(key_set(&[other_key().jwk_as(key().id)]));
    let second = TestVerifier::new(&world, TokenPolicy::for_issuer(OTHER), key_set_source());
    let of_second = Token::long_lived().forged_by(other_key()).claim("iss", json!(OTHER));
    assert!(second.verify_new(&of_second, 0).is_ok());
    second.settle(0);
    for (verifier, token, error) in [
        (&first, of_second.clone(), VerifyError::Signature),
        (&first, Token::long_lived().claim("iss", json!(OTHER)), VerifyError::Issuer),
        (&second, Token::long_lived(), VerifyError::Signature),
        (&second, Token::long_lived().claim("iss", json!(OTHER)), VerifyError::Signature),
        (&second, Token::long_lived().forged_by(other_key()), VerifyError::Issuer),
    ] {
        assert_eq!(verifier.verify_new(&token, 1).err(), Some(error));
    }
    assert_eq!(world.stored.borrow().len(), 2, "each has an entry of its own");
}

#[test]
fn attack_33_ten_thousand_unknown_kids_cost_one_fetch_in_thirty_seconds() {
    for signed in [false, true] {
        let verifier = TestVerifier::in_world(&World::with_key_set(key_set(&[key().jwk()])));
        assert!(verifier.verify_new(&Token::long_lived(), 0).is_ok());
        let text = Token::long_lived().text();
        let (_, rest) = text.split_once('.').unwrap();
        for index in 0..10_000_i64 {
            let header = json!({"alg": "RS256", "kid": if signed { format!("ins_{}", index % 7) } else { format!("ins_{index}") }});
            let header = base64_url(header.to_string().as_bytes());
            let error = verifier.verify(&format!("{header}.{rest}"), 1 + index * 89 / 10_000).err();
            assert_eq!(error, Some(VerifyError::KeyId), "{index}");
        }
        // At the start, after 30 s and after 60 s.
        assert_eq!(verifier.world.fetches.get(), 3);
        assert_eq!(verifier.verify_new(&Token::long_lived(), 89).unwrap().key_origin, KeyOrigin::Memory);
    }
}

fn base64_url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn attack_34_a_fetch_that_fails_is_a_value_for_each_of_two_tokens() {
    let gateway = TestGateway::with_routes(json!([{"path": "/x", "origin": ORIGIN}]));
    gateway.world.key_server_does(KeyServer::IsDown);
    let (good, other) = (Token::long_lived().text(), Token::long_lived().claim("sub", json!("user_2")).text());
    let two = Request::get("/x").bearer(&good).cookie(&other);
    for request in [&two, &Request::get("/x").cookie(&other), &two] {
        assert_eq!(gateway.outcome(request), "keys-unavailable");
    }
    assert_eq!(gateway.world.fetches.get(), 1, "one failure is told to all of them");
    gateway.world.publish(key_set(&[key().jwk()]));
    let outcome = |request: &Request| match gateway.decide_after(2, request).verdict {
        clerk_edge::gateway::Verdict::Forward(_) => "forward".to_owned(),
        other => format!("{other:?}"),
    };
    assert_eq!((outcome(&two), outcome(&Request::get("/x").cookie(&other))), ("forward".into(), "forward".into()));
}

#[test]
fn attack_35_a_remembered_token_is_decided_anew_by_each_route_and_each_configuration() {
    let routes = json!([
        {"path": "/any", "origin": ORIGIN},
        {"path": "/admin", "origin": ORIGIN, "require": {"role": "org:admin"}},
        {"path": "/optional", "access": "optional", "origin": ORIGIN},
    ]);
    let token = Token::new().text();
    let gateway = TestGateway::with_routes(routes.clone());
    for _ in 0..2 {
        for (path, expected) in [
            ("/any", format!("forward {ORIGIN}/any")),
            ("/admin", "insufficient-role".into()),
            ("/optional", format!("forward {ORIGIN}/optional")),
        ] {
            assert_eq!(gateway.outcome(&Request::get(path).bearer(&token)), expected);
        }
    }
    assert!(gateway.decide(&Request::get("/any").bearer(&token)).remembered);
    let stricter = TestGateway::new(json!({"audience": ["api"], "routes": routes}));
    assert_eq!(stricter.outcome(&Request::get("/any").bearer(&token)), "token-invalid-audience");
    let parties = TestGateway::new(json!({"authorized_parties": ["https://other.example.com"], "routes": routes}));
    assert_eq!(parties.outcome(&Request::get("/any").bearer(&token)), "token-invalid-authorized-parties");
}

#[test]
fn attack_35_a_rotated_or_removed_key_is_a_miss() {
    for (published, error) in [
        (key_set(&[other_key().jwk()]), VerifyError::KeyId),
        (key_set(&[other_key().jwk_as(key().id)]), VerifyError::Signature),
    ] {
        let verifier = TestVerifier::in_world(&World::with_key_set(key_set(&[key().jwk()])));
        let token = Token::long_lived().text();
        assert!(!verifier.verify(&token, 0).unwrap().remembered);
        assert!(verifier.verify(&token, 1).unwrap().remembered);
        verifier.world.publish(published);
        pollster::block_on(verifier.verifier.refresh_keys(super::support::token::after(BETWEEN_TRIES))).unwrap();
        assert_eq!(verifier.verify(&token, BETWEEN_TRIES).err(), Some(error));
    }
}

#[test]
fn attack_36_a_key_set_that_is_rubbish_poisoned_or_private_replaces_nothing() {
    let with = |member: &str, value: Value| {
        let mut jwk = other_key().jwk_as(key().id);
        jwk[member] = value;
        key_set(&[jwk])
    };
    let huge = format!("{{\"keys\":[{}]}}", vec![other_key().jwk_as(key().id).to_string(); 200].join(","));
    let padded = format!("{}{}", key_set(&[other_key().jwk_as(key().id)]), " ".repeat(KEY_SET_BYTES));
    for (what, document) in [
        ("empty", String::new()),
        ("no keys", key_set(&[])),
        ("HTML", "<!doctype html><title>404</title>".into()),
        ("huge", huge),
        ("padded", padded),
        ("of a duplicate kid", key_set(&[key().jwk(), other_key().jwk_as(key().id)])),
        ("of a duplicate kid, the other way round", key_set(&[other_key().jwk_as(key().id), key().jwk()])),
        ("private", with("d", json!("AQAB"))),
        ("symmetric", key_set(&[json!({"kty": "oct", "kid": key().id, "k": "AAAA", "use": "sig", "alg": "HS256"})])),
        ("for encryption", with("use", json!("enc"))),
        ("for another algorithm", with("alg", json!("RSA-OAEP"))),
        ("of a short modulus", with("n", json!("AQAB"))),
        ("of an even exponent", with("e", json!("Ag"))),
        ("with repeated members", format!("{{\"keys\":[],\"keys\":[{}]}}", other_key().jwk_as(key().id))),
        ("a list", format!("[{}]", other_key().jwk_as(key().id))),
        ("JSON behind a byte order mark", format!("\u{feff}{}", key_set(&[other_key().jwk_as(key().id)]))),
    ] {
        let verifier = TestVerifier::in_world(&World::with_key_set(key_set(&[key().jwk()])));
        assert!(verifier.verify_new(&Token::long_lived(), 0).is_ok());
        verifier.world.publish(document);
        let poisoned = Token::long_lived().forged_by(other_key());
        let error = verifier.verify_new(&poisoned, BETWEEN_TRIES).err();
        assert_eq!(error, Some(VerifyError::KeysUnavailable { retry_after: 30 }), "{what}");
        assert!(verifier.verify_new(&Token::long_lived(), BETWEEN_TRIES).is_ok(), "{what}: the old set is kept");
    }
    let many: Vec<Value> =
        (0..KEY_SET_KEYS).map(|index| other_key().jwk_as(&format!("ins_{index}"))).chain([key().jwk()]).collect();
    let verifier = TestVerifier::in_world(&World::with_key_set(key_set(&many)));
    assert!(verifier.verify_new(&Token::long_lived(), 0).is_err(), "keys beyond the limit are not read");
}

#[test]
fn attack_36_no_key_is_looked_for_where_a_token_says() {
    let verifier = TestVerifier::in_world(&World::with_key_set(key_set(&[key().jwk()])));
    for (member, value) in [
        ("jku", json!("https://evil.org/jwks.json")),
        ("x5u", json!("https://evil.org/cert.pem")),
        ("jwk", other_key().jwk_as(key().id)),
        ("x5c", json!(["MIIB"])),
    ] {
        let token = Token::long_lived().forged_by(other_key()).header(member, value);
        assert_eq!(verifier.verify_new(&token, 0).err(), Some(VerifyError::Signature), "{member}");
    }
    assert_eq!(*verifier.world.url.borrow(), super::support::verifier::KEY_SET_URL, "nobody else was asked");
}

#[test]
fn attack_36_a_key_set_is_never_fetched_without_tls() {
    let routes = json!({"keys_from": "backend-api", "routes": [{"path": "/", "origin": ORIGIN}]});
    for (name, address) in [
        ("CLERK_API_URL", "http://api.clerk.com"),
        ("CLERK_API_URL", "http://10.0.0.1"),
        ("CLERK_API_URL", "file:///etc/passwd"),
        ("CLERK_API_URL", "http://localhost.evil.org"),
        ("CLERK_API_URL", "http://127.0.0.1@evil.org"),
        ("CLERK_PROXY_URL", "http://evil.org/__clerk"),
    ] {
        let mut variables = Variables::of_gateway(routes.clone());
        variables.0.insert("CLERK_SECRET_KEY".into(), json!("sk_live_x"));
        variables.0.insert(name.into(), json!(address));
        let mistakes = clerk_edge::config::Config::read(&variables, &[]).unwrap_err();
        assert!(mistakes.iter().any(|mistake| mistake.place == name), "{address}: {mistakes:?}");
    }
    assert!(config(json!({"routes": [{"path": "/", "origin": "http://origin.example.com"}]})).is_err());
    assert_eq!(
        TestVerifier::in_world(&World::with_key_set("{}")).verify(&Token::new().text(), 0).err(),
        Some(VerifyError::KeysUnavailable { retry_after: 1 })
    );
}
