//! A Worker's variables, secrets and bindings, as a configuration reads them.

use js_sys::{JSON, Reflect};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};

use super::javascript::Service;
use super::signer::Signer;
use crate::assertion::Seed;
use crate::config::Environment;

/// The bindings, and who signs assertions, where anyone does.
pub(super) struct WorkerEnvironment<'a>(pub(super) &'a JsValue, pub(super) Option<&'a Signer>);

impl WorkerEnvironment<'_> {
    fn binding(&self, name: &str) -> Option<JsValue> {
        let binding = Reflect::get(self.0, &name.into()).ok()?;
        (!binding.is_undefined() && !binding.is_null()).then_some(binding)
    }

    /// A binding that can be asked to do this.
    fn able(&self, name: &str, method: &str) -> Option<JsValue> {
        let binding = self.binding(name)?;
        Reflect::get(&binding, &method.into()).is_ok_and(|method| method.is_function()).then_some(binding)
    }

    pub(super) fn service(&self, name: &str) -> Option<Service> {
        self.able(name, "fetch").map(JsCast::unchecked_into)
    }

    pub(super) fn rate_limit(&self, name: &str) -> Option<JsValue> {
        self.able(name, "limit")
    }

    /// The namespace of KV that keys are kept in.
    pub(super) fn store(&self) -> Option<JsValue> {
        self.able("JWKS", "put")
    }
}

impl Environment for WorkerEnvironment<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.binding(name)?.as_string()
    }

    fn json(&self, name: &str) -> Option<Value> {
        let binding = self.binding(name)?;
        let text = match binding.as_string() {
            Some(text) => text,
            None => JSON::stringify(&binding).ok()?.into(),
        };
        // A text that is no JSON is a value too, so that the mistake is told as one of kind, not as a missing variable.
        Some(serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    fn has_service(&self, name: &str) -> bool {
        self.service(name).is_some()
    }

    fn has_rate_limit(&self, name: &str) -> bool {
        self.rate_limit(name).is_some()
    }

    fn public_half(&self, seed: &Seed) -> Option<Vec<u8>> {
        self.1?.public_half(seed)
    }
}
