//! Who may reach what: deny by default, methods, the three kinds of access, special spellings, and health.

use clerk_edge::path::Special;
use serde_json::{Value, json};

use super::support::key::other_key;
use super::support::request::{OWN_HANDLER, Request, TestGateway, sent};
use super::support::token::{NOW, Token};

const ORIGIN: &str = "https://origin.example.com";

fn gateway() -> TestGateway {
    TestGateway::with_routes(json!([
        {"path": "/public/*", "access": "public", "origin": ORIGIN},
        {"path": "/optional/*", "access": "optional", "origin": ORIGIN},
        {"path": "/required/*", "origin": ORIGIN},
        {"path": "/read", "methods": ["GET"], "access": "public", "origin": ORIGIN},
        {"path": "/api/*", "access": "public", "origin": ORIGIN},
        {"path": "/api/admin/*", "origin": ORIGIN},
    ]))
}

#[test]
fn a_path_without_a_route_is_404_with_or_without_a_session() {
    for path in ["/", "/nothing", "/publicity", "/public.json", "/read/x", "/PUBLIC/x", "/index.html", "/x/public/y"] {
        for method in ["GET", "HEAD", "POST", "OPTIONS", "BREW"] {
            let request = Request::new(method, path);
            assert_eq!(gateway().outcome(&request), "route-not-found", "{method} {path}");
            assert_eq!(gateway().outcome(&request.signed_in()), "route-not-found", "{method} {path}");
        }
    }
}

#[test]
fn a_route_answers_for_its_own_methods_and_head_follows_get() {
    for (method, expected) in [
        ("GET", "forward https://origin.example.com/read"),
        ("HEAD", "forward https://origin.example.com/read"),
        ("POST", "method-not-allowed"),
        ("OPTIONS", "method-not-allowed"),
        ("get", "method-not-allowed"),
        ("TRACE", "method-not-allowed"),
        ("CONNECT", "method-not-allowed"),
        ("BREW", "method-not-allowed"),
        ("", "method-not-allowed"),
    ] {
        assert_eq!(gateway().outcome(&Request::new(method, "/read")), expected, "{method}");
    }
}

#[test]
fn an_unknown_method_is_refused_on_a_route_for_all_methods_too() {
    for method in ["BREW", "get", "TRACE", "CONNECT", "PROPFIND"] {
        assert_eq!(gateway().outcome(&Request::new(method, "/public/x")), "method-not-allowed", "{method}");
    }
}

#[test]
fn a_method_override_overrides_nothing() {
    for name in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"] {
        let request = Request::get("/read").header(name, "DELETE");
        assert_eq!(gateway().outcome(&request), "forward https://origin.example.com/read");
        let request = Request::new("DELETE", "/read?_method=GET").header(name, "GET");
        assert_eq!(gateway().outcome(&request), "method-not-allowed");
    }
}

/// Every kind of credentials on every kind of route: what is wrong is never taken for nothing.
#[test]
fn invalid_is_never_anonymous() {
    let good = Token::new();
    let credentials = [
        ("absent", None, "", "credentials-missing"),
        ("good", Some(good.text()), "user_1", "user_1"),
        ("malformed", Some("rubbish".into()), "token-invalid", "token-invalid"),
        ("expired", Some(good.clone().claim("exp", json!(NOW - 5)).text()), "token-expired", "token-expired"),
        (
            "of another issuer",
            Some(good.clone().claim("iss", json!("https://clerk.other.com")).text()),
            "token-invalid-issuer",
            "token-invalid-issuer",
        ),
        (
            "of another instance",
            Some(good.clone().by(other_key()).claim("iss", json!("https://clerk.other.com")).text()),
            "jwk-kid-mismatch",
            "jwk-kid-mismatch",
        ),
        ("forged", Some(good.forged_by(other_key()).text()), "token-invalid-signature", "token-invalid-signature"),
    ];
    for (kind, token, optional, required) in credentials {
        let outcome = |path: &str, carry: fn(Request, &str) -> Request| {
            let gateway = gateway();
            let request = Request::get(path);
            let request = token.iter().fold(request, |request, token| carry(request, token));
            match gateway.outcome(&request) {
                outcome if outcome.starts_with("forward ") => {
                    sent(&gateway.forward(&request), "x-clerk-user-id").unwrap_or_default().to_owned()
                }
                code => code,
            }
        };
        assert_eq!(outcome("/public/x", Request::bearer), "", "{kind}, public");
        assert_eq!(outcome("/optional/x", Request::bearer), optional, "{kind}, optional");
        assert_eq!(outcome("/required/x", Request::bearer), required, "{kind}, required");
        // By Clerk's rules a `__session` of another issuer is another application's on the same domain: no credentials.
        let is_foreign = kind.starts_with("of another");
        let (optional, required) = if is_foreign { ("", "credentials-missing") } else { (optional, required) };
        assert_eq!(outcome("/public/x", Request::cookie), "", "{kind} cookie, public");
        assert_eq!(outcome("/optional/x", Request::cookie), optional, "{kind} cookie, optional");
        assert_eq!(outcome("/required/x", Request::cookie), required, "{kind} cookie, required");
    }
}

