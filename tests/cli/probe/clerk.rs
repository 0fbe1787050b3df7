//! With a development instance: a small server in the place of Clerk's Backend API, whose tokens the stand-in signs.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Run;
use super::api::{APP, Api, serve};
use super::faults::Fault;
use crate::harness::*;

const SECRET_KEY: &str = "sk_test_backend";
/// Life of the tokens: short, as a test waits for its end.
const LIFETIME_SECONDS: u32 = 3;

/// The Backend API, and the sessions that were opened and revoked.
struct Backend {
    stand_in: String,
    calls: Mutex<Vec<String>>,
}

fn backend(stand_in: &StandIn) -> (String, Arc<Backend>) {
    let backend = Arc::new(Backend { stand_in: stand_in.url.clone(), calls: Mutex::default() });
    let routes = Router::new()
        .route("/v1/users", get(users))
        .route("/v1/jwks", get(jwks))
        .route("/v1/sessions", post(open))
        .route("/v1/sessions/{id}/tokens", post(token))
        .route("/v1/sessions/{id}/revoke", post(revoke))
        .with_state(Arc::clone(&backend));
    (format!("http://{}", serve(routes)), backend)
}

async fn users(State(backend): State<Arc<Backend>>, headers: HeaderMap) -> Response {
    backend.answer(&headers, "users", json!([{"id": "user_first"}, {"id": "user_second"}]))
}

async fn jwks(State(backend): State<Arc<Backend>>, headers: HeaderMap) -> Response {
    let (_, text) = read(agent().get(format!("{}/.well-known/jwks.json", backend.stand_in)).call()).unwrap();
    backend.answer(&headers, "jwks", serde_json::from_str(&text).unwrap())
}

async fn open(State(backend): State<Arc<Backend>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let user = body["user_id"].as_str().unwrap();
    backend.answer(&headers, &format!("open {user}"), json!({"id": "sess_1", "user_id": user}))
}

async fn token(State(backend): State<Arc<Backend>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let claims = json!({"aud": "https://api.example.com"});
    let request = json!({
        "user": "user_first", "session": id, "authorized_party": APP, "claims": claims, "lifetime_seconds": LIFETIME_SECONDS,
    });
    let answer = agent().post(format!("{}/stand-in/tokens", backend.stand_in)).send(request.to_string());
    backend.answer(&headers, "token", json!({"object": "token", "jwt": read(answer).unwrap().1}))
}

async fn revoke(State(backend): State<Arc<Backend>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    backend.answer(&headers, &format!("revoke {id}"), json!({"id": id, "status": "revoked"}))
}

impl Backend {
    fn answer(&self, headers: &HeaderMap, call: &str, body: Value) -> Response {
        if headers.get("authorization").is_none_or(|value| value != format!("Bearer {SECRET_KEY}").as_str()) {
            let errors = json!({"errors": [{"message": "The secret key is not valid", "code": "clerk_key_invalid"}]});
            return (StatusCode::UNAUTHORIZED, Json(errors)).into_response();
        }
        self.calls.lock().unwrap().push(call.to_owned());
        Json(body).into_response()
    }
}

#[test]
fn with_a_development_instance_the_session_is_opened_used_and_revoked() {
    let stand_in = StandIn::start();
    let (url, backend) = backend(&stand_in);
    let api = Api::start(&stand_in, None);
    let run = Run::of(&api, &["--clerk", "--strict"], &[("CLERK_SECRET_KEY", SECRET_KEY), ("CLERK_API_URL", &url)]);
    assert_eq!(run.ended("failed"), [] as [u64; 0], "{}", run.findings());
    let passed = run.ended("passed");
    assert!([8, 13, 16, 35, 39].iter().all(|id| passed.contains(id)), "{passed:?}");
    let calls = backend.calls.lock().unwrap();
    assert_eq!(calls[..3], ["users", "open user_first", "token"]);
    let count = |name: &str| calls.iter().filter(|call| call.starts_with(name)).count();
    assert_eq!(count("open"), count("revoke"), "nothing is left open");
}

#[test]
fn an_api_that_forgets_exp_fails_the_check_of_revoked_sessions_alone() {
    let stand_in = StandIn::start();
    let (url, _) = backend(&stand_in);
    let api = Api::start(&stand_in, Some(Fault(39)));
    let environment = [("CLERK_SECRET_KEY", SECRET_KEY), ("CLERK_API_URL", url.as_str())];
    let run = Run::of(&api, &["--clerk", "--clerk-user", "user_second"], &environment);
    assert_eq!(run.ended("failed"), [39], "{}", run.findings());
    assert_eq!(run.output.status.code(), Some(1));
}

#[test]
fn what_clerk_says_to_a_wrong_key_is_passed_on() {
    let stand_in = StandIn::start();
    let (url, _) = backend(&stand_in);
    let api = Api::start(&stand_in, None);
    let output = std::process::Command::new(BINARY)
        .args(["test", &api.url(), "--clerk"])
        .envs([("CLERK_SECRET_KEY", "sk_test_wrong"), ("CLERK_API_URL", url.as_str())])
        .output()
        .unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(said(&output).contains("401: The secret key is not valid"), "{}", said(&output));
}

#[test]
fn an_answer_that_is_not_clerks_is_told_by_its_status() {
    let (stand_in, down) = (StandIn::start(), Router::new().fallback(|| async { (StatusCode::BAD_GATEWAY, "<html>") }));
    let api = Api::start(&stand_in, None);
    let output = std::process::Command::new(BINARY)
        .args(["test", &api.url(), "--clerk"])
        .envs([("CLERK_SECRET_KEY", "sk_test_any"), ("CLERK_API_URL", &format!("http://{}", serve(down)))])
        .output()
        .unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(said(&output).contains("what was asked: 502: no reason given"), "{}", said(&output));
}
