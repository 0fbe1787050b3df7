//! Causes and cures: each is taken from what is wrong, and nothing is told where nothing is.

use clerk_edge::explanation::{self, Diagnosis, Explanation, Trouble};
use serde_json::{Value, json};

use super::support::KeyServer;
use super::support::key::other_key;
use super::support::request::{HOST, REQUEST_ID, Request, TestGateway};
use super::support::token::{APP, NOW, Token, after};

const ORIGIN: &str = "https://origin.example.com";

fn gateway() -> TestGateway {
    TestGateway::new(json!({
        "authorized_parties": [APP], "audience": ["api"], "cors": {"origins": [APP]},
        "routes": [
            {"path": "/api/*", "methods": ["GET", "POST"], "origin": ORIGIN},
            {"path": "/graphql", "access": "optional", "origin": ORIGIN},
            {"path": "/public/*", "access": "public", "origin": ORIGIN, "cors": false},
            {"path": "/hooks", "webhook": "clerk", "origin": ORIGIN},
        ],
    }))
}

fn explain(request: &Request, asked: &[Trouble]) -> Explanation {
    explain_by(&gateway(), request, asked)
}

fn explain_by(gateway: &TestGateway, request: &Request, asked: &[Trouble]) -> Explanation {
    pollster::block_on(explanation::of_request(&gateway.gateway, &request.head(), REQUEST_ID, after(0), asked))
}

fn good() -> Token {
    Token::new().claim("azp", json!(APP)).claim("aud", json!("api"))
}

#[track_caller]
fn only(explanation: Explanation) -> Diagnosis {
    let [diagnosis] = <[Diagnosis; 1]>::try_from(explanation.troubles).unwrap();
    diagnosis
}

/// The cause of a request with a token that is refused.
fn cause(token: &Token) -> String {
    let told = only(explain(&Request::get("/api/x").bearer(&token.text()), &[]));
    assert_eq!(told.trouble, Trouble::InvalidToken);
    assert!(!told.cure.is_empty());
    told.cause
}

#[test]
fn where_nothing_is_wrong_nothing_is_told_unless_somebody_asks() {
    let request = Request::get("/api/x").bearer(&good().text());
    assert!(explain(&request, &[]).troubles.is_empty());
    let all = [Trouble::InvalidToken, Trouble::Cors, Trouble::MissingUser, Trouble::Graphql];
    let told = explain(&request, &all).troubles;
    assert_eq!(told.iter().map(|told| told.trouble).collect::<Vec<_>>(), all);
    assert!(told[0].cause.contains("good here and now"));
    assert!(told[1].cause.contains("no Origin header"));
    assert!(told[2].cause.contains("X-Clerk-User-Id"));
    assert!(told[3].cause.contains("context is made without the request"));
}

#[test]
fn a_refused_token_is_told_by_what_it_says() {
    let claim = |name: &str, value: Value| good().claim(name, value);
    for (token, expected) in [
        (claim("iss", json!("https://happy-cat-1.clerk.accounts.dev")), "made by the development instance happy-cat-1"),
        (good().by(other_key()).claim("iss", json!("https://clerk.other.com")), "production instance clerk.other.com"),
        (good().by(other_key()), "the key set has no key"),
        (good().forged_by(other_key()), "its signature is not of the key here"),
        (claim("exp", json!(NOW - 60)), "a clock here that goes ahead"),
        (claim("exp", json!(NOW - 7_200)), "expired 2 h ago"),
        (claim("iat", json!(NOW + 90)), "iat is 1 min 30 s ahead of the clock here"),
        (claim("nbf", json!(NOW + 90)).claim("iat", json!(NOW)), "nbf is 1 min 30 s ahead"),
        (good().header("cat", json!("cl_B7d4PD222AAA")), "made from a JWT template (cat says so)"),
        (good().without("sid"), "made from a JWT template (it has no sid)"),
        (claim("sub", json!("mch_1")), "a machine's token"),
        (good().header("cat", json!("cl_B7d4PD333AAA")), "a machine's token"),
        (good().header("typ", json!("at+jwt")), "an OAuth access token"),
        (good().header("alg", json!("HS256")), "signed with \"HS256\""),
        (claim("aud", json!("web")), "made for \"web\""),
        (claim("azp", json!("https://evil.example")), "asked for by a page of https://evil.example"),
        (good().without("azp"), "the token has no azp"),
        (claim("sub", json!("me")), "sub is \"me\""),
        (claim("sts", json!("pending")), "tasks left"),
        (claim("exp", json!("soon")), "no token of Clerk's in form (sid: "),
    ] {
        let cause = cause(&token);
        assert!(cause.contains(expected), "{expected}: {cause}");
    }
    let opaque = only(explain(&Request::get("/api/x").bearer("ak_1"), &[]));
    assert!(opaque.cause.contains("an opaque token of Clerk's"), "{}", opaque.cause);
}

