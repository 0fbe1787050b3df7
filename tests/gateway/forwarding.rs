//! What is forwarded: to which address, with which of the caller's headers, and what the log says of it.

use clerk_edge::gateway::{LogEntry, Verdict};
use serde_json::{Value, json};

use super::support::request::{HOST, REQUEST_ID, Request, TestGateway, sent};
use super::support::token::Token;

/// Where a request goes on a gateway with one public route.
fn url(route: Value, target: &str) -> String {
    let mut route = route;
    route["access"] = json!("public");
    TestGateway::with_routes(json!([route])).outcome(&Request::get(target)).replace("forward ", "")
}

#[test]
fn the_canonical_path_goes_behind_the_origins_own() {
    let plain = json!({"path": "/api/*", "origin": "https://origin.example.com"});
    let based = json!({"path": "/api/*", "origin": "https://origin.example.com:8443/base/"});
    let zone = json!({"path": "/api/*", "origin": "zone"});
    let service = json!({"path": "/api/*", "service": "ORDERS"});
    for (route, target, expected) in [
        (&plain, "/api/users", "https://origin.example.com/api/users"),
        (&plain, "/api", "https://origin.example.com/api"),
        (&plain, "/api/", "https://origin.example.com/api/"),
        (&plain, "//api///users//7", "https://origin.example.com/api/users/7"),
        (&plain, "/api/%7euser/%61%2d", "https://origin.example.com/api/~user/a-"),
        (&plain, "/api/caf%c3%a9/%40me%20", "https://origin.example.com/api/caf%C3%A9/%40me%20"),
        (&plain, "/api/café", "https://origin.example.com/api/caf%C3%A9"),
        (&plain, "/api/@evil.org/x", "https://origin.example.com/api/@evil.org/x"),
        (&based, "/api/users", "https://origin.example.com:8443/base/api/users"),
        (&zone, "/api/users", "https://api.example.com/api/users"),
        (&service, "/api/users", "https://api.example.com/api/users"),
    ] {
        assert_eq!(url(route.clone(), target), expected, "{target}");
    }
}

#[test]
fn a_query_is_kept_as_it_is_and_a_fragment_is_not() {
    let route = json!({"path": "/api/*", "origin": "https://origin.example.com/base"});
    for (target, expected) in [
        ("/api/x?a=b&a=c", "/api/x?a=b&a=c"),
        ("/api/x?", "/api/x?"),
        ("/api/x??", "/api/x??"),
        ("/api/x?a=/../%2e%2e/%zz\\;", "/api/x?a=/../%2e%2e/%zz\\;"),
        ("/api/x?next=https://evil.org/", "/api/x?next=https://evil.org/"),
        ("/api/x#y?z", "/api/x"),
        ("/api/x?a#b", "/api/x?a"),
    ] {
        assert_eq!(url(route.clone(), target), format!("https://origin.example.com/base{expected}"), "{target}");
    }
}

#[test]
fn a_prefix_is_stripped_by_whole_segments_of_the_canonical_path() {
    let route = json!({"path": "/api/v1/*", "origin": "https://origin.example.com/base", "strip_prefix": "/api"});
    for (target, expected) in [
        ("/api/v1", "/base/v1"),
        ("/api/v1/", "/base/v1/"),
        ("/api/v1/x?y", "/base/v1/x?y"),
        ("//api//v1//x", "/base/v1/x"),
        ("/%61pi/v1/x", "/base/v1/x"),
        ("/api/v1/api/x", "/base/v1/api/x"),
    ] {
        assert_eq!(url(route.clone(), target), format!("https://origin.example.com{expected}"), "{target}");
    }
    for target in ["/api/v1/../../x", "/api/v1/%2e%2e/x", "/api/v1/..%2f..%2fx", "/api/v1\\..\\x", "/api/v1/..;/x"] {
        assert_eq!(url(route.clone(), target), "path-invalid", "{target}");
    }
    let whole = json!({"path": "/api/*", "origin": "https://origin.example.com/base", "strip_prefix": "/api/"});
    for (target, expected) in [("/api", "/base/"), ("/api/", "/base/"), ("/api/x", "/base/x")] {
        assert_eq!(url(whole.clone(), target), format!("https://origin.example.com{expected}"), "{target}");
    }
    let of_zone = json!({"path": "/api/*", "origin": "zone", "strip_prefix": "/api"});
    assert_eq!(url(of_zone, "/api/x"), "https://api.example.com/x");
}

