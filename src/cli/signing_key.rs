//! RSA keys that sign tokens: generated for the stand-in, or read from a PEM file.
//!
//! The private half never leaves this file: what can be taken out is a signature or the public half.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_compact::alg::Rsa;
use jwt_compact::{Algorithm as _, AlgorithmSignature as _};
use rand_core::OsRng;
use rsa::RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePublicKey as _, LineEnding};
use rsa::traits::PublicKeyParts as _;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::limits::{RSA_MODULUS_BITS_MAX, RSA_MODULUS_BITS_MIN};

/// Why there is no signing key.
#[derive(Debug, Error)]
pub(super) enum SigningKeyError {
    /// No key came out of the generator.
    #[error("cannot generate an RSA key")]
    Generate(#[source] rsa::Error),
    /// The text is neither of the two kinds of private key.
    #[error("expected a private RSA key as PEM, which begins with BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY")]
    Label,
    /// A PKCS#8 file that does not hold a sound RSA key.
    #[error("not a sound PKCS#8 RSA key")]
    Pkcs8(#[source] rsa::pkcs8::Error),
    /// A PKCS#1 file that does not hold a sound RSA key.
    #[error("not a sound PKCS#1 RSA key")]
    Pkcs1(#[source] rsa::pkcs1::Error),
    /// The modulus is shorter or longer than any verifier takes.
    #[error("expected an RSA key of {RSA_MODULUS_BITS_MIN} to {RSA_MODULUS_BITS_MAX} bits, got {0}")]
    Size(usize),
    /// The public half cannot be written.
    #[error("cannot write the public key as PEM")]
    PublicKey(#[source] rsa::pkcs8::spki::Error),
}

/// A private RSA key.
pub(super) struct SigningKey(RsaPrivateKey);

/// The public half of a key as a member of a key set (RFC 7517), with the members that Clerk publishes, in its order.
#[derive(Debug, Serialize)]
pub(super) struct PublicJwk {
    #[serde(rename = "use")]
    usage: &'static str,
    kty: &'static str,
    kid: String,
    alg: &'static str,
    n: String,
    e: String,
}

/// The one member of a header that a signature depends on.
#[derive(Deserialize)]
struct Named {
    alg: String,
}

impl SigningKey {
    /// A new key of 2048 bits, as Clerk's are.
    pub(super) fn generate() -> Result<Self, SigningKeyError> {
        RsaPrivateKey::new(&mut OsRng, RSA_MODULUS_BITS_MIN).map(Self).map_err(SigningKeyError::Generate)
    }

    /// Reads a private key as PEM: PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`).
    pub(super) fn from_pem(pem: &str) -> Result<Self, SigningKeyError> {
        let key = if pem.contains("-----BEGIN PRIVATE KEY-----") {
            RsaPrivateKey::from_pkcs8_pem(pem).map_err(SigningKeyError::Pkcs8)?
        } else if pem.contains("-----BEGIN RSA PRIVATE KEY-----") {
            RsaPrivateKey::from_pkcs1_pem(pem).map_err(SigningKeyError::Pkcs1)?
        } else {
            return Err(SigningKeyError::Label);
        };
        match key.n().bits() {
            RSA_MODULUS_BITS_MIN..=RSA_MODULUS_BITS_MAX => Ok(Self(key)),
            bits => Err(SigningKeyError::Size(bits)),
        }
    }

    /// The compact serialization (RFC 7515 section 7.1) of exactly these bytes.
    ///
    /// One of RSA's six algorithms signs when the header names it, and RS256 otherwise: a test of what a verifier does
    /// with PS256, or with a false `alg`, needs a signature too.
    pub(super) fn sign(&self, header: &[u8], payload: &[u8]) -> String {
        let named = serde_json::from_slice::<Named>(header).ok();
        let algorithm = named.and_then(|Named { alg }| alg.parse().ok()).unwrap_or(Rsa::rs256());
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = algorithm.sign(&self.0, message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_bytes()))
    }

    /// The public half, as a member of a key set under `kid`.
    pub(super) fn public_jwk(&self, kid: &str) -> PublicJwk {
        PublicJwk {
            usage: "sig",
            kty: "RSA",
            kid: kid.to_owned(),
            alg: "RS256",
            n: URL_SAFE_NO_PAD.encode(self.0.n().to_bytes_be()),
            e: URL_SAFE_NO_PAD.encode(self.0.e().to_bytes_be()),
        }
    }

    /// The public half as the dashboard shows it: SPKI as PEM.
    pub(super) fn public_pem(&self) -> Result<String, SigningKeyError> {
        self.0.to_public_key().to_public_key_pem(LineEnding::LF).map_err(SigningKeyError::PublicKey)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey(..)")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::{Arc, OnceLock};

    use jwt_compact::jwk::JsonWebKey;
    use jwt_compact::{AlgorithmExt as _, AlgorithmSignature, UntrustedToken};
    use rsa::RsaPublicKey;
    use rsa::pkcs1::EncodeRsaPrivateKey as _;
    use rsa::pkcs8::EncodePrivateKey as _;
    use serde_json::Value;

    use super::*;

    /// One key for every test of this process: making one takes long.
    pub(in crate::cli) fn key() -> Arc<SigningKey> {
        static KEY: OnceLock<Arc<SigningKey>> = OnceLock::new();
        Arc::clone(KEY.get_or_init(|| Arc::new(SigningKey::generate().unwrap())))
    }

    #[track_caller]
    fn assert_signed_with(alg: Rsa, token: &str, key: &SigningKey) {
        let jwk: JsonWebKey<'_> = serde_json::from_value(serde_json::to_value(key.public_jwk("k")).unwrap()).unwrap();
        let public = RsaPublicKey::try_from(&jwk).unwrap();
        let token = UntrustedToken::new(token).unwrap();
        alg.validator::<Value>(&public).validate(&token).unwrap();
    }

    #[test]
    fn a_token_verifies_with_the_published_key() {
        let token = key().sign(br#"{"alg":"RS256"}"#, br#"{"sub":"x"}"#);
        assert_signed_with(Rsa::rs256(), &token, &key());
    }

    #[test]
    fn the_headers_algorithm_signs_when_it_is_one_of_rsas() {
        let token = key().sign(br#"{"alg":"PS512"}"#, b"{}");
        assert_signed_with(Rsa::ps512(), &token, &key());
        for header in [&br#"{"alg":"none"}"#[..], b"{}", b"not json"] {
            let token = key().sign(header, b"{}");
            let (message, signature) = token.rsplit_once('.').unwrap();
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            let signature = AlgorithmSignature::try_from_slice(&signature).unwrap();
            assert!(Rsa::rs256().verify_signature(&signature, &key().0.to_public_key(), message.as_bytes()));
        }
    }

    #[test]
    fn both_kinds_of_pem_hold_the_same_key() {
        let key = key();
        let modulus = key.public_jwk("k").n;
        for pem in [key.0.to_pkcs8_pem(LineEnding::LF).unwrap(), key.0.to_pkcs1_pem(LineEnding::CRLF).unwrap()] {
            assert_eq!(SigningKey::from_pem(&pem).unwrap().public_jwk("k").n, modulus);
        }
    }

    #[test]
    fn what_is_not_a_private_rsa_key_is_refused() {
        let public = key().public_pem().unwrap();
        assert!(public.starts_with("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"));
        assert!(matches!(SigningKey::from_pem(&public), Err(SigningKeyError::Label)));
        let torn = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert!(matches!(SigningKey::from_pem(torn), Err(SigningKeyError::Pkcs8(_))));
        let short = RsaPrivateKey::new(&mut OsRng, 1024).unwrap().to_pkcs1_pem(LineEnding::LF).unwrap();
        assert!(matches!(SigningKey::from_pem(&short), Err(SigningKeyError::Size(1024))));
    }

    #[test]
    fn debug_shows_nothing_of_the_key() {
        assert_eq!(format!("{:?}", key()), "SigningKey(..)");
    }
}
