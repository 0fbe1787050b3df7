//! Which requests become a WebSocket, from which pages, and what a fresh token must meet.

use clerk_edge::gateway::{Holder, RenewalError, Upgrade, Verdict, not_renewed, renewed, token_of_message};
use clerk_edge::refusal::{Fault, Outage, Refusal};
use serde_json::json;

use crate::support::KeyServer;
use crate::support::request::{HOST, Request, TestGateway, sent};
use crate::support::token::{APP, NOW, Token, after};

const ROUTES: &str = r#"[
    {"path": "/live/*", "origin": "https://origin.internal", "websocket": true},
    {"path": "/open/*", "origin": "https://origin.internal", "websocket": true, "access": "public"},
    {"path": "/known/*", "origin": "https://origin.internal", "websocket": true, "access": "optional"},
    {"path": "/long/*", "origin": "https://origin.internal", "websocket": true, "outlives_token": true},
    {"path": "/admin/*", "origin": "https://origin.internal", "websocket": true, "require": {"role": "org:admin"}},
    {"path": "/plain/*", "origin": "https://origin.internal"},
    {"path": "/whoami", "serve": "whoami"}
]"#;

fn gateway() -> TestGateway {
    let routes: serde_json::Value = serde_json::from_str(ROUTES).unwrap();
    TestGateway::new(json!({"routes": routes, "authorized_parties": [APP, "https://*.preview.example.com"]}))
}

fn handshake(target: &str) -> Request {
    Request::handshake("websocket", target)
}

#[track_caller]
fn upgrade<'a>(gateway: &'a TestGateway, request: &Request) -> Upgrade<'a> {
    match gateway.decide(request).verdict {
        Verdict::Upgrade(upgrade) => upgrade,
        other => panic!("{request:?} is no upgrade: {other:?}"),
    }
}

fn admin() -> Token {
    Token::new().claim("v", json!(2)).claim("o", json!({"id": "org_1", "rol": "admin"}))
}

/// Whose socket on `/admin/*` it is.
fn holder(gateway: &TestGateway) -> Holder {
    upgrade(gateway, &handshake("/admin/x").header("origin", APP).bearer(&admin().text())).holder.unwrap()
}

fn renew_after(gateway: &TestGateway, seconds: i64, holder: &Holder, token: &str) -> Result<i64, &'static str> {
    let renewed = pollster::block_on(gateway.gateway.renew(holder, token, after(seconds)));
    renewed.map(|expires_at| expires_at.seconds() - NOW).map_err(RenewalError::code)
}

#[test]
fn a_handshake_goes_on_in_either_case_on_a_route_that_takes_sockets() {
    let gateway = gateway();
    for protocol in ["websocket", "WebSocket", "WEBSOCKET"] {
        let outcome = gateway.outcome(&Request::handshake(protocol, "/live/x?a=b").signed_in());
        assert_eq!(outcome, "upgrade https://origin.internal/live/x?a=b");
    }
}

#[test]
fn the_origin_gets_a_handshake_of_our_own_with_the_subprotocols_offered() {
    let gateway = gateway();
    let request = handshake("/live/x")
        .header("sec-websocket-protocol", "a, b")
        .header("Sec-WebSocket-Extensions", "permessage-deflate")
        .signed_in();
    let forward = upgrade(&gateway, &request).forward;
    for (name, expected) in [
        ("upgrade", Some("websocket")),
        ("connection", None),
        ("sec-websocket-protocol", Some("a, b")),
        ("sec-websocket-key", None),
        ("sec-websocket-version", None),
        ("sec-websocket-extensions", None),
        ("authorization", None),
        ("x-clerk-user-id", Some("user_1")),
    ] {
        assert_eq!(sent(&forward, name), expected, "{name}");
    }
}

