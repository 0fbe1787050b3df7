//! Methods, query tokens, other sites. (Attacks 38, 40, 41, 44, 48 and 49.)

use clerk_edge::method::{Method, MethodSet};
use clerk_edge::refusal::{Fault, Refusal};
use clerk_edge::verifier::OriginPattern;
use serde_json::json;

use super::ORIGIN;
use super::support::request::{HOST, Request, TestGateway, sent};
use super::support::token::{APP, Token};

fn gateway() -> TestGateway {
    TestGateway::new(json!({
        "authorized_parties": [APP, "https://*.preview.example.com"],
        "routes": [
            {"path": "/x", "origin": ORIGIN},
            {"path": "/read", "methods": ["GET"], "access": "public", "origin": ORIGIN},
            {"path": "/read", "methods": ["DELETE"], "origin": ORIGIN},
        ],
    }))
}

#[test]
fn attack_38_a_token_in_the_query_is_no_credential() {
    let token = Token::new().text();
    for name in
        ["access_token", "token", "jwt", "__session", "__clerk_session", "authorization", "bearer", "__clerk_db_jwt"]
    {
        for target in [format!("/x?{name}={token}"), format!("/x?a&{name}=Bearer%20{token}#{name}={token}")] {
            assert_eq!(gateway().outcome(&Request::get(&target)), "credentials-missing", "{name}");
        }
    }
}

#[test]
fn attack_40_options_that_is_no_preflight_needs_what_others_need() {
    let gateway = gateway();
    for (name, value) in [
        ("accept", "*/*"),
        ("origin", APP),
        ("origin", "https://evil.org"),
        ("access-control-request-headers", "authorization"),
    ] {
        let request = Request::new("OPTIONS", "/x").header(name, value);
        assert_eq!(gateway.outcome(&request), "credentials-missing", "{name}: {value}");
    }
    assert_eq!(gateway.outcome(&Request::new("OPTIONS", "/nowhere").signed_in()), "route-not-found");
}

#[test]
fn attack_41_a_methods_policy_is_its_own_and_no_header_changes_the_method() {
    let gateway = gateway();
    let public = format!("forward {ORIGIN}/read");
    for (method, expected) in [
        ("GET", public.as_str()),
        ("HEAD", &public),
        ("DELETE", "credentials-missing"),
        ("POST", "method-not-allowed"),
        ("PUT", "method-not-allowed"),
        ("OPTIONS", "method-not-allowed"),
        ("get", "method-not-allowed"),
        ("Get", "method-not-allowed"),
        ("GET ", "method-not-allowed"),
        ("TRACE", "method-not-allowed"),
        ("CONNECT", "method-not-allowed"),
        ("PROPFIND", "method-not-allowed"),
        ("", "method-not-allowed"),
        ("GETT", "method-not-allowed"),
    ] {
        assert_eq!(gateway.outcome(&Request::new(method, "/read")), expected, "{method:?}");
        for name in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "x_http_method_override"] {
            for other in ["DELETE", "GET", "HEAD"] {
                let request = Request::new(method, "/read?_method=GET").header(name, other);
                assert_eq!(gateway.outcome(&request).split('?').next(), Some(expected), "{method:?} {name}: {other}");
            }
        }
    }
    let forward = Request::get("/read?_method=DELETE").header("X-HTTP-Method-Override", "DELETE");
    let forward = gateway.forward(&forward);
    assert_eq!(sent(&forward, "x-http-method-override"), None);
    let allowed = MethodSet::NONE.with(Method::Get).with(Method::Delete);
    assert_eq!(gateway.refuse(&Request::new("POST", "/read")), Refusal::Theirs(Fault::MethodNotAllowed(allowed)));
}

