//! Signing outside of wasm, by jwt-compact's Ed25519.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_compact::alg::Ed25519;
use jwt_compact::{Algorithm, AlgorithmSignature as _};

use super::{Assertion, AssertionKeyError, AssertionKeys, seeds};
use crate::time::UnixTime;

pub(super) type SigningKey = <Ed25519 as Algorithm>::SigningKey;

impl AssertionKeys {
    /// Reads one or two seeds separated by white space, in either alphabet of base64. The first signs.
    ///
    /// # Errors
    /// As [`seeds`].
    pub fn parse(text: &str) -> Result<Self, AssertionKeyError> {
        let keys: Vec<SigningKey> = seeds(text)?.iter().map(SigningKey::from_bytes).collect();
        let public: Vec<_> = keys.iter().map(|key| key.verifying_key().to_bytes().to_vec()).collect();
        let (header, document) = Self::published(&public);
        let key = keys.into_iter().next().ok_or(AssertionKeyError::Seed)?;
        Ok(Self { key, header, document })
    }

    /// The token: what `assertion` says, at the time `now`.
    #[must_use]
    pub fn sign(&self, assertion: &Assertion<'_>, now: UnixTime) -> String {
        let mut token = self.unsigned(assertion, now);
        let signature = Ed25519.sign(&self.key, token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_bytes(), &mut token);
        token
    }

    /// The same, as whoever forwards a request asks for it.
    #[must_use]
    pub fn token(&self, assertion: &Assertion<'_>, now: UnixTime) -> String {
        self.sign(assertion, now)
    }
}
