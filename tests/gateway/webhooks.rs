//! Webhooks: which deliveries reach their target, how often, and with which headers.

use clerk_edge::gateway::{Decision, Delivery, Verdict};
use serde_json::json;

use super::support::World;
use super::support::request::{Request, TestGateway, sent};

const TARGET: &str = "https://origin.example.com/internal/clerk-events/";
const BODY: &[u8] = br#"{"type":"user.created"}"#;

fn gateway() -> TestGateway {
    TestGateway::new(json!({
        "forward_token": true,
        "routes": [
            {"path": "/webhooks/clerk", "webhook": "clerk", "origin": TARGET},
            {"path": "/webhooks/other", "webhook": "clerk", "origin": "https://other.example.com"},
            {"path": "/webhooks/service", "webhook": "clerk", "service": "ORDERS"},
            {"path": "/api/*", "access": "public", "origin": TARGET},
        ],
    }))
}

fn post(path: &str) -> Request {
    Request::new("POST", path)
}

fn webhook(id: &str) -> Request {
    post("/webhooks/clerk?a=b").signed_at(0, id, BODY)
}

#[track_caller]
fn delivery<'a>(decision: &'a Decision<'a>) -> &'a Delivery<'a> {
    match &decision.verdict {
        Verdict::Deliver(delivery) => delivery,
        other => panic!("not delivered: {other:?}"),
    }
}

/// What becomes of a delivery: `deliver`, `repeat`, or the code of its refusal.
fn outcome(decision: &Decision<'_>) -> &'static str {
    match &decision.verdict {
        Verdict::Deliver(_) => "deliver",
        Verdict::Repeat => "repeat",
        Verdict::Refuse(refusal) => refusal.code(),
        other => panic!("{other:?}"),
    }
}

/// Delivers, and says that the target took it.
fn deliver(gateway: &TestGateway, request: &Request) -> &'static str {
    let decision = gateway.receive(request, BODY);
    if let Verdict::Deliver(delivery) = &decision.verdict {
        let _ = pollster::block_on(gateway.gateway.remember(delivery));
    }
    outcome(&decision)
}

#[test]
fn a_delivery_goes_to_the_very_address_of_its_route_without_the_query() {
    let gateway = gateway();
    for (path, expected) in [
        ("/webhooks/clerk?a=b", TARGET),
        ("//webhooks/%63lerk/", TARGET),
        ("/webhooks/other?a=b", "https://other.example.com/"),
        ("/webhooks/service?a=b", "https://api.example.com/webhooks/service"),
    ] {
        let decision = gateway.receive(&post(path).signed_at(0, "msg_1", BODY), BODY);
        assert_eq!(delivery(&decision).forward.url, expected, "{path}");
    }
}

