//! A grid of configurations and requests, each decided by one gateway and explained by another that has seen nothing.

use clerk_edge::explanation::{self, Explanation};
use clerk_edge::gateway::Verdict;
use serde_json::{Value, json};

use super::support::KeyServer;
use super::support::key::other_key;
use super::support::request::{REQUEST_ID, Request, TestGateway, instance};
use super::support::token::{APP, NOW, Token, after};

const ORIGIN: &str = "https://origin.example.com";

fn gateways() -> Vec<Value> {
    vec![
        json!({"routes": [
            {"path": "/api/*", "origin": ORIGIN, "strip_prefix": "/api"},
            {"path": "/api/admin/*", "require": {"role": "org:admin"}, "origin": ORIGIN},
            {"path": "/api/:id", "methods": ["GET"], "access": "optional", "origin": "zone"},
            {"path": "/public/*", "access": "public", "service": "ORDERS"},
            {"path": "/whoami", "serve": "whoami"},
            {"path": "/hooks", "webhook": "clerk", "origin": ORIGIN},
        ]}),
        json!({
            "authorized_parties": [APP], "missing_azp": "same-origin", "forward_token": true,
            "cors": {"origins": [APP], "credentials": true},
            "routes": [
                {"path": "/*", "access": "optional", "origin": ORIGIN},
                {"path": "/api/*", "methods": ["GET", "POST"], "limit": {"requests": 2, "per_seconds": 10, "by": "user"},
                 "require": {"any": [{"permission": "org:billing:manage"}, {"all": [{"plan": "pro"}, {"feature": "export"}]}]},
                 "websocket": true, "origin": ORIGIN},
                {"path": "/live", "access": "optional", "websocket": true, "origin": ORIGIN},
                {"path": "/api/admin", "require": {"reverification": "strict"}, "serve": "report"},
            ],
        }),
        json!({
            "case_sensitive": true, "audience": ["api"],
            "routes": [
                {"path": "/api/*", "allow_in_path": ["%2F", ";"], "origin": ORIGIN, "cors": {"origins": ["*"]}},
                {"path": "/API/*", "access": "public", "origin": ORIGIN},
            ],
        }),
    ]
}

fn credentials() -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let good = Token::new();
    let bearer = |text: String| vec![("authorization", format!("Bearer {text}"))];
    let suffixed = format!("__session_{}", instance().cookie_suffix());
    let cookies = format!("__session={}; {suffixed}={}; theme=dark", good.text(), good.text());
    vec![
        ("none", vec![]),
        ("good", bearer(good.text())),
        ("admin", bearer(good.clone().claim("o", json!({"id": "org_1", "rol": "admin"})).text())),
        ("of a party", bearer(good.clone().claim("azp", json!(APP)).claim("pla", json!("u:pro")).text())),
        ("of another party", bearer(good.clone().claim("azp", json!("https://evil.example")).text())),
        ("expired", bearer(good.clone().claim("exp", json!(NOW - 60)).text())),
        ("forged", bearer(good.clone().forged_by(other_key()).text())),
        ("template", bearer(good.clone().header("cat", json!("cl_B7d4PD222AAA")).text())),
        ("rubbish", bearer("rubbish".to_owned())),
        ("null", bearer("null".to_owned())),
        ("basic", vec![("authorization", "Basic dTpw".to_owned())]),
        ("two", vec![("authorization", "Bearer a".to_owned()), ("Authorization", "Bearer b".to_owned())]),
        ("cookie", vec![("cookie", format!("__session={}; theme=dark", good.text()))]),
        ("cookies", vec![("cookie", cookies)]),
    ]
}

