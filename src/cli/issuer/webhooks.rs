//! The stand-in's webhooks: a delivery on request, where Clerk would make one because something happened.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::answer::{Refusal, read};
use super::routes::{Body, Shared};
use crate::cli::error_chain;
use crate::cli::identifier::random_bytes;
use crate::cli::webhook::{Answer, Delivery, DeliveryUrl, MessageId, TYPES};
use crate::platform::native::now;
use crate::webhook::{SecretError, WebhookSecrets};

/// Bytes of a new secret, as many as one of Svix's has.
const SECRET_BYTES: usize = 24;

/// A signing secret, with the text to configure it by. The stand-in shows it to whoever asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct SigningSecret {
    text: String,
    secrets: WebhookSecrets,
}

/// A delivery, as asked for over HTTP.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliveryRequest {
    url: DeliveryUrl,
    #[serde(rename = "type")]
    kind: String,
    id: Option<MessageId>,
    data: Option<Value>,
    #[serde(default)]
    time_offset: i64,
    /// Instead of the stand-in's own.
    secret: Option<SigningSecret>,
}

impl SigningSecret {
    /// A new one.
    pub(super) fn generate() -> Result<Self, SecretError> {
        Self::parse(&format!("whsec_{}", STANDARD.encode(random_bytes::<SECRET_BYTES>())))
    }

    pub(super) fn parse(text: &str) -> Result<Self, SecretError> {
        Ok(Self { text: text.to_owned(), secrets: WebhookSecrets::parse(text)? })
    }

    /// As it is configured.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for SigningSecret {
    type Error = SecretError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// The types of event that Clerk is known to send.
pub(super) async fn types() -> Json<Value> {
    Json(json!({"types": TYPES.as_slice()}))
}

/// Sends one delivery, and tells what its target answered. On a thread of its own: the target may ask this stand-in for
/// its keys before it answers.
pub(super) async fn send(State(stand_in): Shared, body: Body) -> Result<Json<Answer>, Refusal> {
    let DeliveryRequest { url, kind, id, data, time_offset, secret } = read(body)?;
    let SigningSecret { secrets, .. } = secret.unwrap_or_else(|| stand_in.webhook_secret().clone());
    let message = format!("cannot reach {url}");
    let delivery = Delivery { url, kind, id, data, time_offset };
    let sent =
        spawn_blocking(move || delivery.send(&secrets, now())).await.map_err(|error| Refusal::internal(&error))?;
    sent.map(Json).map_err(|error| Refusal::bad_gateway(format!("{message}: {}", error_chain(&*error))))
}
