//! An API behind clerk-edge that believes the gateway's signature alone: it answers with what it was told of the caller.

use std::env;
use std::error::Error;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::{Json, Router};
use tokio::net::TcpListener;

use crate::assertion::{Assertion, AssertionCheck, Failure, Sender};

mod assertion;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let check = AssertionCheck::new(env::var("KEYS_URL")?, env::var("AUDIENCE")?);
    let port = env::var("PORT").unwrap_or_else(|_| "8790".to_owned()).parse::<u16>()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, Router::new().fallback(whoever).with_state(Arc::new(check))).await?;
    Ok(())
}

async fn whoever(
    State(check): State<Arc<AssertionCheck>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<Assertion>, StatusCode> {
    let assertion = headers.get("x-clerk-edge-assertion").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let checked = check.check(assertion, method.as_str(), uri.path(), sender(uri.path())).await;
    checked.map(Json).map_err(|failure| match failure {
        Failure::Refused(what) => {
            eprintln!("refused: {what}");
            StatusCode::UNAUTHORIZED
        }
        Failure::Outage(why) => {
            eprintln!("no keys: {why}");
            StatusCode::SERVICE_UNAVAILABLE
        }
    })
}

/// Whom each path is for; without an entry here it is for signed-in users.
fn sender(path: &str) -> Sender {
    match path {
        "/webhooks/clerk" => Sender::Webhook,
        _ if path.starts_with("/public/") => Sender::Anyone,
        _ => Sender::User,
    }
}