#[test]
fn a_public_route_asks_nobody_about_credentials() {
    let gateway = gateway();
    for request in [
        Request::get("/public/x").signed_in(),
        Request::get("/public/x").bearer("rubbish"),
        Request::get("/public/x").header("authorization", "a, b"),
        Request::new("POST", "/public/x").cookie("rubbish").header("sec-fetch-site", "cross-site"),
    ] {
        let decision = gateway.decide(&request);
        assert!(decision.session.is_none() && decision.key_origin.is_none());
        assert_eq!(gateway.outcome(&request), "forward https://origin.example.com/public/x");
    }
    assert_eq!((gateway.world.fetches.get(), gateway.world.loads.get()), (0, 0));
}

#[test]
fn every_spelling_of_a_protected_path_is_protected_or_refused() {
    for (path, expected) in [
        ("/api/admin", "credentials-missing"),
        ("/api/admin/", "credentials-missing"),
        ("/api//admin", "credentials-missing"),
        ("//api/admin", "credentials-missing"),
        ("/api/%61dmin", "credentials-missing"),
        ("/%61pi/adm%69n/x", "credentials-missing"),
        ("/api/admin?x", "credentials-missing"),
        ("/api/admin#x", "credentials-missing"),
        ("/api/Admin", "path-invalid"),
        ("/api/%41dmin", "path-invalid"),
        ("/api/./admin", "path-invalid"),
        ("/api/x/../admin", "path-invalid"),
        ("/api/x/%2e%2e/admin", "path-invalid"),
        ("/api/x/..%2fadmin", "path-invalid"),
        ("/api/x%2f..%2fadmin", "path-invalid"),
        ("/api/..;/api/admin", "path-invalid"),
        ("/api/admin;x", "path-invalid"),
        ("/api/admin%3bx", "path-invalid"),
        ("/api\\admin", "path-invalid"),
        ("/api%5cadmin", "path-invalid"),
        ("/api%2fadmin", "path-invalid"),
        ("/api/%2561dmin", "path-invalid"),
        ("/api/admin%00", "path-invalid"),
        ("/api/admin%0a", "path-invalid"),
        ("/api/admin%", "path-invalid"),
        ("/api/admin%zz", "path-invalid"),
        ("/api/admin%3fx", "path-invalid"),
        ("/api/admin%23x", "path-invalid"),
        ("/api/%ff", "path-invalid"),
        ("/api/admin ", "path-invalid"),
    ] {
        assert_eq!(gateway().outcome(&Request::get(path)), expected, "{path}");
    }
}

#[test]
fn a_special_spelling_passes_on_the_route_that_allows_it_alone() {
    let spellings = ["a%2Fb", "a%5Cb", "a%3Bb", "a;b", "a%2541", "a%3Fb", "a%23b"];
    let route = |(index, special): (usize, Special)| json!({"path": format!("/{index}/*"), "access": "public", "origin": ORIGIN, "allow_in_path": [special.spelling()]});
    let mut routes: Vec<Value> = Special::ALL.into_iter().enumerate().map(route).collect();
    routes.push(json!({"path": "/none/*", "access": "public", "origin": ORIGIN}));
    routes.push(json!({"path": "/get", "methods": ["GET"], "access": "public", "origin": ORIGIN}));
    let gateway = TestGateway::with_routes(Value::Array(routes));
    for (index, spelling) in spellings.into_iter().enumerate() {
        for allowed in 0..Special::ALL.len() {
            let path = format!("/{allowed}/{spelling}");
            let forwarded = format!("forward {ORIGIN}{path}");
            let expected = if allowed == index { forwarded.as_str() } else { "path-invalid" };
            assert_eq!(gateway.outcome(&Request::get(&path)), expected, "{path}");
        }
        for path in [format!("/none/{spelling}"), format!("/unrouted/{spelling}"), format!("/get{spelling}")] {
            assert_eq!(gateway.outcome(&Request::get(&path)), "path-invalid", "{path}");
        }
        let lower_case = format!("/{index}/{}", spelling.to_lowercase());
        assert_eq!(gateway.outcome(&Request::get(&lower_case)), format!("forward {ORIGIN}/{index}/{spelling}"));
    }
    assert_eq!(gateway.outcome(&Request::get("/none/100%25/x")), format!("forward {ORIGIN}/none/100%25/x"));
}

