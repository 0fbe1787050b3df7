//! Event streams that end with the token that opened them. Their bytes pass inside the platform; nothing here sees them.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{AbortSignal, ReadableStream, Response, StreamPipeOptions, WritableStream};

use super::{answer, javascript};
use crate::refusal::{Outage, Refusal};
use crate::time::UnixTime;

#[wasm_bindgen]
extern "C" {
    /// The platform's own pair of ends, between which bytes pass without JavaScript.
    type IdentityTransformStream;

    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<IdentityTransformStream, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn readable(this: &IdentityTransformStream) -> ReadableStream;

    #[wasm_bindgen(method, getter)]
    fn writable(this: &IdentityTransformStream) -> WritableStream;

    /// A promise that nobody here awaits: a future would stay for ever where the platform ends a request for good.
    type Waited;

    #[wasm_bindgen(method, js_name = catch)]
    fn or_else(this: &Waited, callback: &Function) -> Waited;
}

/// The answer, which ends at that moment if it is an event stream. Other answers end by themselves, and are not cut.
pub(super) fn until(end: Option<UnixTime>, response: Response, request_id: &str) -> Result<Response, Refusal> {
    let (Some(end), Some(body)) = (end, response.body()) else {
        return Ok(response);
    };
    if !is_event_stream(&response) {
        return Ok(response);
    }
    let bounded = cut(&body, end, request_id).and_then(|body| answer::with_body(&response, &body));
    // What could not be ended in time is not begun.
    bounded.map_err(|_| Refusal::Ours(Outage::OriginUnreachable))
}

fn is_event_stream(response: &Response) -> bool {
    let kind = response.headers().get("content-type").ok().flatten().unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
}

/// The same bytes until that moment. A client that goes away takes the origin's stream with it.
fn cut(body: &ReadableStream, end: UnixTime, request_id: &str) -> Result<ReadableStream, JsValue> {
    let ends = IdentityTransformStream::new()?;
    let signal = AbortSignal::timeout_with_u32(javascript::milliseconds_until(end));
    let options = StreamPipeOptions::new();
    options.set_signal(&signal);
    options.set_prevent_abort(true);
    let writable = ends.writable();
    let piped = body.pipe_to_with_options(&writable, &options);
    let request_id = request_id.to_owned();
    let stopped = javascript::listener(move |reason: JsValue| {
        // At the end of its time a stream ends as if by itself; one that broke off is told as broken.
        let told = if signal.aborted() {
            javascript::tell_stream_ended(&request_id, "token-expired");
            writable.close()
        } else {
            writable.abort_with_reason(&reason)
        };
        // When the client is gone, there is nobody to tell.
        ignore_failure(&told);
    });
    let _ = piped.unchecked_into::<Waited>().or_else(&stopped);
    Ok(ends.readable())
}

fn ignore_failure(promise: &Promise) {
    let nothing = javascript::listener(|_| {});
    let _ = promise.unchecked_ref::<Waited>().or_else(&nothing);
}
