//! The verifier's host in the npm package: WebCrypto here, and the rest from a few functions of JavaScript.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};

use crate::algorithm::Algorithm;
use crate::platform::web_crypto::{WebCrypto, WebCryptoKey};
use crate::ports::{CheckSignature, FetchKeySet, HostError, Pause, Store};
use crate::public_key::PublicKey;

#[wasm_bindgen]
extern "C" {
    /// What JavaScript does for the verifier: see `host.js` of the package.
    pub type JsHost;

    #[wasm_bindgen(method, catch, js_name = fetchKeySet)]
    async fn fetch_key_set(this: &JsHost, url: &str, bearer: Option<&str>) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn load(this: &JsHost, key: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn save(this: &JsHost, key: &str, value: &[u8], seconds: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn pause(this: &JsHost, milliseconds: u32) -> Result<JsValue, JsValue>;
}

pub(super) struct NpmHost(pub(super) JsHost);

impl CheckSignature for NpmHost {
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

impl FetchKeySet for NpmHost {
    async fn fetch_key_set(&self, url: &str, bearer: Option<&str>) -> Result<Vec<u8>, HostError> {
        bytes(self.0.fetch_key_set(url, bearer).await)?
            .ok_or_else(|| HostError("the key server answered nothing".to_owned()))
    }
}

impl Store for NpmHost {
    async fn load(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        bytes(self.0.load(key).await)
    }

    async fn save(&self, key: &str, value: &[u8], seconds: u32) -> Result<(), HostError> {
        self.0.save(key, value, seconds).await.map(drop).map_err(described)
    }
}

impl Pause for NpmHost {
    async fn pause(&self, milliseconds: u32) {
        // A timer that cannot be set has passed.
        let _ = self.0.pause(milliseconds).await;
    }
}

fn bytes(value: Result<JsValue, JsValue>) -> Result<Option<Vec<u8>>, HostError> {
    let value = value.map_err(described)?;
    Ok(value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec))
}

fn described(error: JsValue) -> HostError {
    let message = js_sys::Reflect::get(&error, &"message".into()).ok().and_then(|message| message.as_string());
    HostError(message.unwrap_or_else(|| "the host refuses".to_owned()))
}
