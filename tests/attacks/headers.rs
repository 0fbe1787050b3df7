//! Headers that pose as the gateway's own, or that make a gateway decide otherwise. (Attacks 14 to 24.)

use clerk_edge::gateway::Forward;
use proptest::prelude::*;
use serde_json::json;

use super::support::key::other_key;
use super::support::request::{Request, TestGateway, sent};
use super::support::token::Token;
use super::{ORIGIN, told};

/// What this gateway tells origins.
const OWNED: [&str; 14] = [
    "x-clerk-user-id",
    "x-clerk-session-id",
    "x-clerk-org-id",
    "x-clerk-org-slug",
    "x-clerk-org-role",
    "x-clerk-org-permissions",
    "x-clerk-claims-truncated",
    "x-clerk-webhook-id",
    "x-clerk-edge-assertion",
    "x-request-id",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-user",
];

fn gateway() -> TestGateway {
    TestGateway::new(json!({
        "authorized_parties": ["https://app.example.com"],
        "routes": [
            {"path": "/public/*", "access": "public", "origin": ORIGIN},
            {"path": "/optional/*", "access": "optional", "origin": ORIGIN},
            {"path": "/api/*", "origin": ORIGIN},
            {"path": "/api/admin/*", "origin": ORIGIN, "require": {"role": "org:admin"}},
        ],
    }))
}

fn member() -> String {
    let organization = json!({"org_id": "org_1", "org_role": "org:member", "org_permissions": ["org:a:b"]});
    Token::new().claims(organization).text()
}

/// That no header holds what was sent, and that each of ours is there once.
#[track_caller]
fn assert_clean(forward: &Forward<'_>, context: &str) {
    let mut names: Vec<String> = forward.headers.iter().map(|(name, _)| name.to_lowercase()).collect();
    assert!(!forward.headers.iter().any(|(_, value)| value.contains("spoofed")), "{context}: {:?}", forward.headers);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), forward.headers.len(), "{context}: each name once");
}

/// A name with each of its separators replaced, in two cases.
fn aliases(name: &str) -> Vec<String> {
    let bent = ["_", ".", "-", "", "~", "'", "|", "--", "_-"].map(|separator| name.replace('-', separator));
    bent.iter().flat_map(|alias| [alias.clone(), alias.to_uppercase()]).collect()
}

