//! What a signed claim may do to the request that carries it on. (Attacks 25, 26 and 50.)

use clerk_edge::limits::{IDENTITY_HEADER_BYTES, TOKEN_BYTES};
use proptest::prelude::*;
use serde_json::json;

use super::ORIGIN;
use super::support::request::{Request, TestGateway, sent};
use super::support::token::Token;

fn gateway() -> TestGateway {
    TestGateway::with_routes(json!([
        {"path": "/x/:id", "origin": format!("{ORIGIN}/base")},
        {"path": "/last", "origin": ORIGIN, "require": {"permission": "org:f99:p99"}},
        {"path": "/none", "origin": ORIGIN, "require": {"permission": "org:f99:p100"}},
    ]))
}

/// A token each of whose texts is `text`.
fn token_of(text: &str) -> Token {
    Token::new().claims(json!({
        "sub": format!("user_{text}"), "sid": format!("s{text}"), "org_id": format!("o{text}"), "org_slug": text, "org_role": text,
        "org_permissions": [text, "org:a:b"],
    }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn attack_25_no_claim_leaves_its_header(text in "(\\r|\\n|\\x00|[ -~]|,|é|\\u{2028}|\\u{1f600}|[\\x80-\\xa0]){1,24}") {
        let gateway = gateway();
        let forward = gateway.forward(&Request::get("/x/1").bearer(&token_of(&text).text()));
        let identity: Vec<_> = forward.headers.iter().filter(|(name, _)| name.starts_with("x-clerk-")).collect();
        prop_assert_eq!(identity.len(), 6, "{:?}", identity);
        for (name, value) in &identity {
            prop_assert!(value.bytes().all(|byte| (0x21..0x7f).contains(&byte)), "{}: {:?}", name, value);
            let commas = value.matches(',').count();
            prop_assert_eq!(commas, usize::from(name == "x-clerk-org-permissions"), "{}: {:?}", name, value);
        }
        let user = sent(&forward, "x-clerk-user-id").unwrap();
        let decoded = percent_encoding::percent_decode_str(user).decode_utf8().unwrap();
        prop_assert_eq!(decoded, format!("user_{text}"));
    }
}

#[test]
fn attack_26_ten_thousand_permissions_count_and_do_not_overflow_the_origins_head() {
    let names = |letter: &str| (0..100).map(|index| format!("{letter}{index}")).collect::<Vec<_>>();
    let features: Vec<String> = names("f").iter().map(|name| format!("o:{name}")).collect();
    let all_bits = "1267650600228229401496703205375"; // 2^100 - 1
    let masks = [all_bits; 100].join(",");
    let organization = json!({"id": "org_1", "rol": "member", "per": names("p").join(","), "fpm": masks});
    let token = Token::new().claims(json!({"v": 2, "fea": features.join(","), "o": organization})).text();
    assert!(token.len() < TOKEN_BYTES, "{}", token.len());
    let gateway = gateway();
    let session = gateway.decide(&Request::get("/x/1").bearer(&token)).session.unwrap();
    assert_eq!(session.organization.as_ref().unwrap().permissions.len(), 10_000);
    let forward = gateway.forward(&Request::get("/x/1").bearer(&token));
    assert_eq!(sent(&forward, "x-clerk-org-permissions"), None, "a part of the list would pass for the whole");
    assert_eq!(sent(&forward, "x-clerk-claims-truncated"), Some("org-permissions"));
    let bytes: usize = forward.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    assert!(bytes < IDENTITY_HEADER_BYTES, "{bytes}");
    assert_eq!(gateway.outcome(&Request::get("/last").bearer(&token)), format!("forward {ORIGIN}/last"));
    assert_eq!(gateway.outcome(&Request::get("/none").bearer(&token)), "insufficient-permission");
}

#[test]
fn attack_26_a_list_of_ten_thousand_permissions_is_no_token() {
    let permissions: Vec<String> = (0..10_000).map(|index| format!("org:feature:permission{index}")).collect();
    let token = Token::new().claims(json!({"org_id": "org_1", "org_permissions": permissions})).text();
    assert_eq!(gateway().outcome(&Request::get("/x/1").bearer(&token)), "token-invalid");
}

#[test]
fn attack_50_no_claim_and_no_host_has_a_part_in_the_address() {
    let gateway = gateway();
    for text in
        ["../..", "@evil.org", "\r\nHost: evil.org", "evil.org/", "{{.JWT.sub}}", "${sub}", "//evil.org", "%2e%2e"]
    {
        let request =
            Request::get("/x/1").bearer(&token_of(text).text()).header("host", text).header("x-forwarded-host", text);
        let forward = gateway.forward(&request);
        assert_eq!(forward.url, format!("{ORIGIN}/base/x/1"), "{text:?}");
        assert_eq!(sent(&forward, "host"), None, "{text:?}");
    }
    for (id, expected) in [
        ("@evil.org", "@evil.org"),
        (":80", ":80"),
        ("a%0d%0ab", ""),
        ("..", ""),
        ("%40evil.org", "%40evil.org"),
        ("a?b@c", "a?b@c"),
    ] {
        let outcome = gateway.outcome(&Request::get(&format!("/x/{id}")).signed_in());
        let forwarded = format!("forward {ORIGIN}/base/x/{expected}");
        assert_eq!(outcome, if expected.is_empty() { "path-invalid" } else { &forwarded }, "{id}");
    }
    for origin in [
        "https://{tenant}.example.com",
        "https://$host",
        "https://:id.example.com",
        "https://a@evil.org",
        "//evil.org",
        "https://origin.example.com?x",
    ] {
        let config = super::support::request::config(json!({"routes": [{"path": "/:id", "origin": origin}]}));
        assert!(config.is_err(), "{origin}");
    }
}