#[test]
fn attack_42_any_other_upgrade_is_refused_wherever_it_is_asked_for() {
    let gateway = gateway();
    let refused = Refusal::Theirs(Fault::UpgradeNotAllowed);
    for protocol in ["h2c", "websocket, h2c", "h2c, websocket", "TLS/1.0", "websocket/13", "web-socket", ""] {
        for target in ["/live/x", "/open/x", "/plain/x", "/whoami", "/.well-known/clerk-edge/health", "/nowhere"] {
            assert_eq!(
                gateway.refuse(&Request::handshake(protocol, target).signed_in()),
                refused,
                "{protocol} {target}"
            );
        }
    }
    for target in ["/plain/x", "/whoami"] {
        assert_eq!(gateway.refuse(&handshake(target).signed_in()), refused, "{target}");
    }
    assert_eq!(gateway.outcome(&handshake("/.well-known/clerk-edge/health")), "route-not-found");
}

#[test]
fn a_handshake_is_whole_or_none() {
    let gateway = gateway();
    let with = |method: &str, connection: &str, version: &str, key: &str| {
        Request::new(method, "/live/x")
            .header("upgrade", "websocket")
            .header("connection", connection)
            .header("sec-websocket-version", version)
            .header("sec-websocket-key", key)
            .signed_in()
    };
    assert_eq!(gateway.outcome(&with("GET", "upgrade", "13", "a")), "upgrade https://origin.internal/live/x");
    for (method, connection, version, key) in [
        ("POST", "upgrade", "13", "a"),
        ("HEAD", "upgrade", "13", "a"),
        ("CONNECT", "upgrade", "13", "a"),
        ("GET", "close", "13", "a"),
        ("GET", "", "13", "a"),
        ("GET", "upgraded", "13", "a"),
        ("GET", "upgrade", "8", "a"),
        ("GET", "upgrade", "13, 8", "a"),
        ("GET", "upgrade", "13", ""),
    ] {
        let outcome = gateway.outcome(&with(method, connection, version, key));
        assert_eq!(outcome, "upgrade-not-allowed", "{method} {connection} {version} {key}");
    }
    let twice = with("GET", "upgrade", "13", "a").header("Upgrade", "websocket");
    assert_eq!(gateway.outcome(&twice), "upgrade-not-allowed");
}

#[test]
fn attack_42_a_page_opens_a_socket_from_our_own_origin_or_a_partys_alone() {
    let gateway = gateway();
    for origin in [HOST, APP, "https://pr-1.preview.example.com"] {
        for target in ["/live/x", "/open/x", "/known/x"] {
            let outcome = gateway.outcome(&handshake(target).header("origin", origin).cookie(&Token::new().text()));
            assert_eq!(outcome, format!("upgrade https://origin.internal{target}"), "{origin}");
        }
    }
    for origin in [
        "https://evil.example.org",
        "null",
        "",
        "https://app.example.com/",
        "https://app.example.com.evil.org",
        "http://app.example.com",
        "https://api.example.com:8443",
        "https://app.example.com, https://app.example.com",
    ] {
        for target in ["/live/x", "/open/x", "/known/x", "/long/x"] {
            for request in
                [handshake(target).signed_in(), handshake(target).cookie(&Token::new().text()), handshake(target)]
            {
                assert_eq!(
                    gateway.outcome(&request.header("origin", origin)),
                    "origin-not-allowed",
                    "{origin} {target}"
                );
            }
        }
    }
}

#[test]
fn a_cookie_needs_an_origin_and_a_bearer_token_does_not() {
    let gateway = gateway();
    let token = Token::new().text();
    assert_eq!(gateway.outcome(&handshake("/live/x").cookie(&token)), "origin-not-allowed");
    assert_eq!(gateway.outcome(&handshake("/known/x").cookie(&token)), "origin-not-allowed");
    assert_eq!(gateway.outcome(&handshake("/live/x").bearer(&token)), "upgrade https://origin.internal/live/x");
    assert_eq!(gateway.outcome(&handshake("/open/x").cookie(&token)), "upgrade https://origin.internal/open/x");
    assert_eq!(gateway.outcome(&handshake("/known/x")), "upgrade https://origin.internal/known/x");
}

#[test]
fn without_authorized_parties_only_our_own_origin_counts() {
    let routes: serde_json::Value = serde_json::from_str(ROUTES).unwrap();
    let gateway = TestGateway::with_routes(routes);
    let from = |origin: &str| gateway.outcome(&handshake("/live/x").header("origin", origin).signed_in());
    assert_eq!(from(HOST), "upgrade https://origin.internal/live/x");
    assert_eq!(from(APP), "origin-not-allowed");
}