#[test]
fn attack_14_no_alias_of_a_name_of_ours_reaches_an_origin() {
    let gateway = gateway();
    for name in OWNED {
        for alias in aliases(name) {
            for request in [Request::get("/public/x"), Request::get("/api/x").bearer(&member())] {
                let forward = gateway.forward(&request.header(&alias, "spoofed"));
                assert_clean(&forward, &alias);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn attack_15_no_separator_makes_a_name_another_one(
        name in proptest::sample::select(OWNED.to_vec()),
        separators in proptest::collection::vec("[!#$%&'*+.^_`|~-]{0,3}", 4),
        lead in "[!#$%&'*+.^_`|~-]{0,2}",
    ) {
        let mut separators = separators.into_iter();
        let alias: String = name.chars().map(|letter| if letter == '-' { separators.next().unwrap_or_default() } else { letter.to_string() }).collect();
        let gateway = gateway();
        for path in ["/public/x", "/api/x"] {
            let request = Request::get(path).bearer(&member()).header(&format!("{lead}{alias}{lead}"), "spoofed");
            assert_clean(&gateway.forward(&request), &alias);
        }
    }

    #[test]
    fn attack_18_no_forwarded_like_header_changes_a_decision(
        suffix in "[a-z-]{1,12}",
        value in "[ -+.-~]{0,24}",
        path in proptest::sample::select(vec!["/public/x", "/optional/x", "/api/x", "/api/admin/x", "/api/Admin", "/nowhere"]),
        method in proptest::sample::select(vec!["GET", "POST", "OPTIONS", "get"]),
        signed_in: bool,
    ) {
        let gateway = gateway();
        let plain = Request::new(method, path);
        let plain = if signed_in { plain.bearer(&MEMBER) } else { plain };
        let expected = told(&gateway.decide(&plain));
        for prefix in ["X-Forwarded-", "x_forwarded_", "X-Original-", "X-Clerk-", "X-Middleware-", "X-Nextjs-"] {
            let bent = plain.clone().header(&format!("{prefix}{suffix}"), &value);
            let told = told(&gateway.decide(&bent));
            prop_assert_eq!(&told, &expected);
        }
    }
}

static MEMBER: std::sync::LazyLock<String> = std::sync::LazyLock::new(member);

#[test]
fn attack_16_a_name_that_is_sent_several_times_in_several_cases_arrives_once_and_is_ours() {
    let gateway = gateway();
    let request = OWNED.iter().fold(Request::get("/api/x").bearer(&member()), |request, name| {
        let names = [name.to_string(), name.to_uppercase(), name.replace('-', "_"), name.to_string()];
        names.iter().fold(request, |request, name| request.header(name, "spoofed"))
    });
    let forward = gateway.forward(&request);
    assert_clean(&forward, "all at once");
    for (name, value) in [
        ("x-clerk-user-id", "user_1"),
        ("x-clerk-session-id", "sess_1"),
        ("x-clerk-org-id", "org_1"),
        ("x-clerk-org-role", "org:member"),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "api.example.com"),
        ("x-request-id", "request-1"),
    ] {
        assert_eq!(sent(&forward, name), Some(value), "{name}");
    }
}

#[test]
fn attack_17_a_connection_header_takes_nothing_of_ours_away() {
    let gateway = gateway();
    let plain = gateway.forward(&Request::get("/api/x").bearer(&member())).headers;
    for listed in OWNED.iter().copied().chain([
        "authorization",
        "cookie",
        "close",
        "x-clerk-user-id, x-forwarded-for,x-request-id",
    ]) {
        for name in ["Connection", "connection"] {
            let request = Request::get("/api/x").header(name, listed).bearer(&member());
            assert_eq!(gateway.forward(&request).headers, plain, "{name}: {listed}");
        }
    }
    for name in [
        "Connection",
        "Keep-Alive",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Proxy-Authorization",
        "Proxy-Connection",
    ] {
        let request = Request::get("/public/x").header(name, "h2c");
        let outcome = gateway.decide(&request);
        if let clerk_edge::gateway::Verdict::Forward(forward) = &outcome.verdict {
            assert_eq!(sent(forward, name), None, "{name}");
        }
    }
}

/// Headers by which some server or framework takes another address, method, host or caller for the real one.
const ABOUT_ANOTHER_REQUEST: [&str; 28] = [
    "X-Forwarded-Uri",
    "X-Forwarded-Url",
    "X-Forwarded-Path",
    "X-Forwarded-Prefix",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Method",
    "X-Forwarded-For",
    "X-Forwarded-Port",
    "X-Forwarded-Server",
    "X-Forwarded-Scheme",
    "X-Forwarded-User",
    "X-Forwarded-Ssl",
    "Forwarded",
    "X-Original-URL",
    "X-Original-Uri",
    "X-Original-Host",
    "X-Original-Method",
    "X-Rewrite-URL",
    "X-Host",
    "Host",
    "X-Real-IP",
    "X-HTTP-Method",
    "X-HTTP-Method-Override",
    "X-Method-Override",
    "X-Request-Id",
    "X-Url-Scheme",
    "X-Auth-Request-Redirect",
];

#[test]
fn attack_18_no_header_about_another_request_changes_a_decision() {
    let gateway = gateway();
    for name in ABOUT_ANOTHER_REQUEST {
        for value in [
            "/public/x",
            "/.well-known/clerk-edge/health",
            "GET",
            "localhost",
            "127.0.0.1",
            "https",
            "host=localhost;proto=https",
        ] {
            for method in ["GET", "POST", "BREW"] {
                for path in ["/public/x", "/optional/x", "/api/x", "/api/admin/x", "/nowhere"] {
                    let plain = Request::new(method, path);
                    for plain in [plain.clone(), plain.bearer(&MEMBER)] {
                        let bent = gateway.decide(&plain.clone().header(name, value));
                        let bent = told(&bent).replace(&format!("({name:?}, {value:?}), "), "");
                        assert_eq!(bent, told(&gateway.decide(&plain)), "{name}: {value} at {method} {path}");
                    }
                }
            }
        }
    }
}

#[test]
fn attack_19_no_header_makes_a_protected_route_public() {
    let gateway = gateway();
    for (name, value) in [
        ("User-Agent", "GoogleHC/1.0"),
        ("User-Agent", "kube-probe/1.29"),
        ("User-Agent", "ELB-HealthChecker/2.0"),
        ("User-Agent", "Googlebot/2.1"),
        ("Accept", "text/html"),
        ("Sec-Fetch-Dest", "image"),
        ("Purpose", "prefetch"),
        ("X-Health-Check", "1"),
        ("X-Purpose", "preview"),
        ("Next-Router-Prefetch", "1"),
        ("RSC", "1"),
        ("CF-Worker", "example.com"),
        ("CF-Connecting-IP", "127.0.0.1"),
        ("True-Client-IP", "127.0.0.1"),
        ("X-Requested-With", "XMLHttpRequest"),
        ("DNT", "1"),
        ("Range", "bytes=0-0"),
        ("If-None-Match", "*"),
        ("Expect", "100-continue"),
        ("Upgrade-Insecure-Requests", "1"),
    ] {
        for path in ["/api/x", "/api/admin/x"] {
            let request = Request::get(path).header(name, value);
            assert_eq!(gateway.outcome(&request), "credentials-missing", "{name}: {value}");
        }
    }
}

#[test]
fn attack_20_a_frameworks_internal_header_neither_skips_the_check_nor_reaches_the_origin() {
    let gateway = gateway();
    for name in [
        "x-middleware-subrequest",
        "x-middleware-rewrite",
        "x-middleware-next",
        "x-middleware-override-headers",
        "x-middleware-set-cookie",
        "x-nextjs-data",
        "x-nextjs-rewrite",
        "x-clerk-auth-status",
        "x-clerk-auth-token",
        "x-clerk-auth-reason",
        "x-clerk-auth-message",
        "x-clerk-clerk-url",
        "x-clerk-request-data",
    ] {
        for value in ["1", "middleware:middleware:middleware:middleware:middleware", "src/middleware", "signed-in"] {
            assert_eq!(gateway.outcome(&Request::get("/api/x").header(name, value)), "credentials-missing", "{name}");
            for request in [Request::get("/public/x"), Request::get("/api/x").bearer(&member())] {
                assert_eq!(sent(&gateway.forward(&request.header(name, value)), name), None, "{name}");
            }
        }
    }
}

#[test]
fn attack_21_spoofed_identity_is_dropped_where_nobody_is_authenticated_too() {
    let gateway = gateway();
    for path in ["/public/x", "/optional/x"] {
        let request = OWNED.iter().fold(Request::get(path), |request, name| request.header(name, "spoofed"));
        let forward = gateway.forward(&request);
        assert_clean(&forward, path);
        assert!(!forward.headers.iter().any(|(name, _)| name.contains("clerk")), "{:?}", forward.headers);
    }
    for (path, code) in
        [("/nowhere", "route-not-found"), ("/api/%00", "path-invalid"), ("/api/x", "credentials-missing")]
    {
        let request = OWNED.iter().fold(Request::get(path), |request, name| request.header(name, "spoofed"));
        let refusal = gateway.refuse(&request);
        assert_eq!(refusal.code(), code);
        assert!(!format!("{:?}{}", refusal.headers(), refusal.body("id")).contains("spoofed"));
    }
}

#[test]
fn attack_23_two_values_of_authorization_are_refused_however_they_arrive() {
    let (gateway, good) = (gateway(), member());
    let bad = Token::new().forged_by(other_key()).text();
    let one = |value: &str| Request::get("/api/x").header("authorization", value);
    for request in [
        Request::get("/api/x").bearer(&good).bearer(&good),
        Request::get("/api/x").bearer(&good).bearer(&bad),
        Request::get("/api/x").header("Authorization", "Bearer a").header("AUTHORIZATION", "Bearer b"),
        one(&format!("Bearer {good}, Bearer {good}")),
        one(&format!("Bearer {good},Bearer {bad}")),
        one(&format!("Bearer {good},")),
        one(&format!(", Bearer {good}")),
        one(&format!("Basic dTpw, Bearer {good}")),
        one(","),
    ] {
        assert_eq!(gateway.outcome(&request), "credentials-ambiguous", "{request:?}");
    }
    assert_eq!(gateway.outcome(&Request::get("/optional/x").bearer(&good).bearer(&good)), "credentials-ambiguous");
}

#[test]
fn attack_24_of_two_credentials_the_header_decides_and_a_bad_one_is_not_made_up_for() {
    let gateway = gateway();
    let (good, other) = (member(), Token::new().claim("sub", json!("user_2")).text());
    let bad = Token::new().forged_by(other_key()).text();
    let foreign = Token::new().claim("iss", json!("https://clerk.other.com")).text();
    let user = |request: &Request| sent(&gateway.forward(request), "x-clerk-user-id").map(str::to_owned);
    // The cookie is perhaps another application's on the same domain; it is not looked at, and does not go on.
    for cookie in [&other, &bad, &foreign, "rubbish"] {
        let request = Request::get("/api/x").bearer(&good).cookie(cookie);
        assert_eq!(user(&request).as_deref(), Some("user_1"), "{cookie}");
        assert_eq!(sent(&gateway.forward(&request), "cookie"), None, "the other credential does not reach the origin");
        assert_eq!(sent(&gateway.forward(&request), "authorization"), None);
    }
    for (header, code) in [
        (&bad, "token-invalid-signature"),
        (&foreign, "token-invalid-issuer"),
        (&"rubbish".to_owned(), "token-invalid"),
    ] {
        for path in ["/api/x", "/optional/x"] {
            let request = Request::get(path).bearer(header).cookie(&good);
            assert_eq!(gateway.outcome(&request), code, "a good cookie does not help");
        }
    }
}
