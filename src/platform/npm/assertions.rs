//! Assertions in the npm package, for origins behind the gateway.

use std::rc::Rc;

use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use super::host::{JsHost, NpmHost};
use super::{Refused, SessionJson};
use crate::assertion::{Asserted, AssertedRequest, AssertionVerifier, Sender};
use crate::instance::is_trusted_address;
use crate::json;
use crate::keys::{KeySet, KeySource};
use crate::platform::work::begin;
use crate::refusal::{Fault, Refusal};
use crate::time::UnixTime;

/// Verifies what one gateway asserts to one origin.
#[wasm_bindgen]
pub struct Assertions(Rc<AssertionVerifier<NpmHost>>);

#[wasm_bindgen]
impl Assertions {
    /// `jwks` is a key set document, or the address of one.
    ///
    /// # Errors
    /// When it is neither, or holds no key; when `audience` is empty.
    #[wasm_bindgen(constructor)]
    pub fn new(jwks: &str, audience: &str, host: JsHost) -> Result<Assertions, JsError> {
        let source = if is_trusted_address(jwks) {
            KeySource::KeySet { url: jwks.to_owned(), bearer: None }
        } else if jwks.trim_start().starts_with('{') {
            let set = KeySet::parse(jwks.as_bytes()).map_err(|error| JsError::new(&format!("jwks: {error}")))?;
            KeySource::GivenSet(set)
        } else {
            let text = "jwks: expected the gateway's key set, or its https address; http is for this machine alone";
            return Err(JsError::new(text));
        };
        if audience.is_empty() {
            return Err(JsError::new("audience: expected https://host:port of this origin, or service:BINDING"));
        }
        Ok(Self(Rc::new(AssertionVerifier::new(NpmHost(host), audience, source))))
    }

    /// What an assertion says, as JSON, or a [`Refused`]. `sender` is `session`, `anyone` or `webhook`; `method` and `url` are the request's.
    pub fn verify(
        &self,
        token: String,
        sender: String,
        method: Option<String>,
        url: Option<String>,
        milliseconds: f64,
    ) -> JsValue {
        let sender = match sender.as_str() {
            "anyone" => Sender::Anyone,
            "webhook" => Sender::Webhook,
            _ => Sender::Session,
        };
        let verifier = Rc::clone(&self.0);
        let now = UnixTime::from_milliseconds(milliseconds);
        begin(async move {
            let request = method.as_deref().zip(url.as_deref()).map(|(method, url)| AssertedRequest { method, url });
            let asserted = if token.is_empty() {
                Err(Refusal::Theirs(Fault::CredentialsMissing))
            } else {
                verifier.verify(&token, request, sender, now).await.map_err(Refusal::from)
            };
            match asserted {
                Ok(asserted) => JsValue::from_str(&said(&asserted)),
                Err(refusal) => Refused { refusal, reached: None }.into(),
            }
        })
    }

    /// Whether [`Assertions::settle`] has work to do.
    #[wasm_bindgen(js_name = isUnsettled)]
    pub fn is_unsettled(&self) -> bool {
        self.0.is_unsettled()
    }

    /// Refreshes what fell due, beside the request.
    pub fn settle(&self, milliseconds: f64) -> JsValue {
        let verifier = Rc::clone(&self.0);
        let now = UnixTime::from_milliseconds(milliseconds);
        begin(async move {
            verifier.settle(now).await;
            JsValue::UNDEFINED
        })
    }
}

fn said(Asserted { session, webhook, request_id }: &Asserted) -> String {
    let webhook = webhook.as_deref().map(|id| WebhookJson { id });
    let auth = session.as_deref().map(SessionJson::new);
    let claims = session.as_deref().map(|session| session.claims.text());
    json::to_text(&Said { auth, claims, webhook, request_id })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Said<'a> {
    auth: Option<SessionJson<'a>>,
    /// The session's, as JSON of their own.
    claims: Option<&'a str>,
    webhook: Option<WebhookJson<'a>>,
    request_id: &'a str,
}

#[derive(Serialize)]
struct WebhookJson<'a> {
    id: &'a str,
}
