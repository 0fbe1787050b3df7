//! The one body that is read: a webhook's, whole and bounded, since its signature is over it.

use js_sys::Uint8Array;
use serde_json::json;
use wasm_bindgen::JsValue;
use web_sys::{Request, Response};

use super::host::{self, WorkerHost};
use super::javascript;
use crate::gateway::{Decision, Delivery, Gateway};

/// The body of a webhook, the bytes that were checked.
pub(super) async fn receive(gateway: &Gateway<WorkerHost>, decision: &mut Decision<'_>, request: &Request) -> JsValue {
    let body = host::body_of(request).await;
    gateway.receive(decision, &body).await;
    Uint8Array::from(body.as_slice()).into()
}

/// Remembers a delivery that its target took, before the sender hears of it. Any other status is a failure to Svix.
pub(super) async fn remember(gateway: &Gateway<WorkerHost>, delivery: &Delivery<'_>, answer: &Response) {
    if answer.ok()
        && let Err(error) = gateway.remember(delivery).await
    {
        let line = json!({"event": "webhook-not-remembered", "error": error.0});
        javascript::log_error(&line.to_string());
    }
}
