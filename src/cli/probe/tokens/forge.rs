//! A forger's own key, and the signatures that need none.

use std::cell::OnceCell;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac_sha256::HMAC;

use super::Token;
use crate::cli::signing_key::{PublicJwk, SigningKey, SigningKeyError};

/// What an attacker has. The key is made when it is first wanted, since making it takes long.
#[derive(Default)]
pub(in crate::cli::probe) struct Forge {
    key: OnceCell<SigningKey>,
}

impl Forge {
    /// A token of exactly these parts, signed with the forger's key.
    pub(in crate::cli::probe) fn sign(
        &self,
        header: &[u8],
        payload: &[u8],
        kind: &str,
    ) -> Result<Token, SigningKeyError> {
        Ok(Token::new(self.key()?.sign(header, payload), kind))
    }

    /// The public half of the forger's key.
    pub(in crate::cli::probe) fn public_jwk(&self, kid: &str) -> Result<PublicJwk, SigningKeyError> {
        Ok(self.key()?.public_jwk(kid))
    }

    fn key(&self) -> Result<&SigningKey, SigningKeyError> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let key = SigningKey::generate()?;
        Ok(self.key.get_or_init(|| key))
    }
}

/// base64url without padding (RFC 7515 section 2).
pub(in crate::cli::probe) fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token of these parts, "signed" with HS256 under `secret`.
pub(in crate::cli::probe) fn hmac_sha256(header: &str, payload: &str, secret: &[u8], kind: &str) -> Token {
    let message = format!("{}.{}", base64(header), base64(payload));
    let mac = HMAC::mac(message.as_bytes(), secret);
    Token::new(format!("{message}.{}", base64(mac)), kind)
}
