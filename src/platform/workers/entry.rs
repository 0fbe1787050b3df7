//! The Worker's entry points: requests, and the cron trigger that keeps KV fresh.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Request;

use super::Edge;

thread_local! {
    static EDGE: Edge = Edge::new();
}

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// An answer, or the promise of one.
#[wasm_bindgen]
pub fn fetch(request: Request, env: JsValue, context: JsValue) -> JsValue {
    EDGE.with(Edge::clone).answer(request, env, context.into())
}

/// Resolves once the keys are fetched.
#[wasm_bindgen]
pub fn scheduled(env: JsValue) -> Promise {
    EDGE.with(Edge::clone).keep_keys(env)
}