fn public() -> TestGateway {
    TestGateway::with_routes(json!([
        {"path": "/x", "access": "public", "origin": "https://origin.example.com"},
        {"path": "/keep", "access": "public", "origin": "https://origin.example.com", "forward_token": true},
    ]))
}

/// The headers that an origin gets beside those that this gateway sets.
fn handed_on(request: &Request) -> Vec<(String, String)> {
    let gateway = public();
    let forward = gateway.forward(request);
    let own = ["x-request-id", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-for"];
    forward.headers.iter().filter(|(name, _)| !own.contains(&name.as_str())).cloned().collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_gateways_own_headers_are_told_by_the_platform_alone() {
    let gateway = public();
    let plain = Request::get("/x");
    let spoofed =
        ["X-Forwarded-For", "x_forwarded_for", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Request-Id", "Host"]
            .into_iter()
            .fold(plain.clone(), |request, name| request.header(name, "evil"));
    for request in [plain, spoofed] {
        let expected = pairs(&[
            ("x-request-id", REQUEST_ID),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "api.example.com"),
            ("x-forwarded-for", "203.0.113.7"),
        ]);
        assert_eq!(gateway.forward(&request).headers, expected);
    }
}

#[test]
fn a_client_address_is_sent_when_it_is_one() {
    for (client_ip, expected) in [
        (Some("203.0.113.7"), Some("203.0.113.7")),
        (Some("2001:db8::1"), Some("2001:db8::1")),
        (Some("203.0.113.7, 10.0.0.1"), None),
        (Some("203.0.113.7\r\nx: y"), None),
        (Some("localhost"), None),
        (Some(""), None),
        (None, None),
    ] {
        let gateway = public();
        let forward = gateway.forward(&Request::get("/x").header("x-forwarded-for", "1.2.3.4").client_ip(client_ip));
        assert_eq!(sent(&forward, "x-forwarded-for"), expected, "{client_ip:?}");
    }
}

#[test]
fn headers_are_handed_on_in_order_but_for_the_hop() {
    let request = Request::get("/x")
        .header("Accept", "text/html")
        .header("Connection", "keep-alive, X-Hop, x-request-id, X-Forwarded-For")
        .header("Keep-Alive", "timeout=5")
        .header("x-hop", "1")
        .header("TE", "trailers")
        .header("Trailer", "x")
        .header("Transfer-Encoding", "chunked")
        .header("Proxy-Authorization", "Basic dTpw")
        .header("Proxy-Authenticate", "Basic")
        .header("Proxy-Connection", "close")
        .header("Host", "evil.org")
        .header("X-Custom", "1")
        .header("x-custom", "2")
        .header("If-None-Match", "\"a\"");
    let expected = [("Accept", "text/html"), ("X-Custom", "1"), ("x-custom", "2"), ("If-None-Match", "\"a\"")];
    assert_eq!(handed_on(&request), pairs(&expected));
    let gateway = public();
    let forward = gateway.forward(&request);
    assert_eq!(sent(&forward, "x-request-id"), Some(REQUEST_ID), "a Connection header takes none of ours away");
    assert_eq!(sent(&forward, "x-forwarded-for"), Some("203.0.113.7"));
}

#[test]
fn names_of_ours_are_dropped_in_every_spelling_on_a_public_route_too() {
    for name in [
        "X-Clerk-User-Id",
        "x_clerk_user_id",
        "X.Clerk.User.Id",
        "xclerkuserid",
        "X-Clerk-Edge-Assertion",
        "X-Clerk-Auth-Status",
        "X-Clerk-Claims-Truncated",
        "x-forwarded-prefix",
        "X_Forwarded_Proto",
        "Forwarded",
        "X-Real-IP",
        "X-Original-URL",
        "X-Original-Host",
        "X-Rewrite-URL",
        "X-Host",
        "X-HTTP-Method-Override",
        "X-HTTP-Method",
        "X-Method-Override",
        "X-Middleware-Subrequest",
        "x-nextjs-data",
    ] {
        let request = Request::get("/x").header(name, "evil").header("x-other", "1");
        assert_eq!(handed_on(&request), pairs(&[("x-other", "1")]), "{name}");
    }
    for name in ["x-clark", "x-forward", "x-myclerk-user-id", "my-x-clerk-user-id", "original-url"] {
        assert_eq!(handed_on(&Request::get("/x").header(name, "1")), pairs(&[(name, "1")]), "{name} is the caller's");
    }
}

#[test]
fn the_callers_token_and_clerks_cookies_stay_here_unless_the_route_says_otherwise() {
    let cookies = "a=1; __session=t; __session_Abc=t; __client_uat=1; __client_uat_Abc=1; __refresh_Abc=r; \
                   __clerk_db_jwt=j; __clerk_handshake=h; b=2; __Host-other=3; session=4";
    let request = |path: &str| {
        Request::get(path).header("Authorization", "Bearer t").header("Cookie", cookies).header("accept", "a/b")
    };
    let kept = pairs(&[("Cookie", "a=1; b=2; __Host-other=3; session=4"), ("accept", "a/b")]);
    assert_eq!(handed_on(&request("/x")), kept);
    let all = pairs(&[("Authorization", "Bearer t"), ("Cookie", cookies), ("accept", "a/b")]);
    assert_eq!(handed_on(&request("/keep")), all);
    assert_eq!(handed_on(&Request::get("/x").header("cookie", "__session=t")), [], "an empty cookie header is none");
    for value in ["bearer t", "BEARER t", "Bearer a, Bearer b", "Basic dTpw, Bearer t"] {
        assert_eq!(handed_on(&Request::get("/x").header("authorization", value)), [], "{value}");
    }
    let basic = Request::get("/x").header("authorization", "Basic dTpw");
    assert_eq!(handed_on(&basic), pairs(&[("authorization", "Basic dTpw")]), "it is the origin's, not Clerk's");
}

#[test]
fn the_token_that_was_verified_stays_here_too() {
    let token = Token::new().text();
    for (forward_token, expected) in [(false, None), (true, Some(format!("Bearer {token}")))] {
        let gateway = TestGateway::new(json!({
            "forward_token": forward_token,
            "routes": [{"path": "/x", "origin": "https://origin.example.com"}],
        }));
        let forward = gateway.forward(&Request::get("/x").bearer(&token));
        assert_eq!(sent(&forward, "authorization"), expected.as_deref());
        let by_cookie = gateway.forward(&Request::get("/x").cookie(&token));
        let cookie = forward_token.then(|| format!("__session={token}"));
        assert_eq!(sent(&by_cookie, "cookie"), cookie.as_deref());
    }
}

#[test]
fn one_line_is_logged_without_the_token_and_the_query() {
    let gateway = TestGateway::with_routes(json!([{"path": "/api/:id", "origin": "https://origin.example.com"}]));
    let token = Token::new().text();
    let request = Request::get("/api//7?secret=query#fragment").bearer(&token).header("x-custom", "custom");
    let head = request.head();
    let entry = |request: &Request| {
        let decision = gateway.decide(request);
        let code = match &decision.verdict {
            Verdict::Refuse(refusal) => Some(refusal.code()),
            _ => None,
        };
        serde_json::to_value(LogEntry::new(&head, &decision, REQUEST_ID).with_code(code)).unwrap()
    };
    let forwarded = entry(&request);
    assert_eq!(
        forwarded,
        json!({
            "time": null, "requestId": REQUEST_ID, "method": "GET", "path": "/api/7",
            "route": "/api/:id", "decision": "forward", "code": null, "status": null, "subject": "user_1",
            "keySource": "network", "cacheHit": false, "milliseconds": null,
        })
    );
    let refused = entry(&Request::get("/api/7?secret").bearer(&format!("{token}x")));
    assert_eq!((&refused["decision"], &refused["code"]), (&json!("refuse"), &json!("token-invalid")));
    assert_eq!(refused["subject"], json!(null));
    for line in [forwarded.to_string(), refused.to_string()] {
        for secret in [token.as_str(), &token[..20], "secret", "fragment", "custom", HOST] {
            assert!(!line.contains(secret), "{secret}: {line}");
        }
    }
}
