//! The one body that is read: a webhook's, whole and bounded, since its signature is over it.

use futures_util::StreamExt as _;
use js_sys::Uint8Array;
use serde_json::json;
use wasm_bindgen::JsValue;
use web_sys::{Request, Response};
use worker::ByteStream;

use super::host::WorkerHost;
use crate::gateway::{Decision, Gateway, Verdict};
use crate::head::Head;
use crate::limits::WEBHOOK_BODY_BYTES;

/// The body to send on: the bytes that were checked, where the decision is about a webhook, and else the unread stream.
pub(super) async fn receive(
    gateway: &Gateway<WorkerHost>,
    decision: &mut Decision<'_>,
    head: &Head,
    request: &Request,
) -> Option<JsValue> {
    if !matches!(decision.verdict, Verdict::Webhook(_)) {
        return request.body().filter(|_| head.has_body).map(JsValue::from);
    }
    let body = read(request).await;
    gateway.receive(decision, &body).await;
    Some(Uint8Array::from(body.as_slice()).into())
}

/// A body, or as much of it as shows that it is too long. What breaks off is not what was signed, and so needs no error.
async fn read(request: &Request) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Some(body) = request.body() else {
        return bytes;
    };
    let mut chunks = ByteStream::from(body);
    while let Some(Ok(chunk)) = chunks.next().await {
        bytes.extend(chunk);
        if bytes.len() > WEBHOOK_BODY_BYTES {
            break;
        }
    }
    bytes
}

/// Remembers a delivery that its target took, before the sender hears of it. Any other status is a failure to Svix.
pub(super) async fn remember(gateway: &Gateway<WorkerHost>, decision: &Decision<'_>, answer: &Response) {
    let Verdict::Deliver(delivery) = &decision.verdict else {
        return;
    };
    if answer.ok()
        && let Err(error) = gateway.remember(delivery).await
    {
        worker::console_error!("{}", json!({"event": "webhook-not-remembered", "error": error.0}));
    }
}