fn requests() -> Vec<Request> {
    let targets = [
        "/",
        "/api/x?y=1",
        "/api/admin",
        "/api/admin/z",
        "/API/x",
        "/api/a%2Fb",
        "/api/../x",
        "/hooks",
        "/whoami",
        "/public/1",
        "/live",
        "/.well-known/clerk-edge/health",
        "/.well-known/clerk-edge/jwks.json",
        "/api/x;y",
        "/nothing",
    ];
    let mut requests = Vec::new();
    for target in targets {
        for method in ["GET", "POST", "DELETE", "OPTIONS", "BREW"] {
            for (_, headers) in credentials() {
                let request = headers
                    .iter()
                    .fold(Request::new(method, target), |request, (name, value)| request.header(name, value));
                requests.push(
                    request
                        .clone()
                        .header("x-clerk-user-id", "spoofed")
                        .header("connection", "x-one")
                        .header("x-one", "1"),
                );
                requests.push(request.header("origin", APP).header("access-control-request-method", "DELETE"));
            }
        }
        requests.push(Request::handshake("websocket", target).signed_in());
        requests.push(Request::handshake("websocket", target).signed_in().header("origin", "https://evil.example"));
        requests.push(Request::handshake("h2c", target).signed_in());
        requests.push(Request::get(target).signed_in().with_body());
        requests.push(Request::new("POST", target).signed_at(0, "msg_1", b"{}"));
    }
    requests
}

/// What is answered, as far as an explanation can say it.
fn decided(verdict: &Verdict<'_>) -> (&'static str, Option<u16>, Option<&'static str>, Option<String>) {
    match verdict {
        Verdict::Forward(forward) => ("forward", None, None, Some(forward.url.clone())),
        Verdict::Upgrade(upgrade) => ("upgrade", None, None, Some(upgrade.forward.url.clone())),
        Verdict::Webhook(webhook) => ("webhook", None, None, Some(webhook.forward().url.clone())),
        Verdict::Serve(serve) => ("serve", None, None, Some(serve.handler.to_owned())),
        Verdict::Preflight(_) => ("preflight", Some(204), None, None),
        Verdict::AssertionKeys(_) => ("assertion-keys", Some(200), None, None),
        Verdict::Refuse(refusal) => ("refuse", Some(refusal.status()), Some(refusal.code()), None),
        Verdict::Deliver(_) | Verdict::Repeat => panic!("a decision without a body is neither"),
    }
}

fn explain(gateway: &TestGateway, request: &Request) -> Explanation {
    pollster::block_on(explanation::of_request(&gateway.gateway, &request.head(), REQUEST_ID, after(0), &[]))
}

fn compare(new: impl Fn() -> TestGateway, request: &Request) -> &'static str {
    let gateway = new();
    let decision = gateway.decide(request);
    let told = explain(&new(), request);
    let answer = &told.answer;
    let url = answer.url.clone().or_else(|| answer.handler.clone());
    assert_eq!((answer.kind, answer.status, answer.code, url), decided(&decision.verdict), "{request:?}");
    let verified = told.token.as_ref().is_some_and(|token| token.verified);
    assert_eq!(verified, decision.session.is_some(), "{request:?}");
    answer.code.unwrap_or(answer.kind)
}

#[test]
fn every_request_is_explained_as_it_is_decided() {
    let mut seen = std::collections::BTreeMap::<&str, usize>::new();
    for gateway in gateways() {
        for request in requests() {
            *seen.entry(compare(|| TestGateway::new(gateway.clone()), &request)).or_default() += 1;
        }
    }
    let expected = [
        "forward",
        "upgrade",
        "serve",
        "preflight",
        "webhook",
        "assertion-keys",
        "credentials-missing",
        "credentials-malformed",
        "credentials-ambiguous",
        "token-invalid",
        "token-type-mismatch",
        "token-expired",
        "token-invalid-signature",
        "token-invalid-audience",
        "token-invalid-authorized-parties",
        "insufficient-role",
        "insufficient-permission",
        "cross-site-request",
        "origin-not-allowed",
        "path-invalid",
        "route-not-found",
        "method-not-allowed",
        "body-not-allowed",
        "upgrade-not-allowed",
        "webhook-headers-missing",
    ];
    let missing: Vec<_> = expected.into_iter().filter(|kind| !seen.contains_key(kind)).collect();
    assert!(missing.is_empty(), "never seen: {missing:?}; seen: {seen:?}");
}

#[test]
fn an_outage_is_explained_as_it_is_decided() {
    let new = || {
        let gateway = TestGateway::new(gateways().remove(0));
        gateway.world.key_server_does(KeyServer::IsDown);
        gateway
    };
    assert_eq!(compare(new, &Request::get("/api/x").signed_in()), "keys-unavailable");
}
