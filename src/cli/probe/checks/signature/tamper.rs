//! Small changes to a token, and a key in another spelling.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_compact::alg::RsaPublicKey;
use jwt_compact::jwk::JsonWebKey;
use rsa::pkcs8::{EncodePublicKey as _, LineEnding};
use serde_json::{Value, json};

use crate::cli::probe::tokens::{Pattern, Token, base64};

/// The token with one thing changed each time, under its old signature.
pub(super) fn tampered(token: &Token) -> Vec<Token> {
    let (Some([header, payload, signature]), Some(pattern)) = (token.parts(), Pattern::of(token)) else {
        return Vec::new();
    };
    let other_user = base64(pattern.claims_with(&json!({"sub": "user_attacker"})));
    let longer = base64(pattern.claims_with(&json!({"exp": 4_102_444_800_i64})));
    let other_header = base64(pattern.header_with(&json!({"x": 1})));
    let truncated = signature.get(..signature.len().saturating_sub(8)).unwrap_or_default();
    let changes = [
        (format!("{header}.{other_user}.{signature}"), "another sub"),
        (format!("{header}.{longer}.{signature}"), "another exp"),
        (format!("{other_header}.{payload}.{signature}"), "another header"),
        (format!("{header}.{payload}.{truncated}"), "a signature cut short"),
        (format!("{header}.{payload}.{}", with_flipped_bit(signature)), "a bit of the signature flipped"),
        (format!("{header}.{payload}.{signature}AAAA"), "a signature with more behind it"),
    ];
    changes.map(|(text, change)| Token::new(text, format!("{}, changed: {change}", token.kind))).into()
}

fn with_flipped_bit(signature: &str) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap_or_else(|_| vec![0]);
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    base64(bytes)
}

/// An RSA key of a key set as PEM.
pub(super) fn pem_of(jwk: &Value) -> Option<String> {
    let jwk: JsonWebKey<'_> = serde_json::from_value(jwk.clone()).ok()?;
    RsaPublicKey::try_from(&jwk).ok()?.to_public_key_pem(LineEnding::LF).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_makes_another_token() {
        let token = Token::new(format!("{}.{}.{}", base64("{}"), base64("{\"sub\":\"a\"}"), base64([7; 32])), "good");
        let changed = tampered(&token);
        assert_eq!(changed.len(), 6);
        assert!(changed.iter().all(|changed| changed.text != token.text));
    }
}
