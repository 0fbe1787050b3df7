//! The verifier's host in a Worker: WebCrypto, `fetch`, KV and timers.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use wasm_bindgen::JsValue;
use web_sys::{AbortController, Headers, ReadableStream, Request, RequestInit, RequestRedirect};
use worker::kv::KvStore;
use worker::{ByteStream, Delay, Env};

use super::javascript;
use crate::algorithm::Algorithm;
use crate::limits::{KEY_SET_BYTES, KEY_SET_SECONDS, STORED_BYTES};
use crate::platform::web_crypto::{WebCrypto, WebCryptoKey};
use crate::ports::{CheckSignature, FetchKeySet, HostError, Pause, Store};
use crate::public_key::PublicKey;

/// How long the key server may take, to the last byte.
const KEY_SET_TIMEOUT: Duration = Duration::from_secs(KEY_SET_SECONDS);
/// How long KV may take; it is there to be faster than the key server.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) struct WorkerHost {
    /// The binding `JWKS`; without it keys are kept in the isolate alone.
    pub(super) store: Option<KvStore>,
    /// The bindings that count requests, by their names.
    pub(super) env: Env,
}

impl CheckSignature for WorkerHost {
    type Key = WebCryptoKey;

    async fn import(&self, key: &PublicKey, algorithm: Algorithm) -> Result<WebCryptoKey, HostError> {
        WebCrypto.import(key, algorithm).await
    }

    async fn check(
        &self,
        key: &WebCryptoKey,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, HostError> {
        WebCrypto.check(key, algorithm, message, signature).await
    }
}

impl FetchKeySet for WorkerHost {
    async fn fetch_key_set(&self, url: &str, bearer: Option<&str>) -> Result<Vec<u8>, HostError> {
        let controller = AbortController::new().map_err(described)?;
        let answer = within(KEY_SET_TIMEOUT, read_key_set(url, bearer, &controller)).await.flatten();
        if answer.is_err() {
            // What is still on its way is not wanted.
            controller.abort();
        }
        answer
    }
}

async fn read_key_set(url: &str, bearer: Option<&str>, controller: &AbortController) -> Result<Vec<u8>, HostError> {
    let headers = Headers::new().map_err(described)?;
    headers.set("accept", "application/json").map_err(described)?;
    if let Some(bearer) = bearer {
        headers.set("authorization", &format!("Bearer {bearer}")).map_err(described)?;
    }
    let init = RequestInit::new();
    init.set_headers(&headers);
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(&controller.signal()));
    let request = Request::new_with_str_and_init(url, &init).map_err(described)?;
    let response = javascript::send(&request, None).await.map_err(described)?;
    if response.status() != 200 {
        return Err(HostError(format!("the key server answered {}", response.status())));
    }
    match response.body() {
        Some(body) => read(body, KEY_SET_BYTES).await,
        None => Ok(Vec::new()),
    }
}

/// A stream's bytes, unless they are more than `limit`.
async fn read(stream: ReadableStream, limit: usize) -> Result<Vec<u8>, HostError> {
    let mut chunks = ByteStream::from(stream);
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        bytes.extend(chunk.map_err(|error| HostError(error.to_string()))?);
        if bytes.len() > limit {
            return Err(HostError(format!("longer than {limit} bytes")));
        }
    }
    Ok(bytes)
}

impl Store for WorkerHost {
    async fn load(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        let Some(store) = &self.store else {
            return Ok(None);
        };
        within(STORE_TIMEOUT, async {
            let value = store.get(key).stream().await.map_err(|error| HostError(error.to_string()))?;
            match value {
                Some(value) => read(value, STORED_BYTES).await.map(Some),
                None => Ok(None),
            }
        })
        .await
        .flatten()
    }

    async fn save(&self, key: &str, value: &[u8], seconds: u32) -> Result<(), HostError> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        let put = store.put_bytes(key, value).map_err(|error| HostError(error.to_string()))?;
        let saved = within(STORE_TIMEOUT, put.expiration_ttl(seconds.into()).execute()).await?;
        saved.map_err(|error| HostError(error.to_string()))
    }
}

impl Pause for WorkerHost {
    async fn pause(&self, milliseconds: u32) {
        Delay::from(Duration::from_millis(milliseconds.into())).await;
    }
}

/// What `work` comes to, unless that takes longer than `limit`.
pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, HostError> {
    match select(pin!(work), pin!(Delay::from(limit))).await {
        Either::Left((value, _)) => Ok(value),
        Either::Right(_) => Err(HostError(format!("no answer within {} s", limit.as_secs_f32()))),
    }
}

fn described(error: JsValue) -> HostError {
    let message = js_sys::Reflect::get(&error, &"message".into()).ok().and_then(|message| message.as_string());
    HostError(message.unwrap_or_else(|| "the platform refuses".to_owned()))
}
