//! What an origin is told of the session: exactly the verified claims, each in one header that no claim breaks out of.

use clerk_edge::gateway::Forward;
use clerk_edge::limits::IDENTITY_HEADER_BYTES;
use serde_json::{Value, json};

use super::support::request::{Request, TestGateway, sent};
use super::support::token::Token;

fn gateway() -> TestGateway {
    TestGateway::with_routes(json!([
        {"path": "/x", "origin": "https://origin.example.com"},
        {"path": "/public", "access": "public", "origin": "https://origin.example.com"},
        {"path": "/optional", "access": "optional", "origin": "https://origin.example.com"},
    ]))
}

/// The identity headers of a forwarded request, in order.
fn identity(forward: &Forward<'_>) -> Vec<(String, String)> {
    forward.headers.iter().filter(|(name, _)| name.starts_with("x-clerk-")).cloned().collect()
}

fn of_token(token: &Token) -> Vec<(String, String)> {
    let gateway = gateway();
    identity(&gateway.forward(&Request::get("/x").bearer(&token.text())))
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn v1(organization: Value) -> Token {
    Token::new().claim("org_id", json!("org_1")).claims(organization)
}

#[test]
fn a_session_is_told_by_its_claims_in_both_versions() {
    let bare = [("x-clerk-user-id", "user_1"), ("x-clerk-session-id", "sess_1")];
    assert_eq!(of_token(&Token::new()), pairs(&bare));
    let expected = [
        ("x-clerk-user-id", "user_1"),
        ("x-clerk-session-id", "sess_1"),
        ("x-clerk-org-id", "org_1"),
        ("x-clerk-org-slug", "acme"),
        ("x-clerk-org-role", "org:admin"),
        ("x-clerk-org-permissions", "org:billing:manage,org:billing:read"),
    ];
    let permissions = ["org:billing:manage", "org:billing:read"];
    let first = v1(json!({"org_slug": "acme", "org_role": "org:admin", "org_permissions": permissions}));
    let second = Token::new().claims(json!({
        "v": 2, "fea": "u:x,o:billing",
        "o": {"id": "org_1", "slg": "acme", "rol": "admin", "per": "manage,read", "fpm": "3"},
    }));
    assert_eq!(of_token(&first), pairs(&expected));
    assert_eq!(of_token(&second), pairs(&expected));
    let least = Token::new().claims(json!({"v": 2, "o": {"id": "org_1"}}));
    assert_eq!(of_token(&least), pairs(&[&bare[..], &[("x-clerk-org-id", "org_1")]].concat()));
}

#[test]
fn nobody_is_told_on_a_public_route_or_without_credentials() {
    let spoofed =
        |path: &str| Request::get(path).header("X-Clerk-User-Id", "user_admin").header("x_clerk_org_role", "org:admin");
    let gateway = gateway();
    for request in [spoofed("/public"), spoofed("/public").signed_in(), spoofed("/optional")] {
        let forward = gateway.forward(&request);
        assert!(!forward.headers.iter().any(|(_, value)| value.contains("admin")), "{:?}", forward.headers);
        assert_eq!(identity(&forward), []);
    }
    let signed_in = gateway.forward(&spoofed("/optional").signed_in());
    assert_eq!(sent(&signed_in, "x-clerk-user-id"), Some("user_1"));
    assert_eq!(sent(&signed_in, "x-clerk-org-role"), None);
    assert!(!signed_in.headers.iter().any(|(_, value)| value.contains("admin")), "{:?}", signed_in.headers);
}

#[test]
fn a_claim_cannot_break_out_of_its_header() {
    for (claim, value) in [
        ("a\r\nx-clerk-org-role: org:admin", "a%0D%0Ax-clerk-org-role:%20org:admin"),
        ("a,org:admin:all", "a%2Corg:admin:all"),
        ("a b\tc\0d\u{7f}", "a%20b%09c%00d%7F"),
        ("é\u{2028}", "%C3%A9%E2%80%A8"),
        ("100%25", "100%2525"),
        ("\"\\;", "%22%5C;"),
    ] {
        let permissions = json!([claim, "org:x:y"]);
        let told = of_token(
            &v1(json!({"org_slug": claim, "org_role": claim, "org_permissions": permissions}))
                .claims(json!({"sub": format!("user_{claim}"), "sid": claim, "org_id": claim})),
        );
        let expected = [
            ("x-clerk-user-id", format!("user_{value}")),
            ("x-clerk-session-id", value.to_owned()),
            ("x-clerk-org-id", value.to_owned()),
            ("x-clerk-org-slug", value.to_owned()),
            ("x-clerk-org-role", value.to_owned()),
            ("x-clerk-org-permissions", format!("{value},org:x:y")),
        ];
        assert_eq!(told, expected.map(|(name, value)| (name.to_owned(), value)), "{claim:?}");
    }
}

#[test]
fn a_value_over_the_limit_is_left_out_and_named() {
    let role = |length: usize| v1(json!({"org_role": "r".repeat(length)}));
    let longest = of_token(&role(IDENTITY_HEADER_BYTES));
    assert_eq!(longest.last(), Some(&("x-clerk-org-role".into(), "r".repeat(IDENTITY_HEADER_BYTES))));
    let too_long = of_token(&role(IDENTITY_HEADER_BYTES + 1));
    assert_eq!(too_long.last(), Some(&("x-clerk-claims-truncated".into(), "org-role".into())));
    assert!(!too_long.iter().any(|(name, _)| name == "x-clerk-org-role"));
    // What counts is the length as it is sent: a space takes three bytes.
    let spaces = of_token(&v1(json!({"org_role": " ".repeat(IDENTITY_HEADER_BYTES / 3 + 1)})));
    assert_eq!(spaces.last(), Some(&("x-clerk-claims-truncated".into(), "org-role".into())));
}

#[test]
fn a_list_of_permissions_is_told_whole_or_not_at_all() {
    // "org:a:0000" and so on: ten bytes each, and a comma between them.
    let many = |count: usize| (0..count).map(|index| format!("org:a:{index:04}")).collect::<Vec<_>>();
    let fitting = (IDENTITY_HEADER_BYTES + 1) / 11;
    let told = |count: usize| of_token(&v1(json!({"org_slug": "acme", "org_permissions": many(count)})));
    let names = |told: Vec<(String, String)>| told.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(told(fitting).last(), Some(&("x-clerk-org-permissions".into(), many(fitting).join(","))));
    assert_eq!(
        told(fitting + 1).last(),
        Some(&("x-clerk-claims-truncated".into(), "org-permissions".into())),
        "a part of the list would pass for the whole"
    );
    assert_eq!(
        names(told(fitting + 1)),
        ["x-clerk-user-id", "x-clerk-session-id", "x-clerk-org-id", "x-clerk-org-slug", "x-clerk-claims-truncated"]
    );
    let both = v1(json!({"org_slug": "s".repeat(IDENTITY_HEADER_BYTES + 1), "org_permissions": many(fitting + 1)}));
    assert_eq!(of_token(&both).last(), Some(&("x-clerk-claims-truncated".into(), "org-slug,org-permissions".into())));
}