#[test]
fn an_outage_is_not_told_as_a_bad_token() {
    let gateway = gateway();
    gateway.world.key_server_does(KeyServer::IsDown);
    let told = only(explain_by(&gateway, &Request::get("/api/x").bearer(&good().text()), &[]));
    assert!(told.cause.contains("this is not the token's fault"), "{}", told.cause);
}

#[test]
fn what_is_sent_in_a_tokens_place_is_told() {
    for (value, expected) in [
        ("Bearer null", "the word null"),
        ("Bearer undefined", "the word undefined"),
        ("Basic dTpw", "not `Bearer` and one token"),
        ("Bearer a, Bearer b", "two Authorization values"),
    ] {
        let told = only(explain(&Request::get("/api/x").header("authorization", value), &[]));
        assert!(told.cause.contains(expected), "{value}: {}", told.cause);
    }
}

#[test]
fn a_missing_user_is_told_by_where_the_token_was_looked_for() {
    let told = |request: &Request| only(explain(request, &[]));
    let missing = told(&Request::get("/api/x"));
    assert_eq!((missing.trouble, missing.cause.contains("no token was sent")), (Trouble::MissingUser, true));
    let foreign = told(&Request::get("/api/x").header("cookie", "__session_other=x"));
    assert!(foreign.cause.contains("of another Clerk instance (__session_other)"), "{}", foreign.cause);
    let public = told(&Request::get("/public/x").bearer(&good().text()));
    assert!(public.cause.contains("the route /public/* is public"), "{}", public.cause);
    let graphql = told(&Request::get("/graphql"));
    assert_eq!((graphql.trouble, graphql.cause.contains("no token was sent")), (Trouble::Graphql, true));
    let nowhere = only(explain(&Request::get("/nothing"), &[Trouble::MissingUser]));
    assert!(nowhere.cause.contains("came to no route"), "{}", nowhere.cause);
    let hook = only(explain(&Request::new("POST", "/hooks").signed_at(0, "msg_1", b"{}"), &[Trouble::MissingUser]));
    assert!(hook.cause.contains("for webhooks"), "{}", hook.cause);
}

#[test]
fn a_cors_error_is_told_by_the_policy_that_answers() {
    let signed = |origin: &str, path: &str| Request::get(path).bearer(&good().text()).header("origin", origin);
    let preflight = |origin: &str, method: &str, path: &str| {
        let request = Request::new("OPTIONS", path).header("origin", origin);
        request.header("access-control-request-method", method).header("access-control-request-headers", "x-trace")
    };
    for (request, expected) in [
        (signed("http://localhost:3000", "/api/x"), "http://localhost:3000 is not among the origins"),
        (signed(&format!("{APP}/"), "/api/x"), "is not among the origins"),
        (signed("null", "/api/x"), "origin is null"),
        (signed(HOST, "/api/x"), "the gateway's own origin"),
        (signed(APP, "/public/x"), "the route /public/* has no CORS policy"),
        (signed(APP, "/api/x"), "lets pages of https://app.example.com read this answer"),
        (signed(APP, "/api/x").header("cookie", "a=b"), "not to requests with cookies"),
        (preflight(APP, "GET", "/api/x"), "wants to send x-trace"),
        (preflight(APP, "DELETE", "/api/x"), "no route of this path takes DELETE"),
        (preflight("https://evil.example", "GET", "/api/x"), "is not among the origins"),
    ] {
        let told = explain(&request, &[Trouble::Cors]);
        let cors = told.troubles.iter().find(|told| told.trouble == Trouble::Cors).unwrap();
        assert!(cors.cause.contains(expected), "{request:?}: {}", cors.cause);
        let is_well =
            expected.starts_with("the gateway's own") || expected.starts_with("lets") || expected.starts_with("not to");
        let shows = explain(&request, &[]).troubles.iter().any(|told| told.trouble == Trouble::Cors);
        assert_eq!(shows, !is_well, "{request:?}");
    }
}