#[test]
fn attack_44_a_cookie_from_another_site_changes_nothing_and_a_header_token_may() {
    let gateway = gateway();
    let token = Token::new().text();
    let forwarded = format!("forward {ORIGIN}/x");
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        for (headers, expected) in [
            (vec![("sec-fetch-site", "cross-site"), ("origin", "https://evil.org")], "cross-site-request"),
            (vec![("sec-fetch-site", "cross-site"), ("origin", APP)], "cross-site-request"),
            (vec![("origin", "https://evil.org")], "cross-site-request"),
            (vec![("origin", "null")], "cross-site-request"),
            (vec![], "cross-site-request"),
            (vec![("sec-fetch-site", "same-origin")], forwarded.as_str()),
            (vec![("sec-fetch-site", "same-site")], &forwarded),
            (vec![("origin", APP)], &forwarded),
            (vec![("origin", HOST)], &forwarded),
        ] {
            let with =
                |request: Request| headers.iter().fold(request, |request, (name, value)| request.header(name, value));
            assert_eq!(
                gateway.outcome(&with(Request::new(method, "/x").cookie(&token))),
                expected,
                "{method} {headers:?}"
            );
            assert_eq!(
                gateway.outcome(&with(Request::new(method, "/x").bearer(&token))),
                forwarded,
                "{method} {headers:?}"
            );
        }
    }
}

#[test]
fn attack_48_no_refusal_sends_a_browser_anywhere() {
    let gateway = gateway();
    for target in [
        "/x?redirect_url=//evil.org",
        "/x?redirect_url=/%5Cevil.org",
        "//evil.org/x",
        "/%09/evil.org",
        "/\\evil.org",
        "/x?next=https://evil.org",
    ] {
        let page = Request::get(target).header("accept", "text/html").header("sec-fetch-dest", "document");
        let refusal = gateway.refuse(&page);
        assert!((400..500).contains(&refusal.status()), "{target}");
        let headers = format!("{:?}", refusal.headers());
        assert!(
            !headers.contains("location") && !headers.contains("refresh") && !headers.contains("evil"),
            "{headers}"
        );
    }
    for refusal in Refusal::examples() {
        assert!(!(300..400).contains(&refusal.status()), "{refusal:?}");
        assert!(
            refusal
                .headers()
                .iter()
                .all(|(name, _)| !["location", "refresh", "content-location", "link"].contains(name))
        );
    }
}

#[test]
fn attack_49_a_party_is_a_whole_origin_or_one_label_in_its_place() {
    let exact = OriginPattern::parse("https://example.com").unwrap();
    let wildcard = OriginPattern::parse("https://*.example.com").unwrap();
    for origin in [
        "https://evil-example.com",
        "https://example.com.evil",
        "https://example.com.evil.org",
        "https://evilexample.com",
        "http://example.com",
        "https://example.com:8443",
        "https://example.com.",
        "https://example.comx",
        "https://example.com@evil.org",
        "https://user@example.com",
        "https://EXAMPLE.COM",
        "https://example.com/",
        "https://example.com#",
        "https://accounts.attacker.com",
        "null",
        "",
        "*",
    ] {
        assert!(!exact.matches(origin) && !wildcard.matches(origin), "{origin}");
    }
    for origin in [
        "https://a.b.example.com",
        "https://.example.com",
        "https://evil.org/.example.com",
        "https://evil.org?.example.com",
        "https://a.example.com.evil.org",
        "https://a_b.example.com",
        "https://evil.org\\.example.com",
    ] {
        assert!(!wildcard.matches(origin), "{origin}");
    }
    assert!(exact.matches("https://example.com") && wildcard.matches("https://app.example.com"));
    for pattern in [
        "https://*",
        "https://*.com",
        "https://a*.example.com",
        "https://**.example.com",
        "https://example.*",
        "*",
        "example.com",
        "https://*.*.example.com",
    ] {
        assert!(OriginPattern::parse(pattern).is_err(), "{pattern}");
    }
    let gateway = gateway();
    for azp in [
        "https://evil-app.example.com",
        "https://app.example.com.evil.org",
        "https://a.b.preview.example.com",
        "https://preview.example.com",
    ] {
        let request = Request::get("/x").bearer(&Token::new().claim("azp", json!(azp)).text());
        assert_eq!(gateway.outcome(&request), "token-invalid-authorized-parties", "{azp}");
        let post = Request::new("POST", "/x").cookie(&Token::new().text()).header("origin", azp);
        assert_eq!(gateway.outcome(&post), "cross-site-request", "{azp}");
    }
}