#[test]
fn the_target_gets_the_deliverys_own_headers_and_id_and_nothing_that_was_spoofed() {
    let gateway = gateway();
    let request = webhook("msg_1")
        .signed_in()
        .header("content-type", "application/json; charset=utf-8")
        .header("x-clerk-webhook-id", "spoofed")
        .header("X_Clerk_User_Id", "spoofed")
        .header("cookie", "__session=spoofed");
    let decision = gateway.receive(&request, BODY);
    let forward = &delivery(&decision).forward;
    assert_eq!(sent(forward, "x-clerk-webhook-id"), Some("msg_1"));
    assert_eq!(sent(forward, "content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(sent(forward, "svix-id"), Some("msg_1"));
    for name in ["authorization", "cookie", "x-clerk-user-id", "x_clerk_user_id", "x-clerk-session-id"] {
        assert_eq!(sent(forward, name), None, "{name}");
    }
    assert!(decision.session.is_none(), "credentials are not looked at");
    assert_eq!(gateway.world.fetches.get(), 0);
}

#[test]
fn bad_credentials_do_not_matter_and_good_ones_do_not_help() {
    let gateway = gateway();
    assert_eq!(outcome(&gateway.receive(&webhook("msg_1").header("authorization", "Basic x"), BODY)), "deliver");
    assert_eq!(gateway.outcome(&post("/webhooks/clerk").signed_in()), "webhook-headers-missing");
    assert_eq!(outcome(&gateway.receive(&webhook("msg_1").signed_in(), b"{}")), "webhook-signature-invalid");
}

#[test]
fn only_post_is_a_delivery() {
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let request = Request::new(method, "/webhooks/clerk").signed_at(0, "msg_1", BODY);
        assert_eq!(gateway().outcome(&request), "method-not-allowed", "{method}");
    }
}

#[test]
fn nothing_is_forwarded_before_its_body_was_checked() {
    let gateway = gateway();
    assert_eq!(gateway.outcome(&webhook("msg_1")), "receive");
    assert_eq!(
        gateway.outcome(&post("/webhooks/clerk").signed_at(301, "msg_1", BODY)),
        "webhook-timestamp-out-of-range"
    );
    assert_eq!(
        gateway.outcome(&post("/webhooks/clerk").signed_at(-301, "msg_1", BODY)),
        "webhook-timestamp-out-of-range"
    );
    assert_eq!(gateway.outcome(&post("/webhooks/clerk").signed_at(-300, "msg_1", BODY)), "receive");
    assert_eq!(gateway.world.loads.get(), 0, "a stranger's id is not looked up");
    assert_eq!(outcome(&gateway.receive(&webhook("msg_1"), b"")), "webhook-signature-invalid");
    assert_eq!(gateway.world.loads.get(), 0);
}

#[test]
fn a_body_makes_no_difference_to_other_requests() {
    let gateway = gateway();
    let decision = gateway.receive(&post("/api/x"), BODY);
    assert!(matches!(decision.verdict, Verdict::Forward(_)));
}

#[test]
fn attack_46_what_the_target_took_is_not_sent_again_and_what_failed_is() {
    let gateway = gateway();
    let failed = gateway.receive(&webhook("msg_1"), BODY);
    assert_eq!(outcome(&failed), "deliver");
    assert_eq!(deliver(&gateway, &webhook("msg_1")), "deliver");
    assert_eq!(deliver(&gateway, &webhook("msg_1")), "repeat");
    assert_eq!(
        deliver(&gateway, &post("/webhooks/clerk").signed_at(299, "msg_1", BODY)),
        "repeat",
        "a retry, signed anew"
    );
    assert_eq!(deliver(&gateway, &webhook("MSG_1")), "deliver", "ids are exact");
    assert_eq!(outcome(&gateway.receive(&webhook("msg_1"), b"{}")), "webhook-signature-invalid");
}

#[test]
fn what_one_target_took_another_still_gets() {
    let gateway = gateway();
    let to = |path: &str| post(path).signed_at(0, "msg_1", BODY);
    for path in ["/webhooks/clerk", "/webhooks/other", "/webhooks/service"] {
        assert_eq!(deliver(&gateway, &to(path)), "deliver", "{path}");
        assert_eq!(deliver(&gateway, &to(path)), "repeat", "{path}");
    }
}

#[test]
fn a_store_that_fails_or_holds_rubbish_loses_no_delivery() {
    let gateway = gateway();
    gateway.world.store_is_down.set(true);
    for _ in 0..2 {
        assert_eq!(deliver(&gateway, &webhook("msg_1")), "deliver");
    }
    gateway.world.store_is_down.set(false);
    assert_eq!(deliver(&gateway, &webhook("msg_1")), "deliver");
    let World { stored, .. } = &*gateway.world;
    for (key, value) in stored.borrow_mut().iter_mut() {
        assert!(key.starts_with("webhook:https://clerk.example.com:") && key.len() < 512, "{key}");
        *value = b"rubbish".to_vec();
    }
    assert_eq!(deliver(&gateway, &webhook("msg_1")), "deliver");
    assert_eq!(deliver(&gateway, &webhook("msg_1")), "repeat");
}