#[test]
fn the_token_is_checked_as_on_any_request_and_never_read_from_the_query() {
    let gateway = gateway();
    let token = Token::new().text();
    assert_eq!(gateway.outcome(&handshake("/live/x")), "credentials-missing");
    assert_eq!(gateway.outcome(&handshake("/live/x").bearer("a.b.c")), "token-invalid");
    assert_eq!(gateway.outcome(&handshake("/known/x").bearer("a.b.c")), "token-invalid");
    assert_eq!(gateway.outcome(&handshake("/admin/x").signed_in()), "insufficient-role");
    for name in ["token", "access_token", "jwt", "__session"] {
        let target = format!("/live/x?{name}={token}");
        assert_eq!(gateway.outcome(&handshake(&target)), "credentials-missing", "attack 38: {name}");
        assert_eq!(
            gateway.outcome(&handshake(&target).header("sec-websocket-protocol", &token)),
            "credentials-missing"
        );
    }
}

#[test]
fn a_socket_ends_with_its_session_unless_the_route_opts_out_or_there_is_none() {
    let gateway = gateway();
    for (target, ends) in [("/live/x", true), ("/known/x", true), ("/long/x", false), ("/open/x", false)] {
        let upgrade = upgrade(&gateway, &handshake(target).signed_in());
        assert_eq!(upgrade.holder.is_some(), ends, "{target}");
        if let Some(holder) = &upgrade.holder {
            assert_eq!(gateway.gateway.lifetime(holder).until(), after(60 + 10));
        }
        let decision = gateway.decide(&Request::get(target).signed_in());
        let end = gateway.gateway.stream_end(decision.route.unwrap(), decision.session.as_deref());
        assert_eq!(end, ends.then(|| after(60 + 10)), "an event stream of {target}");
    }
    assert!(upgrade(&gateway, &handshake("/known/x")).holder.is_none());
}

#[test]
fn the_grace_is_configured() {
    let route = json!({"path": "/live/*", "origin": "https://origin.internal", "websocket": true});
    let gateway = TestGateway::new(json!({"stream_grace_seconds": 0, "routes": [route]}));
    let holder = upgrade(&gateway, &handshake("/live/x").signed_in()).holder.unwrap();
    assert_eq!(gateway.gateway.lifetime(&holder).until(), after(60));
}

#[test]
fn a_fresh_token_of_the_same_session_says_when_it_expires() {
    let gateway = gateway();
    let holder = holder(&gateway);
    let fresh = admin().claim("iat", json!(NOW + 50)).claim("exp", json!(NOW + 110)).text();
    assert_eq!(renew_after(&gateway, 50, &holder, &fresh), Ok(110));
}

#[test]
fn a_fresh_token_is_of_the_same_user_session_and_organisation() {
    let gateway = gateway();
    let holder = holder(&gateway);
    for other in [
        admin().claim("sub", json!("user_2")),
        admin().claim("sid", json!("sess_2")),
        admin().claim("o", json!({"id": "org_2", "rol": "admin"})),
        Token::new(),
    ] {
        assert_eq!(renew_after(&gateway, 0, &holder, &other.text()), Err("session-changed"));
    }
    let without = upgrade(&gateway, &handshake("/live/x").signed_in()).holder.unwrap();
    assert_eq!(renew_after(&gateway, 0, &without, &admin().text()), Err("session-changed"));
    assert_eq!(renew_after(&gateway, 0, &without, &Token::new().text()), Ok(60));
}

#[test]
fn a_fresh_token_is_verified_in_full_and_meets_the_requirement_again() {
    let gateway = gateway();
    let holder = holder(&gateway);
    for (token, code) in [
        (admin().claim("o", json!({"id": "org_1", "rol": "member"})).text(), "insufficient-role"),
        (admin().claim("azp", json!("https://evil.example.org")).text(), "token-invalid-authorized-parties"),
        (admin().claim("exp", json!(NOW - 5)).text(), "token-expired"),
        (admin().claim("iss", json!("https://clerk.evil.org")).text(), "token-invalid-issuer"),
        (admin().claim("sts", json!("pending")).text(), "session-pending"),
        ("a.b.c".to_owned(), "token-invalid"),
        (String::new(), "token-invalid"),
    ] {
        assert_eq!(renew_after(&gateway, 0, &holder, &token), Err(code));
    }
}

