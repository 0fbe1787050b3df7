//! Who signs assertions: the host's WebCrypto, which takes its keys in before there is a configuration.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use js_sys::Array;
use wasm_bindgen::JsValue;

use super::javascript;
use crate::assertion::{Seed, seeds};

/// The key that signs, in the host's form, and the public halves of all.
pub(super) struct Signer {
    pub(super) key: JsValue,
    public_halves: Vec<(Seed, Vec<u8>)>,
}

impl Signer {
    /// Takes the keys in, where the host does and the text holds any; what is wrong with that, the configuration says.
    pub(super) async fn prepare(text: &str) -> Option<Self> {
        let mut first = None;
        let mut public_halves = Vec::new();
        for seed in seeds(text).ok()? {
            let made = Array::from(&javascript::signing_key(&seed).await.ok()?);
            first.get_or_insert(made.get(0));
            public_halves.push((seed, URL_SAFE_NO_PAD.decode(made.get(1).as_string()?).ok()?));
        }
        Some(Self { key: first?, public_halves })
    }

    pub(super) fn public_half(&self, seed: &Seed) -> Option<Vec<u8>> {
        self.public_halves.iter().find(|(held, _)| held == seed).map(|(_, half)| half.clone())
    }
}
