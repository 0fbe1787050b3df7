//! What is asked of JavaScript directly: a request's head, `fetch`, callbacks, and the clock.

use js_sys::{Array, Date, Function};
use serde_json::json;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Headers, Request, Response};

use crate::head::Head;
use crate::headers::HeaderList;
use crate::time::UnixTime;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch, catch)]
    async fn global_fetch(request: &Request) -> Result<JsValue, JsValue>;

    /// A service binding.
    pub(super) type Service;

    #[wasm_bindgen(method, catch)]
    async fn fetch(this: &Service, request: &Request) -> Result<JsValue, JsValue>;
}

/// Sends a request, by a service binding or by the network.
pub(super) async fn send(request: &Request, service: Option<&Service>) -> Result<Response, JsValue> {
    let response = match service {
        Some(service) => service.fetch(request).await?,
        None => global_fetch(request).await?,
    };
    response.dyn_into()
}

/// The head of a request. `CF-Connecting-IP` is the platform's own word, which no client can set there.
pub(super) fn head(request: &Request) -> Head {
    let headers = HeaderList::new(pairs(&request.headers()));
    let client_ip = headers.find("cf-connecting-ip").map(std::borrow::Cow::into_owned);
    let mut head = Head::new(&request.method(), &request.url(), headers, client_ip);
    head.has_body = has_body(request, &head.headers);
    head
}

/// Whether there is a body. The platform gives an unread one to a request whose length is said to be nought, too.
fn has_body(request: &Request, headers: &HeaderList) -> bool {
    headers.find("content-length").as_deref() != Some("0") && request.body().is_some()
}

/// The names and values of a `Headers`.
pub(super) fn pairs(headers: &Headers) -> Vec<(String, String)> {
    let text = |entry: &Array, index| entry.get(index).as_string().unwrap_or_default();
    Array::from(headers)
        .iter()
        .map(|entry| {
            let entry: Array = entry.unchecked_into();
            (text(&entry, 0), text(&entry, 1))
        })
        .collect()
}

/// A callback that lives as long as JavaScript holds it. What it captures is freed when that lets go of it, which the
/// platform does with all that belongs to a request that is over.
pub(super) fn listener(callback: impl Fn(JsValue) + 'static) -> Function {
    Closure::<dyn Fn(JsValue)>::own_assert_unwind_safe(callback).into_js_value().unchecked_into()
}

/// The one line of what went on after its request's own line, and was ended here.
pub(super) fn tell_stream_ended(request_id: &str, reason: &str) {
    let time = rfc_3339(milliseconds());
    let line = json!({"time": time, "event": "stream-ended", "requestId": request_id, "reason": reason});
    worker::console_log!("{line}");
}

/// The platform's clock in milliseconds; in a Worker it moves with input and output alone.
#[allow(clippy::disallowed_methods)] // A request reads it here once at its start, and once for its log line.
pub(super) fn milliseconds() -> f64 {
    Date::now()
}

/// The same as a moment.
pub(super) fn moment(milliseconds: f64) -> UnixTime {
    UnixTime::from_milliseconds(milliseconds)
}

/// The same as text (RFC 3339).
pub(super) fn rfc_3339(milliseconds: f64) -> String {
    Date::new(&milliseconds.into()).to_iso_string().into()
}

/// Whole milliseconds since `started`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Not negative, and a float cast saturates.
pub(super) fn milliseconds_since(started: f64) -> u64 {
    (milliseconds() - started).max(0.0) as u64
}

/// Whole milliseconds until `moment`, as many as a timer can wait at once: 24 days.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // As above.
pub(super) fn milliseconds_until(moment: UnixTime) -> u32 {
    (moment.seconds() as f64 * 1000.0 - milliseconds()).clamp(0.0, f64::from(i32::MAX)).ceil() as u32
}