#[test]
fn a_dot_segment_passes_on_no_route_whatever_it_allows() {
    let every = Special::ALL.map(Special::spelling);
    let gateway =
        TestGateway::with_routes(json!([{"path": "/*", "access": "public", "origin": ORIGIN, "allow_in_path": every}]));
    for path in [
        "/..",
        "/.",
        "/a/..",
        "/a/%2e%2e/b",
        "/a/.%2E/b",
        "/a%2f..%2fb",
        "/a%2F%2e%2e",
        "/a%5c..%5cb",
        "/a/..;x/b",
        "/a/..%3bx/b",
        "/a/.;/b",
        "/..%3fx",
        "/a/..%23/b",
        "/..%2f",
        "/%2e%2e%5c",
    ] {
        assert_eq!(gateway.outcome(&Request::get(path)), "path-invalid", "{path}");
    }
    assert_eq!(gateway.outcome(&Request::get("/a/...%2F.x")), format!("forward {ORIGIN}/a/...%2F.x"));
}

#[test]
fn health_is_served_by_its_exact_path_and_method() {
    let strict = gateway();
    let health = "/.well-known/clerk-edge/health";
    for (method, path, expected) in [
        ("GET", health, "serve health"),
        ("HEAD", health, "serve health"),
        ("GET", "/.well-known/clerk-edge/health?x=y", "serve health"),
        ("GET", "/.well-known//clerk-edge/health/", "serve health"),
        ("GET", "/.well-known/clerk-edge/%68ealth", "serve health"),
        ("POST", health, "route-not-found"),
        ("get", health, "route-not-found"),
        ("OPTIONS", health, "route-not-found"),
        ("GET", "/.well-known/clerk-edge/Health", "route-not-found"),
        ("GET", "/.well-known/clerk-edge/health/x", "route-not-found"),
        ("GET", "/.well-known/clerk-edge/healthz", "route-not-found"),
        ("GET", "/.well-known/clerk-edge", "route-not-found"),
        ("GET", "/.well-known/clerk-edge/health;x", "path-invalid"),
        ("GET", "/x/../.well-known/clerk-edge/health", "path-invalid"),
    ] {
        assert_eq!(strict.outcome(&Request::new(method, path)), expected, "{method} {path}");
    }
    assert_eq!(strict.outcome(&Request::get(health).bearer("rubbish")), "serve health");
    assert!(strict.decide(&Request::get(health).signed_in()).session.is_none());
    let everything = TestGateway::with_routes(json!([{"path": "/*", "origin": ORIGIN}]));
    assert_eq!(everything.outcome(&Request::get(health)), "serve health", "no route stands before it");
    assert_eq!(everything.outcome(&Request::new("POST", health)), "credentials-missing");
}

#[test]
fn no_header_makes_a_protected_route_look_like_health() {
    for (name, value) in [
        ("user-agent", "kube-probe/1.30"),
        ("user-agent", "GoogleHC/1.0"),
        ("x-health-check", "1"),
        ("x-original-url", "/.well-known/clerk-edge/health"),
        ("x-rewrite-url", "/public/x"),
        ("x-forwarded-uri", "/public/x"),
        ("x-forwarded-host", "localhost"),
        ("host", "localhost"),
        ("x-middleware-subrequest", "middleware:middleware:middleware"),
        ("x-clerk-auth-status", "signed-in"),
        ("x-clerk-user-id", "user_1"),
    ] {
        let request = Request::get("/required/x").header(name, value);
        assert_eq!(gateway().outcome(&request), "credentials-missing", "{name}: {value}");
    }
}

#[test]
fn a_handler_of_ones_own_gets_the_request_as_an_origin_would() {
    let gateway = TestGateway::with_routes(json!([
        {"path": "/report/*", "serve": OWN_HANDLER},
        {"path": "/me", "serve": "whoami"},
        {"path": "/up", "access": "public", "serve": "health"},
    ]));
    let served = |request: &Request| match gateway.decide(request).verdict {
        clerk_edge::gateway::Verdict::Serve(serve) => (serve.handler.to_owned(), serve.request),
        other => panic!("{other:?}"),
    };
    let spoofed =
        Request::get("/report//x?y").signed_in().header("X_Clerk_User_Id", "user_admin").header("accept", "a/b");
    let (handler, request) = served(&spoofed);
    let request = request.unwrap();
    assert_eq!((handler.as_str(), request.url.as_str()), (OWN_HANDLER, "https://api.example.com/report/x?y"));
    assert_eq!((sent(&request, "x-clerk-user-id"), sent(&request, "accept")), (Some("user_1"), Some("a/b")));
    assert!(!request.headers.iter().any(|(name, value)| name == "X_Clerk_User_Id" || value == "user_admin"));
    assert!(matches!(served(&Request::get("/me").signed_in()), (handler, None) if handler == "whoami"));
    assert!(matches!(served(&Request::get("/up")), (handler, None) if handler == "health"));
    assert_eq!(gateway.outcome(&Request::get("/report/x")), "credentials-missing");
    assert_eq!(gateway.outcome(&Request::get("/me")), "credentials-missing");
}
