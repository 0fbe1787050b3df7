//! What is asked of JavaScript directly: `carry.js`, the log, and the clock.

use js_sys::{Date, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use web_sys::{Request, Response};

use crate::platform::work::settled;
use crate::refusal::Outage;
use crate::time::UnixTime;

#[wasm_bindgen]
extern "C" {
    /// A service binding.
    pub(super) type Service;

    /// What a request brings along that outlives its answer.
    #[derive(Clone)]
    pub(super) type Context;

    #[wasm_bindgen(method, js_name = waitUntil)]
    pub(super) fn wait_until(this: &Context, promise: &Promise);

    #[wasm_bindgen(js_namespace = console, js_name = log)]
    pub(super) fn log(line: &str);

    #[wasm_bindgen(js_namespace = console, js_name = error)]
    pub(super) fn log_error(line: &str);
}

/// Words an outage that is met after the decision: its code and the request's id become an answer in JSON.
pub(super) type WordOutage = Closure<dyn Fn(String, String) -> String>;

#[wasm_bindgen(module = "/src/platform/workers/carry.js")]
extern "C" {
    #[wasm_bindgen(js_name = headOf)]
    pub(super) fn head_of(request: &Request) -> String;

    pub(super) fn forward(
        request: &Request,
        context: &Context,
        service: Option<&Service>,
        plan: &str,
        body: &JsValue,
        signer: &JsValue,
        outage: &WordOutage,
    ) -> Promise;

    #[wasm_bindgen(js_name = ask)]
    fn ask_origin(
        request: &Request,
        service: Option<&Service>,
        plan: &str,
        body: &JsValue,
        signer: &JsValue,
    ) -> Promise;

    #[wasm_bindgen(js_name = signingKey)]
    fn begin_signing_key(seed: &[u8]) -> Promise;

    #[wasm_bindgen(js_name = handedThrough, catch)]
    pub(super) fn handed_through(response: &Response) -> Result<Response, JsValue>;

    #[wasm_bindgen(catch)]
    pub(super) fn upgraded(response: &Response, socket: &JsValue) -> Result<Response, JsValue>;

    pub(super) fn reply(plan: &str) -> Response;

    pub(super) fn complete(response: &Response, plan: &str) -> Response;

    #[wasm_bindgen(js_name = tellStreamEnded)]
    pub(super) fn tell_stream_ended(request_id: &str, reason: &str);

    pub(super) fn attend(request: &Request, context: &Context, answer: &Promise);
}

#[wasm_bindgen(module = "/src/platform/workers/work.js")]
extern "C" {
    #[wasm_bindgen(js_name = finish)]
    fn finish_work(work: &JsValue) -> Promise;
}

/// A promise of what work comes to, which waits for something or is done already.
pub(super) fn finish(work: impl Into<JsValue>) -> Promise {
    finish_work(&work.into())
}

/// A key of Ed25519 from its seed, and its public half in base64url.
pub(super) async fn signing_key(seed: &[u8]) -> Result<JsValue, JsValue> {
    settled(begin_signing_key(seed).into()).await
}

/// The origin's answer as it gave it.
pub(super) async fn ask(
    request: &Request,
    service: Option<&Service>,
    plan: &str,
    body: &JsValue,
    signer: &JsValue,
) -> Result<Response, Outage> {
    let answer = settled(ask_origin(request, service, plan, body, signer).into()).await.unwrap_or_default();
    match answer.as_string() {
        Some(code) => Err(outage(&code)),
        None if answer.is_object() => Ok(answer.into()),
        None => Err(Outage::OriginUnreachable),
    }
}

/// What `carry.js` calls so.
pub(super) fn outage(code: &str) -> Outage {
    if code == "origin-timeout" { Outage::OriginTimeout } else { Outage::OriginUnreachable }
}

/// The platform's clock in milliseconds; in a Worker it moves with input and output alone.
#[allow(clippy::disallowed_methods)] // Of what is beside requests, which come with their time.
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

/// Whole milliseconds until `moment`, as many as a timer can wait at once: 24 days.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // A float cast saturates.
pub(super) fn milliseconds_until(moment: UnixTime) -> u32 {
    (moment.seconds() as f64 * 1000.0 - milliseconds()).clamp(0.0, f64::from(i32::MAX)).ceil() as u32
}
