//! Requests and answers in JavaScript's form.

use js_sys::Reflect;
use serde_json::Value;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{
    AbortSignal, Headers, ReadableStream, Request, RequestCache, RequestInit, RequestRedirect, Response, ResponseInit,
};

use super::javascript;
use crate::config::Access;
use crate::cors::{ANSWER_PREFIX, CorsPolicy};
use crate::gateway::Forward;
use crate::headers::{HeaderList, is_hop_by_hop};
use crate::refusal::Refusal;

/// No status of HTTP's, but the usual one for it in logs.
const CLIENT_WENT_AWAY: u16 = 499;

/// The request that an origin gets: the method of `original`, and a body.
pub(super) fn request(
    forward: &Forward<'_>,
    original: &Request,
    body: Option<&JsValue>,
    signal: Option<&AbortSignal>,
) -> Result<Request, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in &forward.headers {
        headers.append(name, value)?;
    }
    let init = RequestInit::new();
    init.set_method(&original.method());
    init.set_headers(&headers);
    init.set_redirect(RequestRedirect::Manual);
    if forward.route.access != Access::Public {
        // What one caller may see must not be kept for the next.
        init.set_cache(RequestCache::NoStore);
    }
    init.set_signal(signal);
    if let Some(body) = body {
        init.set_body(body);
    }
    Request::new_with_str_and_init(&forward.url, &init)
}

/// An answer of JSON, not to be kept.
pub(super) fn json(status: u16, body: &Value) -> Response {
    let headers = [("content-type", "application/json"), ("cache-control", "private, no-store")];
    text(status, &headers.map(|(name, value)| (name, value.to_owned())), &body.to_string())
}

/// A key set, to be kept for a while.
pub(super) fn key_set(document: &str) -> Response {
    let headers = [("content-type", "application/jwk-set+json"), ("cache-control", "public, max-age=300")];
    text(200, &headers.map(|(name, value)| (name, value.to_owned())), document)
}

/// What stands for the answer to a client that went away: nobody gets it, and the log tells it from an origin's failure.
pub(super) fn to_nobody() -> Response {
    text(CLIENT_WENT_AWAY, &[], "")
}

/// A refusal as an answer.
pub(super) fn refusal(refusal: Refusal, request_id: &str) -> Response {
    text(refusal.status(), &refusal.headers(), &refusal.body(request_id))
}

/// An answer without a body.
pub(super) fn empty(status: u16, headers: &[(&'static str, String)]) -> Response {
    made(status, headers, None)
}

fn text(status: u16, headers: &[(&'static str, String)], body: &str) -> Response {
    made(status, headers, Some(body))
}

fn made(status: u16, headers: &[(&'static str, String)], body: Option<&str>) -> Response {
    let init = ResponseInit::new();
    init.set_status(status);
    // Neither can fail: the status is one of ours, and so are the names and values of the headers.
    let response = Response::new_with_opt_str_and_init(body, &init).unwrap_or_else(|_| Response::error());
    for (name, value) in headers {
        let _ = response.headers().set(name, value);
    }
    response
}

/// An origin's answer, its body unread, with what ends at this hop taken off and headers that can be changed.
pub(super) fn handed_through(response: &Response) -> Result<Response, JsValue> {
    let init: &ResponseInit = response.unchecked_ref();
    made_anew(response.body().as_ref(), init)
}

/// An origin's answer with another body than its own, which may have another length and no encoding any more.
pub(super) fn with_body(response: &Response, body: &ReadableStream) -> Result<Response, JsValue> {
    let answer = made_anew(Some(body), response.unchecked_ref())?;
    for name in ["content-length", "content-encoding"] {
        answer.headers().delete(name)?;
    }
    Ok(answer)
}

/// The answer that makes a connection a WebSocket, of which the client gets this end. The handshake's own headers are
/// between neighbours, and the platform sets them; the subprotocol is the origin's to choose.
pub(super) fn upgraded(response: &Response, socket: &JsValue) -> Result<Response, JsValue> {
    let init = ResponseInit::new();
    init.set_status(101);
    init.set_headers(&response.headers());
    Reflect::set(&init, &"webSocket".into(), socket)?;
    let answer = made_anew(None, &init)?;
    for name in ["sec-websocket-accept", "sec-websocket-extensions"] {
        answer.headers().delete(name)?;
    }
    Ok(answer)
}

fn made_anew(body: Option<&ReadableStream>, init: &ResponseInit) -> Result<Response, JsValue> {
    let answer = Response::new_with_opt_readable_stream_and_init(body, init)?;
    for name in ["connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer", "upgrade"] {
        debug_assert!(is_hop_by_hop(name));
        answer.headers().delete(name)?;
    }
    Ok(answer)
}

/// What every answer to a request of a route gets: its id, and, where a session may have had a part in it, that no
/// cache gives it to somebody else.
pub(super) fn finish(response: &Response, request_id: &str, is_private: bool) -> Result<(), JsValue> {
    let headers = response.headers();
    headers.set("x-request-id", request_id)?;
    if is_private {
        if !headers.has("cache-control")? {
            headers.set("cache-control", "private, no-store")?;
        }
        headers.append("vary", "Authorization, Cookie")?;
    }
    Ok(())
}

/// What an answer says to pages of other origins: what the policy says, and nothing that an origin said beside it.
pub(super) fn share(response: &Response, policy: &CorsPolicy, request: &HeaderList) -> Result<(), JsValue> {
    let headers = response.headers();
    for (name, _) in javascript::pairs(&headers).iter().filter(|(name, _)| name.starts_with(ANSWER_PREFIX)) {
        headers.delete(name)?;
    }
    let vary = headers.get("vary")?.unwrap_or_default();
    let varies_already = vary.split(',').any(|name| name.trim().eq_ignore_ascii_case("origin"));
    for (name, value) in policy.answer(request) {
        if !(name == "vary" && varies_already) {
            headers.append(name, &value)?;
        }
    }
    Ok(())
}
