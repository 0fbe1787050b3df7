//! The stand-in's endpoints.
//!
//! Two of them are Clerk's and may be out of order on request; those under `/stand-in` are for tests and always work.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::answer::{Refusal, clerk_error, read};
use super::connection::Scissors;
use super::key_ring::{KeySet, Rotation};
use super::stand_in::{DELAY_MS_MAX, Identity, Outage, OutageMode, StandIn, new_key};
use super::webhooks;
use crate::cli::session_token::{KeyChoice, TokenRequest};
use crate::platform::native::now;

pub(super) type Body = Result<Bytes, BytesRejection>;
pub(super) type Shared = State<Arc<StandIn>>;

/// The whole state, as shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Overview {
    #[serde(flatten)]
    identity: Identity,
    jwt_key: String,
    outage: Outage,
}

/// A token whose parts are given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignRequest {
    header: Part,
    payload: Part,
    #[serde(default)]
    key: KeyChoice,
}

/// One part of a token: bytes to be taken as they are, or an object to be written.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a string or an object")]
enum Part {
    Verbatim(String),
    Object(Map<String, Value>),
}

/// The kid that leaves the set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Removal {
    kid: String,
}

/// The router of all endpoints.
pub(super) fn routes(stand_in: Arc<StandIn>) -> Router {
    Router::new()
        .route("/.well-known/jwks.json", get(frontend_key_set))
        .route("/v1/jwks", get(backend_key_set))
        .route("/stand-in", get(overview))
        .route("/stand-in/tokens", post(mint))
        .route("/stand-in/tokens/sign", post(sign))
        .route("/stand-in/keys/rotate", post(rotate))
        .route("/stand-in/keys/remove", post(remove))
        .route("/stand-in/outage", post(set_outage))
        .route("/stand-in/webhooks", get(webhooks::types).post(webhooks::send))
        .route("/stand-in/requests", get(requests))
        .route("/stand-in/requests/reset", post(reset_requests))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(stand_in)
}

async fn frontend_key_set(State(stand_in): Shared, ConnectInfo(scissors): ConnectInfo<Scissors>) -> Response {
    key_set(&stand_in, &scissors, true).await
}

async fn backend_key_set(
    State(stand_in): Shared,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    headers: HeaderMap,
) -> Response {
    let authorized = stand_in.is_authorized(headers.get(AUTHORIZATION).map(|value| value.as_bytes()));
    key_set(&stand_in, &scissors, authorized).await
}

/// An outage comes before the question whether the caller may ask, as it does in the world.
async fn key_set(stand_in: &StandIn, scissors: &Scissors, authorized: bool) -> Response {
    stand_in.count_request();
    let outage = stand_in.outage();
    let set = match outage.mode {
        OutageMode::None => stand_in.keys().key_set(),
        OutageMode::Slow => {
            sleep(Duration::from_millis(outage.delay_ms().into())).await;
            stand_in.keys().key_set()
        }
        OutageMode::Empty => KeySet::default(),
        OutageMode::Down => {
            scissors.cut();
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        OutageMode::Rubbish => return Html("<!doctype html><title>Not a key set</title>").into_response(),
        OutageMode::Error => {
            return clerk_error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal_clerk_error",
                "The stand-in has an outage",
            );
        }
    };
    if authorized {
        Json(set).into_response()
    } else {
        clerk_error(StatusCode::UNAUTHORIZED, "clerk_key_invalid", "The secret key is not the stand-in's")
    }
}

async fn overview(State(stand_in): Shared) -> Result<Json<Overview>, Refusal> {
    let jwt_key = stand_in.keys().current().key.public_pem()?;
    Ok(Json(Overview { identity: stand_in.identity(), jwt_key, outage: stand_in.outage() }))
}

async fn mint(State(stand_in): Shared, body: Body) -> Result<String, Refusal> {
    let request: TokenRequest = read(body)?;
    let key = stand_in.choose(request.key).await?;
    Ok(request.sign(&key.key, &key.kid, stand_in.issuer(), now())?)
}

async fn sign(State(stand_in): Shared, body: Body) -> Result<String, Refusal> {
    let SignRequest { header, payload, key } = read(body)?;
    let key = stand_in.choose(key).await?.key;
    Ok(key.sign(&header.into_bytes(), &payload.into_bytes()))
}

async fn rotate(State(stand_in): Shared, body: Body) -> Result<Json<KeySet>, Refusal> {
    let rotation: Rotation = read(body)?;
    let key = new_key().await?;
    let mut keys = stand_in.keys();
    keys.rotate(&rotation, key);
    Ok(Json(keys.key_set()))
}

async fn remove(State(stand_in): Shared, body: Body) -> Result<Json<KeySet>, Refusal> {
    let Removal { kid } = read(body)?;
    let mut keys = stand_in.keys();
    keys.remove(&kid)?;
    Ok(Json(keys.key_set()))
}

async fn set_outage(State(stand_in): Shared, body: Body) -> Result<Json<Outage>, Refusal> {
    let outage: Outage = read(body)?;
    let delay_ms = outage.delay_ms();
    if delay_ms > DELAY_MS_MAX {
        return Err(Refusal::bad_request(format!("expected delay_ms of at most {DELAY_MS_MAX}, got {delay_ms}")));
    }
    stand_in.set_outage(outage);
    Ok(Json(outage))
}

async fn requests(State(stand_in): Shared) -> Json<Value> {
    Json(json!({"keySet": stand_in.requests()}))
}

async fn reset_requests(State(stand_in): Shared) -> Json<Value> {
    stand_in.reset_requests();
    requests(State(stand_in)).await
}

async fn not_found(uri: Uri) -> Refusal {
    Refusal::unknown(StatusCode::NOT_FOUND, format!("the stand-in has nothing at {}", uri.path()))
}

async fn method_not_allowed(method: Method, uri: Uri) -> Refusal {
    Refusal::unknown(StatusCode::METHOD_NOT_ALLOWED, format!("{} does not take {method}", uri.path()))
}

impl Part {
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Verbatim(text) => text.into_bytes(),
            Self::Object(members) => Value::Object(members).to_string().into_bytes(),
        }
    }
}
