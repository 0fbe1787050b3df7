//! A public key in plain numbers: the one form that every source of keys comes to, and every host takes in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::algorithm::Algorithm;
use crate::limits::{RSA_EXPONENT_BYTES, RSA_MODULUS_BITS_MAX, RSA_MODULUS_BITS_MIN};

mod pem;

pub use pem::PemError;

/// A public key in plain numbers, checked for size and form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA: modulus and exponent, big-endian, without leading noughts.
    Rsa {
        /// 2048 to 4096 bits, odd.
        modulus: Vec<u8>,
        /// Odd, above one.
        exponent: Vec<u8>,
    },
    /// A point on P-256.
    P256 {
        /// 32 bytes.
        x: Vec<u8>,
        /// 32 bytes.
        y: Vec<u8>,
    },
    /// An Ed25519 key of 32 bytes.
    Ed25519 {
        /// 32 bytes.
        x: Vec<u8>,
    },
}

impl PublicKey {
    /// An RSA key of big-endian numbers, if they are in range.
    pub(crate) fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let (modulus, exponent) = (without_noughts(modulus), without_noughts(exponent));
        let odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
        let bits = modulus.first().map_or(0, |first| modulus.len() * 8 - first.leading_zeros() as usize);
        let in_range = (RSA_MODULUS_BITS_MIN..=RSA_MODULUS_BITS_MAX).contains(&bits);
        if !in_range || !odd(modulus) || !odd(exponent) || exponent == [1] || exponent.len() > RSA_EXPONENT_BYTES {
            return None;
        }
        Some(Self::Rsa { modulus: modulus.to_vec(), exponent: exponent.to_vec() })
    }

    /// Whether the key is of the kind that `algorithm` takes.
    #[must_use]
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        let key_type = match self {
            Self::Rsa { .. } => "RSA",
            Self::P256 { .. } => "EC",
            Self::Ed25519 { .. } => "OKP",
        };
        algorithm.key_type() == key_type
    }

    /// The key's numbers as members of a JWK.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa { modulus, exponent } => json!({"kty": "RSA", "n": text(modulus), "e": text(exponent)}),
            Self::P256 { x, y } => json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)}),
            Self::Ed25519 { x } => json!({"kty": "OKP", "crv": "Ed25519", "x": text(x)}),
        }
    }
}

/// RFC 7518 section 6.3.1.1 warns of writers that put a nought before the modulus; the number is the same.
fn without_noughts(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    &number[start..]
}
