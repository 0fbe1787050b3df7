//! Limits by route and caller: who counts as one, what uses a limit up, and that an outage of the counter refuses nobody.

use clerk_edge::gateway::Verdict;
use clerk_edge::refusal::{Fault, Refusal};
use serde_json::json;

use super::support::key::other_key;
use super::support::request::{OWN_HANDLER, Request, TestGateway};
use super::support::token::Token;

const ORIGIN: &str = "https://origin.example.com";
/// Of every limit here.
const REQUESTS: usize = 2;

fn gateway() -> TestGateway {
    let limit = |by: &str| json!({"requests": REQUESTS, "per_seconds": 10, "by": by});
    TestGateway::new(json!({
        "cors": {"origins": ["https://app.example.com"]},
        "routes": [
            {"path": "/user/*", "limit": limit("user"), "origin": ORIGIN},
            {"path": "/again/*", "limit": limit("user"), "origin": ORIGIN},
            {"path": "/org/*", "limit": limit("org"), "origin": ORIGIN},
            {"path": "/ip/*", "limit": limit("ip"), "origin": ORIGIN},
            {"path": "/open/*", "access": "public", "limit": limit("ip"), "origin": ORIGIN},
            {"path": "/optional/*", "access": "optional", "limit": limit("user"), "origin": ORIGIN},
            {"path": "/optional-org/*", "access": "optional", "limit": limit("org"), "origin": ORIGIN},
            {"path": "/admin", "require": {"role": "org:admin"}, "limit": limit("user"), "origin": ORIGIN},
            {"path": "/methods", "methods": ["GET"], "limit": limit("user"), "origin": ORIGIN},
            {"path": "/methods", "methods": ["POST"], "limit": limit("user"), "origin": ORIGIN},
            {"path": "/report", "serve": OWN_HANDLER, "limit": limit("user")},
            {"path": "/longer", "limit": {"requests": 3, "per_seconds": 60, "by": "user"}, "origin": ORIGIN},
            {"path": "/free", "origin": ORIGIN},
        ],
    }))
}

fn of_user(user: &str) -> Token {
    Token::new().claim("sub", json!(user))
}

fn in_org(user: &str, organization: &str) -> Token {
    of_user(user).claims(json!({"org_id": organization, "org_role": "org:member"}))
}

fn get(path: &str, token: &Token) -> Request {
    Request::get(path).bearer(&token.text())
}

/// Whether a request is let through; if not, it is over the limit.
#[track_caller]
fn passes(gateway: &TestGateway, request: &Request) -> bool {
    match gateway.outcome(request).as_str() {
        "rate-limited" => false,
        outcome => {
            assert!(outcome.starts_with("forward") || outcome == "serve report", "{request:?}: {outcome}");
            true
        }
    }
}

/// Uses a caller's limit up, and sees that it is.
#[track_caller]
fn exhaust(gateway: &TestGateway, request: &Request) {
    for count in 1..=REQUESTS {
        assert!(passes(gateway, request), "request {count}: {request:?}");
    }
    assert!(!passes(gateway, request), "over the limit: {request:?}");
}

#[test]
fn a_user_over_the_limit_is_429_until_the_period_has_ended() {
    let gateway = gateway();
    let request = get("/user/a", &of_user("user_1"));
    exhaust(&gateway, &request);
    let refusal = gateway.refuse(&request);
    assert_eq!(refusal, Refusal::Theirs(Fault::RateLimited { retry_after: 10 }));
    assert!(refusal.headers().contains(&("retry-after", "10".to_owned())));
    assert!(gateway.decide(&request.clone().header("origin", "https://app.example.com")).cors.is_some());
    assert_eq!(gateway.decide(&request).session.unwrap().user_id, "user_1", "the log says who it was");
    for _ in 0..3 {
        assert!(passes(&gateway, &get("/longer", &of_user("user_1"))));
    }
    let longer = gateway.refuse(&get("/longer", &of_user("user_1")));
    assert_eq!(longer, Refusal::Theirs(Fault::RateLimited { retry_after: 60 }));
}

#[test]
fn users_are_counted_apart_whatever_else_they_share() {
    let gateway = gateway();
    exhaust(&gateway, &get("/user/a", &in_org("user_1", "org_1")));
    assert!(passes(&gateway, &get("/user/a", &in_org("user_2", "org_1"))));
    assert!(
        !passes(&gateway, &get("/user/a", &of_user("user_1").claim("sid", json!("sess_other")))),
        "one user's session"
    );
    let elsewhere = get("/user/other", &of_user("user_1")).client_ip(Some("203.0.113.8"));
    assert!(!passes(&gateway, &elsewhere), "one user's address, or path below one route");
}

#[test]
fn an_organization_shares_its_limit_and_who_has_none_has_their_own() {
    let gateway = gateway();
    assert!(passes(&gateway, &get("/org/a", &in_org("user_1", "org_1"))));
    assert!(passes(&gateway, &get("/org/a", &in_org("user_2", "org_1"))));
    assert!(!passes(&gateway, &get("/org/a", &in_org("user_3", "org_1"))));
    assert!(passes(&gateway, &get("/org/a", &in_org("user_1", "org_2"))));
    exhaust(&gateway, &get("/org/a", &of_user("user_1")));
    exhaust(&gateway, &get("/org/a", &of_user("user_2")));
    // An id that is spelt like another kind of id is not that one.
    exhaust(&gateway, &get("/org/a", &in_org("user_3", "user_9")));
    exhaust(&gateway, &get("/org/a", &of_user("user_9")));
}

