//! The verifier's host in a Worker: WebCrypto here, and the network, KV, counters and timers by `host.js`.

use js_sys::Uint8Array;
use serde_json::json;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};

use super::environment::WorkerEnvironment;
use super::javascript;
use crate::algorithm::Algorithm;
use crate::gateway::Decision;
use crate::limits::{KEY_SET_BYTES, KEY_SET_SECONDS, STORED_BYTES, WEBHOOK_BODY_BYTES};
use crate::platform::web_crypto::{WebCryptoKey, begin_check, begin_import, parameters, refused};
use crate::platform::work::settled;
use crate::ports::{CheckSignature, CountRequest, FetchKeySet, HostError, Pause, Store};
use crate::public_key::PublicKey;

#[wasm_bindgen(module = "/src/platform/workers/host.js")]
extern "C" {
    #[wasm_bindgen(js_name = fetchKeySet, catch)]
    fn fetch_key_set(url: &str, bearer: Option<&str>, most: usize, milliseconds: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch)]
    fn load(store: &JsValue, key: &str, most: usize, milliseconds: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch)]
    fn save(store: &JsValue, key: &str, value: &[u8], seconds: u32, milliseconds: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch)]
    fn count(binding: &JsValue, key: &str, milliseconds: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch)]
    fn pause(milliseconds: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = readBody, catch)]
    fn read_body(request: &web_sys::Request, most: usize) -> Result<JsValue, JsValue>;
}

/// How long the key server may take, to the last byte.
const KEY_SET_MILLISECONDS: u32 = 1000 * KEY_SET_SECONDS as u32;
/// How long KV may take; it is there to be faster than the key server.
const STORE_MILLISECONDS: u32 = 2000;
/// How long a counter may take. It is beside the Worker, so a longer answer is none.
const COUNT_MILLISECONDS: u32 = 500;

pub(super) struct WorkerHost {
    /// The binding `JWKS`; without it keys are kept in the isolate alone.
    pub(super) store: Option<JsValue>,
    /// The bindings that count requests, by their names.
    pub(super) env: JsValue,
}

impl CheckSignature for WorkerHost {
    type Key = WebCryptoKey;

    async fn import(&self, key: &PublicKey, algorithm: Algorithm) -> Result<WebCryptoKey, HostError> {
        let algorithm = parameters(algorithm)?;
        let key = settled(begin_import(key, &algorithm)?.into()).await.map_err(refused)?;
        Ok(WebCryptoKey { key, algorithm })
    }

    async fn check(
        &self,
        key: &WebCryptoKey,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, HostError> {
        match begin_check(key, algorithm, message, signature)? {
            Some(promise) => Ok(settled(promise.into()).await.map_err(refused)?.as_bool() == Some(true)),
            None => Ok(false),
        }
    }
}

impl FetchKeySet for WorkerHost {
    async fn fetch_key_set(&self, url: &str, bearer: Option<&str>) -> Result<Vec<u8>, HostError> {
        let body = promised(fetch_key_set(url, bearer, KEY_SET_BYTES, KEY_SET_MILLISECONDS)).await?;
        Ok(bytes(&body).unwrap_or_default())
    }
}

impl Store for WorkerHost {
    async fn load(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        match &self.store {
            Some(store) => Ok(bytes(&promised(load(store, key, STORED_BYTES, STORE_MILLISECONDS)).await?)),
            None => Ok(None),
        }
    }

    async fn save(&self, key: &str, value: &[u8], seconds: u32) -> Result<(), HostError> {
        if let Some(store) = &self.store {
            promised(save(store, key, value, seconds, STORE_MILLISECONDS)).await?;
        }
        Ok(())
    }
}

impl CountRequest for WorkerHost {
    async fn count(&self, limit: &str, key: &str) -> Result<bool, HostError> {
        let binding = WorkerEnvironment(&self.env, None).rate_limit(limit);
        let binding = binding.ok_or_else(|| HostError("there is no such binding".to_owned()))?;
        let is_within = promised(count(&binding, key, COUNT_MILLISECONDS)).await?;
        Ok(is_within.as_bool() == Some(true))
    }
}

impl Pause for WorkerHost {
    async fn pause(&self, milliseconds: u32) {
        // A timer does not fail.
        let _ = promised(pause(milliseconds)).await;
    }
}

/// The one body that is read: a webhook's, or as much of it as shows that it is too long.
pub(super) async fn body_of(request: &web_sys::Request) -> Vec<u8> {
    let body = promised(read_body(request, WEBHOOK_BODY_BYTES)).await;
    body.ok().as_ref().and_then(bytes).unwrap_or_default()
}

/// Tells the log of a request that passed without being counted.
pub(super) fn tell_not_counted(decision: &Decision<'_>, request_id: &str) {
    if let Some(error) = &decision.not_counted {
        tell_limit_not_counted(error, request_id);
    }
}

#[cold]
fn tell_limit_not_counted(error: &HostError, request_id: &str) {
    let line = json!({"event": "limit-not-counted", "requestId": request_id, "error": error.0});
    javascript::log_error(&line.to_string());
}

async fn promised(promise: Result<JsValue, JsValue>) -> Result<JsValue, HostError> {
    settled(promise.map_err(described)?).await.map_err(described)
}

fn bytes(value: &JsValue) -> Option<Vec<u8>> {
    value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec)
}

fn described(error: JsValue) -> HostError {
    let message = js_sys::Reflect::get(&error, &"message".into()).ok().and_then(|message| message.as_string());
    HostError(message.unwrap_or_else(|| "the platform refuses".to_owned()))
}
