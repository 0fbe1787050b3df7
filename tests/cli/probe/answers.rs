//! What the API under test answers.

use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::api::Denied;

/// As much of GraphQL as the checks ask.
pub(super) fn resolve(query: &str, caller: Option<&str>) -> Value {
    let (asks_public, asks_private) = (query.contains("hello"), query.contains("me"));
    let mut data = serde_json::Map::new();
    if asks_public {
        data.insert("hello".to_owned(), json!("world"));
    }
    if asks_private && !query.contains("__schema") {
        data.insert("me".to_owned(), caller.map_or(Value::Null, |user| json!({"id": user})));
    }
    let denied = json!([{"message": "Sign in", "extensions": {"code": "UNAUTHENTICATED"}}]);
    if asks_private && caller.is_none() { json!({"data": data, "errors": denied}) } else { json!({"data": data}) }
}

pub(super) fn opened(user: &str) -> Response {
    json_of(StatusCode::OK, &json!({"user": user}))
}

pub(super) fn nothing() -> Response {
    json_of(StatusCode::NOT_FOUND, &json!({"title": "Not found", "status": 404}))
}

pub(super) fn forbidden() -> Response {
    let mut response = json_of(StatusCode::FORBIDDEN, &json!({"title": "Forbidden", "status": 403}));
    challenge(&mut response, "Bearer error=\"insufficient_scope\"");
    response
}

pub(super) fn refuse(denied: &Denied) -> Response {
    let (status, value) = match denied {
        Denied::Missing => (StatusCode::UNAUTHORIZED, "Bearer"),
        Denied::Ambiguous => (StatusCode::BAD_REQUEST, "Bearer error=\"invalid_request\""),
        Denied::Invalid(_) => (StatusCode::UNAUTHORIZED, "Bearer error=\"invalid_token\""),
        Denied::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, ""),
    };
    let mut response = json_of(status, &json!({"title": "No", "status": status.as_u16()}));
    match value {
        "" => response.headers_mut().insert("retry-after", HeaderValue::from_static("2")).map_or((), drop),
        value => challenge(&mut response, value),
    }
    response
}

pub(super) fn challenge(response: &mut Response, value: &'static str) {
    response.headers_mut().insert("www-authenticate", HeaderValue::from_static(value));
}

pub(super) fn json_of(status: StatusCode, body: &Value) -> Response {
    let headers =
        [("content-type", "application/json"), ("cache-control", "no-store"), ("vary", "Authorization, Origin")];
    (status, headers, body.to_string()).into_response()
}