#[test]
fn addresses_are_counted_apart_and_those_of_one_ipv6_network_together() {
    for path in ["/ip/a", "/open/a"] {
        let gateway = gateway();
        let from = |ip: &str| get(path, &of_user("user_1")).client_ip(Some(ip));
        exhaust(&gateway, &from("203.0.113.7"));
        assert!(!passes(&gateway, &get(path, &of_user("user_2")).client_ip(Some("203.0.113.7"))));
        assert!(!passes(&gateway, &from("::ffff:203.0.113.7")), "the same address in IPv6's spelling");
        assert!(passes(&gateway, &from("203.0.113.8")));
        exhaust(&gateway, &from("2001:db8:1:2::1"));
        assert!(!passes(&gateway, &from("2001:db8:1:2:ffff:ffff:ffff:ffff")));
        assert!(!passes(&gateway, &from("2001:0DB8:0001:0002:0:0:0:9")));
        assert!(passes(&gateway, &from("2001:db8:1:3::1")));
    }
}

#[test]
fn who_has_no_address_shares_one_count() {
    let gateway = gateway();
    exhaust(&gateway, &Request::get("/open/a").client_ip(None));
    for rubbish in ["", "unknown", "203.0.113.7, 203.0.113.8", "203.0.113.7:80"] {
        assert!(!passes(&gateway, &Request::get("/open/a").client_ip(Some(rubbish))), "{rubbish}");
    }
}

#[test]
fn no_header_of_a_caller_changes_who_it_is() {
    let gateway = gateway();
    exhaust(&gateway, &Request::get("/open/a"));
    for name in ["x-forwarded-for", "x-real-ip", "forwarded", "true-client-ip", "x-clerk-user-id"] {
        assert!(!passes(&gateway, &Request::get("/open/a").header(name, "198.51.100.1")), "{name}");
    }
}

#[test]
fn without_a_session_an_optional_route_counts_addresses() {
    for path in ["/optional/a", "/optional-org/a"] {
        let gateway = gateway();
        exhaust(&gateway, &Request::get(path));
        assert!(passes(&gateway, &Request::get(path).client_ip(Some("203.0.113.8"))));
        exhaust(&gateway, &get(path, &of_user("user_1")));
    }
}

#[test]
fn routes_are_counted_apart_and_the_spellings_of_a_path_together() {
    let gateway = gateway();
    let user = of_user("user_1");
    exhaust(&gateway, &get("/user/a", &user));
    for spelling in ["/user", "//user//b", "/%75ser/c", "/user/a?x=y"] {
        assert!(!passes(&gateway, &get(spelling, &user)), "{spelling}");
    }
    exhaust(&gateway, &get("/again/a", &user));
    exhaust(&gateway, &get("/methods", &user));
    assert!(!passes(&gateway, &Request::new("HEAD", "/methods").bearer(&user.text())));
    exhaust(&gateway, &Request::new("POST", "/methods").bearer(&user.text()));
    for _ in 0..9 {
        assert!(passes(&gateway, &get("/free", &user)));
    }
}

#[test]
fn a_handler_is_limited_as_an_origin_is() {
    exhaust(&gateway(), &get("/report", &of_user("user_1")));
}

#[test]
fn what_is_refused_for_another_reason_is_not_counted() {
    let gateway = gateway();
    let user = of_user("user_1");
    for request in [
        Request::get("/user/a"),
        get("/user/a", &user.clone().forged_by(other_key())),
        get("/user/a", &user.clone().claim("exp", json!(0))),
        get("/admin", &user),
        get("/user/a%2Fb", &user),
        Request::new("DELETE", "/methods").bearer(&user.text()),
        Request::new("POST", "/user/a").cookie(&user.text()),
        Request::new("OPTIONS", "/user/a")
            .header("origin", "https://app.example.com")
            .header("access-control-request-method", "GET"),
    ] {
        for _ in 0..=REQUESTS {
            let decision = gateway.decide(&request);
            match decision.verdict {
                Verdict::Refuse(refusal) => assert_ne!(refusal.code(), "rate-limited", "{request:?}"),
                Verdict::Preflight(_) => {}
                other => panic!("{request:?}: {other:?}"),
            }
        }
    }
    assert!(gateway.world.counted.borrow().is_empty());
    exhaust(&gateway, &get("/user/a", &user));
}

#[test]
fn a_counter_that_is_down_refuses_nobody_and_is_told() {
    let gateway = gateway();
    gateway.world.counter_is_down.set(true);
    let request = get("/user/a", &of_user("user_1"));
    for _ in 0..=REQUESTS {
        let decision = gateway.decide(&request);
        assert!(matches!(decision.verdict, Verdict::Forward(_)));
        assert_eq!(decision.not_counted.unwrap().0, "down");
    }
    assert_eq!(gateway.refuse(&Request::get("/user/a")).code(), "credentials-missing");
    gateway.world.counter_is_down.set(false);
    exhaust(&gateway, &request);
    assert_eq!(gateway.decide(&request).not_counted, None);
}

#[test]
fn a_counter_holds_no_address_and_no_id() {
    let gateway = gateway();
    for request in
        [get("/org/a", &in_org("user_1", "org_1")), get("/user/a", &of_user("user_1")), Request::get("/open/a")]
    {
        assert!(passes(&gateway, &request));
    }
    let counted = gateway.world.counted.borrow();
    let is_digest = |key: &String| key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(counted.len() == 3 && counted.keys().all(|(_, key)| is_digest(key)), "{counted:?}");
    assert!(counted.keys().all(|(limit, _)| limit == "RATE_LIMIT_2_PER_10"));
}