#[test]
fn a_missing_azp_counts_as_at_the_handshake() {
    let gateway = gateway();
    let without_azp = admin().without("azp").text();
    let from_app = holder(&gateway);
    assert_eq!(renew_after(&gateway, 0, &from_app, &without_azp), Ok(60));
    let from_nowhere = upgrade(&gateway, &handshake("/admin/x").bearer(&admin().text())).holder.unwrap();
    assert_eq!(renew_after(&gateway, 0, &from_nowhere, &without_azp), Err("token-invalid-authorized-parties"));
}

#[test]
fn an_outage_is_not_told_as_a_bad_token() {
    const DAYS: i64 = 24 * 60 * 60;
    let gateway = gateway();
    let holder = holder(&gateway);
    gateway.world.key_server_does(KeyServer::IsDown);
    gateway.world.store_is_down.set(true);
    let fresh = admin().claim("exp", json!(NOW + 3 * DAYS)).text();
    let renewed = pollster::block_on(gateway.gateway.renew(&holder, &fresh, after(2 * DAYS))).unwrap_err();
    let RenewalError::Unavailable { retry_after } = renewed else { panic!("{renewed:?}") };
    let refusal = Refusal::Ours(Outage::KeysUnavailable { retry_after });
    assert_eq!(renewed.code(), refusal.code());
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&not_renewed(renewed, retry_after)).unwrap(),
        json!({"type": "clerk-edge.token", "code": "keys-unavailable", "retryAfter": retry_after})
    );
}

#[test]
fn a_message_to_the_gateway_is_an_object_of_its_type_and_nothing_else() {
    let token = |text: &str| token_of_message(text).map_err(RenewalError::code);
    for text in [
        r#"{"type":"clerk-edge.token","token":"a.b.c"}"#,
        r#" { "token" : "a.b.c" , "more" : 1 , "type" : "clerk-edge.token" } "#,
    ] {
        assert_eq!(token(text), Ok(Some("a.b.c".to_owned())), "{text}");
    }
    for text in [
        "",
        "clerk-edge.token",
        r#""clerk-edge.token""#,
        r#"[{"type":"clerk-edge.token","token":"a.b.c"}]"#,
        r#"{"type":"clerk-edge.tokens","token":"a.b.c"}"#,
        r#"{"type":["clerk-edge.token"],"token":"a.b.c"}"#,
        r#"{"type":"x","note":"clerk-edge.token"}"#,
        r#"{"type":"clerk-edge.token","type":"clerk-edge.token","token":"a.b.c"}"#,
        r#"{"type":"clerk-edge.token","token":"a.b.c""#,
    ] {
        assert_eq!(token(text), Ok(None), "{text}");
    }
    for text in [
        r#"{"type":"clerk-edge.token"}"#,
        r#"{"type":"clerk-edge.token","token":null}"#,
        r#"{"type":"clerk-edge.token","token":["a.b.c"]}"#,
    ] {
        assert_eq!(token(text), Err("token-invalid"), "{text}");
    }
}

#[test]
fn a_message_is_looked_at_up_to_exactly_its_longest_length() {
    let of_length = |length: usize| {
        let around = r#"{"type":"clerk-edge.token","token":""}"#.len();
        format!(r#"{{"type":"clerk-edge.token","token":"{}"}}"#, "x".repeat(length - around))
    };
    let longest = clerk_edge::limits::TOKEN_MESSAGE_BYTES;
    assert!(token_of_message(&of_length(longest)).unwrap().is_some());
    assert_eq!(token_of_message(&of_length(longest + 1)), Ok(None));
}

#[test]
fn a_client_is_told_when_its_token_expires() {
    let told: serde_json::Value = serde_json::from_str(&renewed(after(60))).unwrap();
    assert_eq!(told, json!({"type": "clerk-edge.token", "expiresAt": NOW + 60}));
}
