//! Deliveries that Clerk did not make, or not now. (Attacks 45 and 46.)

use clerk_edge::gateway::{Decision, Verdict};
use clerk_edge::webhook::WebhookSecrets;
use serde_json::json;

use super::support::request::{Request, TestGateway, WEBHOOK_SECRET};
use super::support::token::{NOW, Token, after};
use super::{ORIGIN, told};

const BODY: &[u8] = b"{\"type\": \"user.created\",\r\n \"data\": {\"id\":\"user_1\"}}\n";

fn gateway() -> TestGateway {
    TestGateway::with_routes(json!([
        {"path": "/hook", "webhook": "clerk", "origin": ORIGIN},
        {"path": "/x", "origin": ORIGIN},
        {"path": "/admin", "origin": ORIGIN, "require": {"role": "org:admin"}},
        {"path": "/optional", "access": "optional", "origin": ORIGIN},
    ]))
}

fn outcome(decision: &Decision<'_>) -> &'static str {
    match &decision.verdict {
        Verdict::Refuse(refusal) => refusal.code(),
        Verdict::Deliver(_) => "deliver",
        Verdict::Repeat => "repeat",
        other => panic!("{other:?}"),
    }
}

/// What becomes of a delivery with these three headers.
fn of_headers(headers: &[(&str, &str)], body: &[u8]) -> &'static str {
    let request =
        headers.iter().fold(Request::new("POST", "/hook"), |request, (name, value)| request.header(name, value));
    outcome(&gateway().receive(&request, body))
}

fn signature(body: &[u8]) -> String {
    WebhookSecrets::parse(WEBHOOK_SECRET).unwrap().sign("msg_1", after(0), body)
}

fn of_signature(signature: &str, body: &[u8]) -> &'static str {
    of_headers(&[("svix-id", "msg_1"), ("svix-timestamp", &NOW.to_string()), ("svix-signature", signature)], body)
}

#[test]
fn attack_45_only_a_whole_signature_over_the_very_bytes_counts() {
    let good = signature(BODY);
    let base64 = good.strip_prefix("v1,").unwrap();
    let other = format!("v1,{}A=", "A".repeat(42));
    for list in [
        good.clone(),
        format!("{other} {good}"),
        format!("{good} {other}"),
        format!("v1a,{base64} {good}"),
        format!("v2,x {good}"),
    ] {
        assert_eq!(of_signature(&list, BODY), "deliver", "{list}");
    }
    for (list, expected) in [
        ("", "webhook-headers-missing"),
        ("v1,", "webhook-headers-missing"),
        ("v1", "webhook-signature-invalid"),
        (&format!("v1,{}", &base64[..4]), "webhook-signature-invalid"),
        (&format!("v1,{}", &base64[..40]), "webhook-signature-invalid"),
        (&format!("v1,{}", &base64[..43]), "webhook-signature-invalid"),
        (&format!("v1,{base64}{base64}"), "webhook-signature-invalid"),
        (&format!("v1a,{base64}"), "webhook-signature-invalid"),
        (base64, "webhook-signature-invalid"),
        (&other, "webhook-signature-invalid"),
        (&format!("{good},{good}"), "webhook-signature-invalid"),
        (&format!("{good}, {good}"), "webhook-headers-missing"),
    ] {
        assert_eq!(of_signature(list, BODY), expected, "{list:?}");
    }
    let reserialized = serde_json::from_slice::<serde_json::Value>(BODY).unwrap().to_string();
    let with_mark = [b"\xef\xbb\xbf", BODY].concat();
    for body in [reserialized.as_bytes(), BODY.trim_ascii_end(), &with_mark, b"", &BODY[1..]] {
        assert_eq!(of_signature(&good, body), "webhook-signature-invalid");
    }
    let not_utf8 = b"\xff\xfe{\x00\xc3";
    assert_eq!(of_signature(&signature(not_utf8), not_utf8), "deliver", "the body is bytes");
    assert_eq!(
        of_signature(&signature(not_utf8), String::from_utf8_lossy(not_utf8).as_bytes()),
        "webhook-signature-invalid"
    );
}

