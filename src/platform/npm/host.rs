//! The verifier's host in the npm package: a few functions of JavaScript.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};

use super::{Refused, SessionJson};
use crate::algorithm::Algorithm;
use crate::checks::Reached;
use crate::json::to_text;
use crate::platform::work::settled;
use crate::ports::{CheckSignature, FetchKeySet, HostError, Pause, Store};
use crate::public_key::PublicKey;
use crate::refusal::Refusal;
use crate::verifier::Verified;

#[wasm_bindgen]
extern "C" {
    /// What JavaScript does for the verifier: see `host.js` of the package. But for a signature, it answers with promises.
    pub type JsHost;

    #[wasm_bindgen(method, catch, js_name = importKey)]
    fn import_key(this: &JsHost, jwk: &str, algorithm: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = fetchKeySet)]
    fn fetch_key_set(this: &JsHost, url: &str, bearer: Option<&str>) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn load(this: &JsHost, key: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn save(this: &JsHost, key: &str, value: &[u8], seconds: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn pause(this: &JsHost, milliseconds: u32) -> Result<JsValue, JsValue>;

    /// What JavaScript holds of a session: its parts and its claims, each as JSON. It must not throw.
    #[wasm_bindgen(method)]
    fn session(this: &JsHost, parts: &str, claims: &str) -> JsValue;

    /// A key that was imported for one algorithm.
    pub type JsKey;

    /// The bytes are views of this module's memory, which are read before this returns. Some hosts tell at once, the others
    /// by a promise.
    #[wasm_bindgen(method, catch)]
    fn verify(this: &JsKey, signature: &[u8], message: &[u8]) -> Result<JsValue, JsValue>;
}

pub(super) struct NpmHost(pub(super) JsHost);

impl NpmHost {
    /// What JavaScript gets: of a session what was made of it once and is kept as long as it is remembered.
    pub(super) fn answer(&self, verified: Result<Verified, Refusal>, reached: &Reached) -> JsValue {
        let session = match verified {
            Ok(verified) => verified.session,
            Err(refusal) => return Refused { refusal, reached: reached.last() }.into(),
        };
        let make = || self.0.session(&to_text(&SessionJson::new(&session)), session.claims.text());
        session.note.keep(make).cloned().unwrap_or_default()
    }
}

impl CheckSignature for NpmHost {
    type Key = JsKey;

    async fn import(&self, key: &PublicKey, algorithm: Algorithm) -> Result<JsKey, HostError> {
        let key = promised(self.0.import_key(&to_text(&key.to_json()), algorithm.name())).await?;
        Ok(key.unchecked_into())
    }

    async fn check(&self, key: &JsKey, _: Algorithm, message: &[u8], signature: &[u8]) -> Result<bool, HostError> {
        let told = key.verify(signature, message).map_err(described)?;
        if let Some(is_good) = told.as_bool() {
            return Ok(is_good);
        }
        Ok(promised(Ok(told)).await?.as_bool() == Some(true))
    }
}

impl FetchKeySet for NpmHost {
    async fn fetch_key_set(&self, url: &str, bearer: Option<&str>) -> Result<Vec<u8>, HostError> {
        bytes(&promised(self.0.fetch_key_set(url, bearer)).await?)
            .ok_or_else(|| HostError("the key server answered nothing".to_owned()))
    }
}

impl Store for NpmHost {
    async fn load(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        Ok(bytes(&promised(self.0.load(key)).await?))
    }

    async fn save(&self, key: &str, value: &[u8], seconds: u32) -> Result<(), HostError> {
        promised(self.0.save(key, value, seconds)).await.map(drop)
    }
}

impl Pause for NpmHost {
    async fn pause(&self, milliseconds: u32) {
        // A timer that cannot be set has passed.
        let _ = promised(self.0.pause(milliseconds)).await;
    }
}

async fn promised(promise: Result<JsValue, JsValue>) -> Result<JsValue, HostError> {
    settled(promise.map_err(described)?).await.map_err(described)
}

fn bytes(value: &JsValue) -> Option<Vec<u8>> {
    value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec)
}

fn described(error: JsValue) -> HostError {
    let message = js_sys::Reflect::get(&error, &"message".into()).ok().and_then(|message| message.as_string());
    HostError(message.unwrap_or_else(|| "the host refuses".to_owned()))
}
