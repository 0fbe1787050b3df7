//! Which pages of other origins may read an answer, and which questions of browsers are answered without a token.

use clerk_edge::gateway::Verdict;
use clerk_edge::refusal::{Fault, Refusal};
use serde_json::{Value, json};

use super::support::request::{Request, TestGateway};

const APP: &str = "https://app.example.com";
const ORIGIN: &str = "https://origin.example.com";

fn gateway() -> TestGateway {
    TestGateway::new(json!({
        "cors": {
            "origins": [APP, "https://*.preview.example.com", "http://localhost:3000"], "credentials": true,
            "max_age_seconds": 60, "allow_headers": ["Authorization", "X-Custom"], "expose_headers": ["X-Own"],
        },
        "routes": [
            {"path": "/api/*", "origin": ORIGIN},
            {"path": "/read/:id", "methods": ["GET"], "origin": ORIGIN},
            {"path": "/open", "access": "public", "cors": {"origins": ["*"]}, "origin": ORIGIN},
            {"path": "/own", "cors": false, "origin": ORIGIN},
            {"path": "/own/public", "access": "public", "cors": false, "methods": ["GET", "OPTIONS"], "origin": ORIGIN},
            {"path": "/other", "cors": {"origins": ["https://other.example.com"]}, "origin": ORIGIN},
            {"path": "/parts", "methods": ["GET"], "cors": false, "origin": ORIGIN},
            {"path": "/parts", "methods": ["PUT"], "origin": ORIGIN},
            {"path": "/webhook", "webhook": "clerk", "origin": ORIGIN},
        ],
    }))
}

fn preflight(path: &str, origin: &str, method: &str) -> Request {
    Request::new("OPTIONS", path).header("origin", origin).header("access-control-request-method", method)
}