#[test]
fn attack_45_a_delivery_is_of_now_by_one_family_of_headers_each_once() {
    let at = |seconds: i64| {
        outcome(&gateway().receive(&Request::new("POST", "/hook").signed_at(seconds, "msg_1", BODY), BODY))
    };
    for (seconds, expected) in [
        (-301, "webhook-timestamp-out-of-range"),
        (-300, "deliver"),
        (0, "deliver"),
        (300, "deliver"),
        (301, "webhook-timestamp-out-of-range"),
        (-NOW, "webhook-timestamp-out-of-range"),
        (86_400 * 365, "webhook-timestamp-out-of-range"),
    ] {
        assert_eq!(at(seconds), expected, "{seconds} s");
    }
    let (time, good) = (NOW.to_string(), signature(BODY));
    let whole = [("svix-id", "msg_1"), ("svix-timestamp", time.as_str()), ("svix-signature", good.as_str())];
    assert_eq!(of_headers(&whole, BODY), "deliver");
    for twice in whole {
        let headers = [&whole[..], &[twice]].concat();
        assert_eq!(of_headers(&headers, BODY), "webhook-headers-missing", "{} twice", twice.0);
        let other_name = twice.0.replace("svix", "webhook");
        let other_family = [&whole[..], &[(other_name.as_str(), twice.1)]].concat();
        assert_eq!(of_headers(&other_family, BODY), "webhook-headers-missing", "{} in both families", twice.0);
        let without: Vec<_> = whole.into_iter().filter(|header| *header != twice).collect();
        assert_eq!(of_headers(&without, BODY), "webhook-headers-missing", "without {}", twice.0);
    }
    for secret in ["", " ", "whsec_", "whsec_ whsec_", "whsec_*"] {
        assert!(WebhookSecrets::parse(secret).is_err(), "{secret:?} is no secret");
    }
}

#[test]
fn attack_46_events_in_any_order_lost_or_repeated_change_no_decision() {
    let events = [
        "user.created",
        "organizationMembership.created",
        "organizationMembership.deleted",
        "session.revoked",
        "user.deleted",
        "role.updated",
    ];
    let requests = [
        Request::get("/x"),
        Request::get("/x").signed_in(),
        Request::get("/admin").signed_in(),
        Request::get("/admin").bearer(&Token::new().claims(json!({"org_id": "org_1", "org_role": "org:admin"})).text()),
        Request::get("/optional"),
    ];
    let decisions =
        |gateway: &TestGateway| requests.iter().map(|request| told(&gateway.decide(request))).collect::<Vec<_>>();
    let expected = decisions(&gateway());
    let mut order: Vec<usize> = (0..events.len()).collect();
    for round in 0..24_usize {
        // Another order each time, by rotation and exchange; some events are lost, some come twice.
        order.rotate_left(1 + round % 5);
        order.swap(round % 6, (round * 5 + 1) % 6);
        let gateway = gateway();
        for (place, event) in order.iter().enumerate().filter(|(place, _)| (round + place) % 4 != 0) {
            let body = json!({"type": events[*event], "data": {"id": "user_1", "role": "org:admin"}}).to_string();
            let request = Request::new("POST", "/hook").signed_at(0, &format!("msg_{event}"), body.as_bytes());
            let delivery = gateway.receive(&request, body.as_bytes());
            assert_eq!(outcome(&delivery), "deliver");
            let Verdict::Deliver(delivery) = &delivery.verdict else { unreachable!() };
            pollster::block_on(gateway.gateway.remember(delivery)).unwrap();
            assert_eq!(outcome(&gateway.receive(&request, body.as_bytes())), "repeat");
            assert_eq!(decisions(&gateway), expected, "after {} in place {place}", events[*event]);
        }
    }
}
