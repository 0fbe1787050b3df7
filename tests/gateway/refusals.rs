//! Every refusal by code, status, headers and body, each brought about by a real request where the gateway decides it.

use clerk_edge::gateway::Verdict;
use clerk_edge::limits::WEBHOOK_BODY_BYTES;
use clerk_edge::method::{Method, MethodSet};
use clerk_edge::refusal::{Fault, Outage, Refusal};
use serde_json::{Value, json};

use super::support::KeyServer;
use super::support::key::other_key;
use super::support::request::{REQUEST_ID, Request, TestGateway};
use super::support::token::{NOW, Token};

/// What a refusal's `WWW-Authenticate` says.
#[derive(Clone, Copy)]
enum Challenge {
    None,
    Realm,
    Error(&'static str),
}

use Challenge::{Error, Realm};

/// The whole list: code, status, title, challenge. Codes and statuses are those of the design.
const REFUSALS: [(&str, u16, &str, Challenge); 39] = [
    ("credentials-missing", 401, "A bearer token is needed", Realm),
    ("credentials-malformed", 401, "The Authorization header is not a bearer token", Error("invalid_token")),
    ("credentials-ambiguous", 400, "There is more than one Authorization value", Error("invalid_request")),
    ("token-invalid", 401, "The token is malformed", Error("invalid_token")),
    ("token-invalid-algorithm", 401, "The token's algorithm is not accepted", Error("invalid_token")),
    ("token-type-mismatch", 401, "The token is not a session token", Error("invalid_token")),
    ("jwk-kid-mismatch", 401, "The token's key is not known", Error("invalid_token")),
    ("token-invalid-signature", 401, "The token's signature is not valid", Error("invalid_token")),
    ("token-invalid-issuer", 401, "The token's issuer is not accepted", Error("invalid_token")),
    ("token-invalid-audience", 401, "The token is for another audience", Error("invalid_token")),
    ("token-invalid-authorized-parties", 401, "The token is for another origin", Error("invalid_token")),
    ("token-invalid-subject", 401, "The token's subject is not a user", Error("invalid_token")),
    ("token-expired", 401, "The token has expired", Error("invalid_token")),
    ("token-not-active-yet", 401, "The token is not active yet", Error("invalid_token")),
    ("token-iat-in-the-future", 401, "The token was issued in the future", Error("invalid_token")),
    ("session-pending", 401, "The session has tasks to complete", Error("invalid_token")),
    ("insufficient-role", 403, "A role is missing", Error("insufficient_scope")),
    ("insufficient-permission", 403, "A permission is missing", Error("insufficient_scope")),
    ("insufficient-feature", 403, "A feature is missing", Error("insufficient_scope")),
    ("insufficient-plan", 403, "A plan is missing", Error("insufficient_scope")),
    ("insufficient-claim", 403, "A claim is missing", Error("insufficient_scope")),
    ("reverification-required", 403, "The session must be verified again", Error("insufficient_scope")),
    ("cross-site-request", 403, "A cookie is not accepted from another site", Challenge::None),
    ("origin-not-allowed", 403, "The origin is not allowed here", Challenge::None),
    ("path-invalid", 400, "The path is not accepted", Challenge::None),
    ("route-not-found", 404, "There is nothing here", Challenge::None),
    ("method-not-allowed", 405, "The method is not allowed here", Challenge::None),
    ("body-not-allowed", 400, "A request of this method has no body", Challenge::None),
    ("upgrade-not-allowed", 400, "The connection cannot be upgraded to this", Challenge::None),
    ("rate-limited", 429, "There were too many requests", Challenge::None),
    ("webhook-headers-missing", 400, "A webhook header is missing or malformed", Challenge::None),
    ("webhook-signature-invalid", 400, "The webhook's signature is not valid", Challenge::None),
    ("webhook-timestamp-out-of-range", 400, "The webhook's timestamp is too far from now", Challenge::None),
    ("webhook-body-too-large", 413, "The webhook's body is too large", Challenge::None),
    ("keys-unavailable", 503, "The signing keys cannot be had at the moment", Challenge::None),
    ("configuration-invalid", 503, "The gateway is not configured", Challenge::None),
    ("origin-unreachable", 502, "The origin cannot be reached", Challenge::None),
    ("origin-timeout", 504, "The origin did not answer in time", Challenge::None),
    ("handler-failed", 502, "The handler did not answer", Challenge::None),
];

/// The codes that are not the gateway's to decide: what comes of a verdict, and of having no gateway.
const NOT_DECIDED: [&str; 4] = ["configuration-invalid", "origin-unreachable", "origin-timeout", "handler-failed"];

/// Status, headers and body of a refusal, to the letter.
#[track_caller]
fn assert_answer(refusal: Refusal, extra_header: Option<(&str, &str)>) {
    let row = REFUSALS.iter().find(|(code, ..)| *code == refusal.code());
    let (code, status, title, challenge) = row.unwrap_or_else(|| panic!("{refusal:?} is not in the table"));
    assert_eq!(refusal.status(), *status, "{code}");
    let mut headers = vec![
        ("content-type", "application/problem+json".to_owned()),
        ("cache-control", "no-store".to_owned()),
        ("vary", "Authorization, Cookie, Origin".to_owned()),
    ];
    let realm = "Bearer realm=\"clerk-edge\"".to_owned();
    match challenge {
        Challenge::None => {}
        Realm => headers.push(("www-authenticate", realm)),
        Error(error) => {
            headers.push(("www-authenticate", format!("{realm}, error=\"{error}\", error_description=\"{title}\"")))
        }
    }
    headers.extend(extra_header.map(|(name, value)| (name, value.to_owned())));
    assert_eq!(refusal.headers(), headers, "{code}");
    let mut body = json!({
        "type": format!("urn:clerk-edge:problem:{code}"), "title": title, "status": status, "code": code,
        "requestId": REQUEST_ID,
    });
    if *code == "reverification-required" {
        body["clerk_error"] = json!({
            "type": "forbidden", "reason": "reverification-error",
            "metadata": {"reverification": {"level": "second_factor", "afterMinutes": 10}},
        });
    }
    assert_eq!(serde_json::from_str::<Value>(&refusal.body(REQUEST_ID)).unwrap(), body);
}

#[test]
fn the_list_of_refusals_is_closed_and_each_answers_to_the_letter() {
    let examples = Refusal::examples();
    assert_eq!(examples.iter().map(|refusal| refusal.code()).collect::<Vec<_>>(), REFUSALS.map(|(code, ..)| code));
    for refusal in examples {
        let extra = match refusal {
            Refusal::Theirs(Fault::MethodNotAllowed(_)) => {
                Some(("allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"))
            }
            Refusal::Theirs(Fault::RateLimited { .. }) => Some(("retry-after", "60")),
            Refusal::Ours(Outage::KeysUnavailable { .. }) => Some(("retry-after", "30")),
            Refusal::Theirs(_) | Refusal::Ours(_) => None,
        };
        assert_answer(refusal, extra);
    }
}

#[test]
fn a_realm_alone_goes_with_missing_credentials_alone() {
    let alone = REFUSALS.iter().filter(|(.., challenge)| matches!(challenge, Realm)).map(|(code, ..)| *code);
    assert_eq!(alone.collect::<Vec<_>>(), ["credentials-missing"]);
    for (code, status, _, challenge) in REFUSALS {
        assert!(
            status != 401 || !matches!(challenge, Challenge::None),
            "{code}: a 401 has a challenge (RFC 9110 15.5.2)"
        );
    }
}

/// A gateway on which every refusal can be brought about. Whatever is wrong with a request here holds the word canary.
fn gateway() -> TestGateway {
    let origin = "https://origin.example.com";
    let rule = |path: &str, require: Value| json!({"path": path, "require": require, "origin": origin});
    TestGateway::new(json!({
        "authorized_parties": ["https://app.example.com"],
        "audience": ["api"],
        "routes": [
            {"path": "/api/*", "origin": origin},
            {"path": "/read/:id", "methods": ["GET"], "origin": origin},
            rule("/role", json!({"role": "org:admin"})),
            rule("/organization", json!({"organization": true})),
            rule("/permission", json!({"permission": "org:billing:manage"})),
            rule("/feature", json!({"feature": "o:billing"})),
            rule("/plan", json!({"plan": "o:pro"})),
            rule("/claim", json!({"claim": "metadata.role", "equals": "admin"})),
            rule("/fresh", json!({"reverification": "strict"})),
            {"path": "/webhook", "webhook": "clerk", "origin": origin},
            {"path": "/limited", "limit": {"requests": 3, "per_seconds": 60, "by": "user"}, "origin": origin},
            {"path": "/shared", "cors": {"origins": ["https://app.example.com"]}, "origin": origin},
            {"path": "/socket", "websocket": true, "origin": origin},
        ],
    }))
}

fn good() -> Token {
    Token::new().claims(json!({
        "aud": "api", "email": "canary@canary.org", "fva": [100, 100], "org_id": "org_canary", "org_role": "org:canary",
        "org_slug": "canary", "org_permissions": ["org:canary:canary"], "fea": "o:canary", "pla": "o:canary",
        "metadata": {"role": "canary"},
    }))
}

/// A code, a header that goes with that code alone, and a request that brings it about.
type Refused = (&'static str, Option<(&'static str, &'static str)>, Request);

fn refused_requests() -> Vec<Refused> {
    let get = || Request::get("/api/canary?canary=canary").header("x-canary", "canary");
    let with = |token: &Token| get().bearer(&token.text());
    let claim = |name: &str, value: Value| with(&good().claim(name, value));
    let rule = |path: &str| Request::get(path).bearer(&good().text());
    let webhook = || Request::new("POST", "/webhook?canary=canary").header("x-canary", "canary");
    vec![
        (
            "origin-not-allowed",
            None,
            Request::new("OPTIONS", "/shared?canary=canary")
                .header("origin", "https://canary.org")
                .header("access-control-request-method", "GET"),
        ),
        ("webhook-headers-missing", None, webhook()),
        ("webhook-headers-missing", None, webhook().header("svix-id", "canary")),
        ("webhook-timestamp-out-of-range", None, webhook().signed_at(301, "canary", b"canary")),
        ("credentials-missing", None, get()),
        ("credentials-malformed", None, get().header("authorization", "Basic canary")),
        ("credentials-malformed", None, get().header("authorization", "canary")),
        ("credentials-ambiguous", None, with(&good()).bearer("canary")),
        ("token-invalid", None, get().bearer("canary")),
        ("token-invalid", None, with(&good().header("crit", json!(["canary"])))),
        ("token-invalid-algorithm", None, with(&good().header("alg", json!("canary")))),
        ("token-type-mismatch", None, get().bearer("ak_canary")),
        ("token-type-mismatch", None, with(&good().header("cat", json!("canary")))),
        ("token-type-mismatch", None, claim("sub", json!("mch_canary"))),
        ("jwk-kid-mismatch", None, with(&good().header("kid", json!("canary")))),
        ("token-invalid-signature", None, with(&good().forged_by(other_key()))),
        ("token-invalid-issuer", None, claim("iss", json!("https://canary.org"))),
        ("token-invalid-audience", None, claim("aud", json!("canary"))),
        ("token-invalid-authorized-parties", None, claim("azp", json!("https://canary.org"))),
        ("token-invalid-authorized-parties", None, with(&good().without("azp"))),
        ("token-invalid-subject", None, claim("sub", json!("canary"))),
        ("token-expired", None, claim("exp", json!(NOW - 5))),
        ("token-not-active-yet", None, claim("nbf", json!(NOW + 6))),
        ("token-iat-in-the-future", None, claim("iat", json!(NOW + 6))),
        ("session-pending", None, claim("sts", json!("pending"))),
        ("insufficient-role", None, rule("/role")),
        ("insufficient-role", None, Request::get("/organization").bearer(&good().without("org_id").text())),
        ("insufficient-permission", None, rule("/permission")),
        ("insufficient-feature", None, rule("/feature")),
        ("insufficient-plan", None, rule("/plan")),
        ("insufficient-claim", None, rule("/claim")),
        ("reverification-required", None, rule("/fresh")),
        ("cross-site-request", None, Request::new("POST", "/api/canary").cookie(&good().text())),
        ("origin-not-allowed", None, Request::handshake("websocket", "/socket").header("origin", "https://canary.org")),
        ("upgrade-not-allowed", None, Request::handshake("canary", "/socket")),
        ("upgrade-not-allowed", None, Request::handshake("websocket", "/api/canary")),
        ("path-invalid", None, Request::get("/api/canary/../admin")),
        ("path-invalid", None, Request::get("/api/canary%2fadmin")),
        ("route-not-found", None, Request::get("/canary?canary")),
        ("method-not-allowed", Some(("allow", "GET, HEAD")), Request::new("DELETE", "/read/canary")),
        ("method-not-allowed", Some(("allow", "GET, HEAD")), Request::new("CANARY", "/read/canary")),
        ("body-not-allowed", None, Request::get("/read/canary").bearer(&good().text()).with_body()),
    ]
}

#[test]
fn every_refusal_is_brought_about_by_a_request() {
    let mut decided = Vec::new();
    for (code, extra_header, request) in refused_requests() {
        let refusal = gateway().refuse(&request);
        assert_eq!(refusal.code(), code, "{request:?}");
        assert_answer(refusal, extra_header);
        decided.push(code);
    }
    let without_keys = gateway();
    without_keys.world.key_server_does(KeyServer::IsDown);
    let refusal = without_keys.refuse(&Request::get("/api/x").bearer(&good().text()));
    assert_answer(refusal, Some(("retry-after", "1")));
    decided.push(refusal.code());
    let (limited, request) = (gateway(), Request::get("/limited").bearer(&good().text()));
    assert_eq!([(); 3].map(|()| limited.outcome(&request)), ["forward https://origin.example.com/limited"; 3]);
    let refusal = limited.refuse(&request);
    assert_answer(refusal, Some(("retry-after", "60")));
    decided.push(refusal.code());
    let webhook = Request::new("POST", "/webhook").signed_at(0, "canary", b"canary");
    for body in [b"other".to_vec(), vec![0; WEBHOOK_BODY_BYTES + 1]] {
        let gateway = gateway();
        let Verdict::Refuse(refusal) = gateway.receive(&webhook, &body).verdict else { panic!("{}", body.len()) };
        assert_answer(refusal, None);
        decided.push(refusal.code());
    }
    decided.extend(NOT_DECIDED);
    for (code, ..) in REFUSALS {
        assert!(decided.contains(&code), "no request brings {code} about");
    }
}

#[test]
fn the_same_token_with_nothing_wrong_is_forwarded() {
    let request = Request::get("/api/canary").bearer(&good().text());
    assert_eq!(gateway().outcome(&request), "forward https://origin.example.com/api/canary");
    let read = Request::get("/read/canary").bearer(&good().text());
    assert_eq!(gateway().outcome(&read), "forward https://origin.example.com/read/canary");
}

#[test]
fn an_answer_never_holds_a_value_of_the_request_its_token_or_the_callers_rights() {
    for (code, _, request) in refused_requests() {
        let refusal = gateway().refuse(&request);
        let answer = format!("{:?}{}", refusal.headers(), refusal.body(REQUEST_ID)).to_lowercase();
        assert!(!answer.contains("canary") && !answer.contains("user_1"), "{code}: {answer}");
    }
}

#[test]
fn a_refusal_for_want_of_rights_still_tells_the_log_whose_session_it_was() {
    let gateway = gateway();
    let decision = gateway.decide(&Request::get("/role").bearer(&good().text()));
    assert!(matches!(decision.verdict, Verdict::Refuse(Refusal::Theirs(Fault::InsufficientRole))));
    assert_eq!(decision.session.unwrap().user_id, "user_1");
    assert_eq!(decision.route.unwrap().pattern.as_str(), "/role");
    let forged = gateway.decide(&Request::get("/role").bearer(&good().forged_by(other_key()).text()));
    assert!(forged.session.is_none(), "nobody's session is told for a forged token");
}

#[test]
fn a_body_is_refused_where_the_method_has_none_and_only_once_the_caller_is_known() {
    let gateway = TestGateway::with_routes(json!([
        {"path": "/open", "access": "public", "origin": "https://origin.example.com"},
        {"path": "/shut", "origin": "https://origin.example.com"},
    ]));
    for method in ["GET", "HEAD"] {
        let refusal = gateway.refuse(&Request::new(method, "/open").with_body());
        assert_eq!((refusal, refusal.status()), (Refusal::Theirs(Fault::BodyNotAllowed), 400));
        let anonymous = gateway.refuse(&Request::new(method, "/shut").with_body());
        assert_eq!(anonymous, Refusal::Theirs(Fault::CredentialsMissing));
        let known = Request::new(method, "/shut").with_body().bearer(&good().text());
        assert_eq!(gateway.refuse(&known), Refusal::Theirs(Fault::BodyNotAllowed));
    }
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        gateway.forward(&Request::new(method, "/open").with_body());
    }
}

#[test]
fn an_allow_header_names_the_methods_of_every_route_with_the_pattern() {
    let origin = "https://origin.example.com";
    let gateway = TestGateway::with_routes(json!([
        {"path": "/x", "methods": ["GET"], "origin": origin},
        {"path": "/x", "methods": ["DELETE"], "origin": origin},
        {"path": "/*", "methods": ["PUT"], "origin": origin},
    ]));
    let allowed = MethodSet::NONE.with(Method::Get).with(Method::Delete);
    assert_eq!(gateway.refuse(&Request::new("POST", "/x")), Refusal::Theirs(Fault::MethodNotAllowed(allowed)));
    let allowed = MethodSet::NONE.with(Method::Put);
    assert_eq!(gateway.refuse(&Request::get("/y")), Refusal::Theirs(Fault::MethodNotAllowed(allowed)));
}