type Headers = Vec<(&'static str, String)>;

fn headers(list: &[(&'static str, &str)]) -> Headers {
    list.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// What a preflight is answered with, or the code of its refusal, on which a page is told nothing.
#[track_caller]
fn asked(gateway: &TestGateway, request: &Request) -> Result<Headers, &'static str> {
    let decision = gateway.decide(request);
    match decision.verdict {
        Verdict::Preflight(headers) => {
            assert_eq!(decision.cors, None);
            Ok(headers)
        }
        Verdict::Refuse(refusal) => Err(refusal.code()),
        other => panic!("{request:?}: {other:?}"),
    }
}

/// What the answer to a request gets.
fn told(gateway: &TestGateway, path: &str, origin: &str) -> Headers {
    let request = Request::get(path).header("origin", origin);
    gateway.decide(&request).cors.map(|policy| policy.answer(&request.head().headers)).unwrap_or_default()
}

#[test]
fn a_preflight_is_answered_without_a_token_by_the_policy_of_the_route() {
    let gateway = gateway();
    let answer = headers(&[
        ("access-control-allow-origin", APP),
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
        ("access-control-allow-headers", "authorization, x-custom"),
        ("access-control-max-age", "60"),
        ("vary", "Origin, Access-Control-Request-Method"),
    ]);
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        assert_eq!(asked(&gateway, &preflight("/api/x?y=z", APP, method)), Ok(answer.clone()), "{method}");
    }
    let open = headers(&[
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
        ("access-control-allow-headers", "authorization, content-type, idempotency-key, if-match, if-none-match"),
        ("access-control-max-age", "600"),
        ("vary", "Origin, Access-Control-Request-Method"),
    ]);
    assert_eq!(asked(&gateway, &preflight("/open", "https://anyone.example", "PUT")), Ok(open));
}

#[test]
fn the_headers_of_a_preflight_are_never_what_it_asked_for() {
    let request = preflight("/api/x", APP, "GET").header("access-control-request-headers", "x-canary, authorization");
    let answer = asked(&gateway(), &request).unwrap();
    assert!(answer.contains(&("access-control-allow-headers", "authorization, x-custom".to_owned())), "{answer:?}");
    assert!(!format!("{answer:?}").contains("canary"));
}

#[test]
fn a_preflight_is_for_the_methods_of_the_route_that_the_request_will_have() {
    let gateway = gateway();
    let methods = |path: &str, method: &str| {
        let answer = asked(&gateway, &preflight(path, APP, method))?;
        Ok(answer.into_iter().find(|(name, _)| *name == "access-control-allow-methods").unwrap().1)
    };
    assert_eq!(methods("/read/7", "GET"), Ok("GET, HEAD".to_owned()));
    assert_eq!(methods("/read/7", "DELETE"), Err("method-not-allowed"));
    assert_eq!(methods("/parts", "PUT"), Ok("PUT".to_owned()));
    for method in ["put", "TRACE", "PROPFIND", "*"] {
        assert_eq!(methods("/api/x", method), Err("method-not-allowed"), "{method}");
    }
    assert_eq!(methods("/nothing", "GET"), Err("route-not-found"));
    assert_eq!(methods("/api/%2F", "GET"), Err("path-invalid"));
}

#[test]
fn a_refused_preflight_tells_pages_nothing() {
    let gateway = gateway();
    for (request, code) in [
        (preflight("/api/x", "https://evil.org", "GET"), "origin-not-allowed"),
        (preflight("/api/x", "null", "GET"), "origin-not-allowed"),
        (preflight("/open", "null", "GET"), "origin-not-allowed"),
        (preflight("/other", APP, "GET"), "origin-not-allowed"),
        (preflight("/read/7", APP, "DELETE"), "method-not-allowed"),
    ] {
        let decision = gateway.decide(&request);
        let Verdict::Refuse(refusal) = decision.verdict else { panic!("{request:?}: {:?}", decision.verdict) };
        assert_eq!((refusal.code(), decision.cors), (code, None), "{request:?}");
        assert!(refusal.headers().iter().all(|(name, _)| !name.starts_with("access-control")), "{request:?}");
    }
}

#[test]
fn attack_40_an_options_that_is_no_preflight_needs_what_other_requests_need() {
    let gateway = gateway();
    let options = || Request::new("OPTIONS", "/api/x");
    let missing = Refusal::Theirs(Fault::CredentialsMissing);
    for request in [
        options(),
        options().header("origin", APP),
        options().header("access-control-request-method", "GET"),
        options().header("origin", APP).header("access-control-request-headers", "authorization"),
        options().header("origin", APP).header("access-control-request-method", ""),
        options().header("origin", "").header("access-control-request-method", "GET"),
        preflight("/api/x", APP, "GET").header("origin", APP),
        preflight("/api/x", APP, "GET, PUT"),
        preflight("/api/x", APP, "GET").header("access-control-request-method", "PUT"),
        preflight("/own", APP, "GET"),
    ] {
        assert_eq!(gateway.refuse(&request), missing, "{request:?}");
    }
    // The route of GET takes no part, and no route of the path has OPTIONS.
    assert_eq!(gateway.refuse(&preflight("/parts", APP, "GET")).code(), "method-not-allowed");
    assert_eq!(gateway.outcome(&options().signed_in()), "forward https://origin.example.com/api/x");
    for method in ["GET", "POST", "options"] {
        let request =
            Request::new(method, "/api/x").header("origin", APP).header("access-control-request-method", "GET");
        assert_ne!(gateway.outcome(&request), "preflight", "{method}");
    }
}

#[test]
fn without_cors_an_origin_answers_preflights_itself_where_its_route_lets_them_through() {
    let gateway = gateway();
    let public = preflight("/own/public", APP, "PUT");
    assert_eq!(gateway.outcome(&public), "forward https://origin.example.com/own/public");
    assert_eq!(gateway.decide(&public).cors, None);
    let none = TestGateway::with_routes(json!([{"path": "/api/*", "origin": ORIGIN}]));
    assert_eq!(none.refuse(&preflight("/api/x", APP, "GET")), Refusal::Theirs(Fault::CredentialsMissing));
    assert_eq!(none.refuse(&preflight("/nothing", APP, "GET")), Refusal::Theirs(Fault::RouteNotFound));
}

#[test]
fn webhooks_take_no_part() {
    let gateway = gateway();
    assert_eq!(gateway.outcome(&preflight("/webhook", APP, "POST")), "method-not-allowed");
    let decision = gateway.decide(&Request::new("POST", "/webhook").header("origin", APP));
    assert_eq!(decision.cors, None);
}

#[test]
fn an_answer_names_the_origin_that_may_read_it_on_refusals_too() {
    let gateway = gateway();
    let shared = headers(&[
        ("access-control-allow-origin", APP),
        ("access-control-allow-credentials", "true"),
        ("access-control-expose-headers", "x-own"),
        ("vary", "Origin"),
    ]);
    // Refused for want of a token, for the path, for the route and for the method.
    for path in ["/api/x", "/api/%2F", "/%zz", "/nothing"] {
        assert_eq!(told(&gateway, path, APP), shared, "{path}");
    }
    let deleted = gateway.decide(&Request::new("DELETE", "/read/7").header("origin", APP)).cors.is_some();
    assert!(deleted, "a 405 is readable");
    let signed_in = Request::get("/api/x").header("origin", APP).signed_in();
    assert_eq!(gateway.decide(&signed_in).cors.unwrap().answer(&signed_in.head().headers), shared);
    let open = headers(&[
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", "retry-after, www-authenticate, x-request-id"),
        ("vary", "Origin"),
    ]);
    assert_eq!(told(&gateway, "/open", "https://anyone.example"), open);
    assert_eq!(told(&gateway, "/own", APP), []);
}

#[test]
fn a_foreign_origin_is_neither_refused_nor_told_anything() {
    let gateway = gateway();
    for path in ["/api/x", "/open", "/other"] {
        for origin in ["null", "", "*", "app.example.com", "https://app.example.com, https://app.example.com"] {
            assert_eq!(told(&gateway, path, origin), headers(&[("vary", "Origin")]), "{path} {origin}");
        }
    }
    let request = Request::get("/api/x").header("origin", "https://evil.org").signed_in();
    assert_eq!(gateway.outcome(&request), "forward https://origin.example.com/api/x");
    let twice = Request::get("/api/x").header("origin", APP).header("origin", APP);
    assert_eq!(gateway.decide(&twice).cors.unwrap().answer(&twice.head().headers), headers(&[("vary", "Origin")]));
    let without = gateway.decide(&Request::get("/api/x")).cors.unwrap();
    assert_eq!(without.answer(&Request::get("/api/x").head().headers), headers(&[("vary", "Origin")]));
}

#[test]
fn attack_49_an_origin_that_only_looks_like_an_allowed_one_is_foreign() {
    let gateway = gateway();
    let vary = headers(&[("vary", "Origin")]);
    for origin in [
        "https://evil-app.example.com",
        "https://evilapp.example.com",
        "https://app.example.com.evil",
        "https://app.example.com.evil.org",
        "https://app.example.com:8443",
        "http://app.example.com",
        "https://APP.example.com",
        "https://app.example.com/",
        "https://app.example.com@evil.org",
        "https://evil.org/.preview.example.com",
        "https://evil-preview.example.com",
        "https://evilpreview.example.com",
        "https://preview.example.com",
        "https://a.b.preview.example.com",
        "https://a.preview.example.com.evil",
        "https://a:1.preview.example.com",
        "http://localhost",
        "http://localhost:30000",
        "http://localhost.evil.org:3000",
        "http://127.0.0.1:3000",
    ] {
        assert_eq!(told(&gateway, "/api/x", origin), vary, "{origin}");
        assert_eq!(asked(&gateway, &preflight("/api/x", origin, "GET")), Err("origin-not-allowed"), "{origin}");
    }
    for origin in [APP, "https://pr-7.preview.example.com", "http://localhost:3000"] {
        assert_eq!(told(&gateway, "/api/x", origin)[0], ("access-control-allow-origin", origin.to_owned()));
        assert_eq!(asked(&gateway, &preflight("/api/x", origin, "GET")).unwrap()[0].1, origin);
    }
}

#[test]
fn an_empty_list_of_names_says_nothing() {
    let cors = |extra: Value| {
        let mut cors = json!({"origins": [APP]});
        cors.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        TestGateway::new(json!({"cors": cors, "routes": [{"path": "/api/*", "origin": ORIGIN}]}))
    };
    let silent = cors(json!({"allow_headers": [], "expose_headers": [], "max_age_seconds": 0}));
    let expected = headers(&[("access-control-allow-origin", APP), ("vary", "Origin")]);
    assert_eq!(told(&silent, "/api/x", APP), expected);
    let names: Vec<_> = asked(&silent, &preflight("/api/x", APP, "GET")).unwrap();
    let expected = headers(&[
        ("access-control-allow-origin", APP),
        ("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
        ("access-control-max-age", "0"),
        ("vary", "Origin, Access-Control-Request-Method"),
    ]);
    assert_eq!(names, expected);
}
