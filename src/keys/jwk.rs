//! One key of a key set (RFC 7517 section 4), checked before it is ever used.
//!
//! A key says what it is for, and is used for nothing else: `kty` exact, `use` absent or `sig`, `key_ops` absent or
//! with `verify`, `alg` absent or one that fits. A key that carries its private half is a leaked one and is not used.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use thiserror::Error;

use crate::algorithm::Algorithm;
use crate::json::Object;
use crate::limits::KEY_ID_BYTES;
use crate::public_key::PublicKey;

/// Why a key of a set is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JwkError {
    /// `kid` is missing, empty, too long or not text.
    #[error("kid is not a text of 1 to 256 bytes")]
    KeyId,
    /// `kty`, `crv` or `alg` is none that this verifier uses.
    #[error("not a key for a known algorithm")]
    Kind,
    /// `use` or `key_ops` says it is for something else.
    #[error("not for checking signatures")]
    Use,
    /// It carries private members.
    #[error("carries its private key")]
    Private,
    /// A number is missing, not canonical base64url, or out of range.
    #[error("its numbers are missing, misspelt or out of range")]
    Material,
}

/// A usable key of a key set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwk {
    pub(super) key_id: String,
    pub(super) key: PublicKey,
    pub(super) algorithm: Option<Algorithm>,
}

impl Jwk {
    /// Reads one member of a set's `keys`.
    ///
    /// # Errors
    /// Says why the key is not used.
    pub fn from_object(members: &Object) -> Result<Self, JwkError> {
        let key_id = text(members, "kid").filter(|id| !id.is_empty() && id.len() <= KEY_ID_BYTES);
        let key_id = key_id.ok_or(JwkError::KeyId)?.to_owned();
        check_use(members)?;
        let key = match text(members, "kty") {
            Some("RSA") => {
                PublicKey::from_rsa(&number(members, "n")?, &number(members, "e")?).ok_or(JwkError::Material)?
            }
            Some("EC") if text(members, "crv") == Some("P-256") => {
                PublicKey::P256 { x: bytes_32(members, "x")?, y: bytes_32(members, "y")? }
            }
            Some("OKP") if text(members, "crv") == Some("Ed25519") => {
                PublicKey::from_ed25519(bytes_32(members, "x")?).ok_or(JwkError::Material)?
            }
            _ => return Err(JwkError::Kind),
        };
        let algorithm = match members.get("alg") {
            None => None,
            Some(name) => Some(name.as_str().and_then(Algorithm::from_name).ok_or(JwkError::Kind)?),
        };
        if algorithm.is_some_and(|algorithm| !key.fits(algorithm)) {
            return Err(JwkError::Kind);
        }
        Ok(Self { key_id, key, algorithm })
    }

    /// Whether the key is the one for a token's `kid` and algorithm.
    #[must_use]
    pub fn answers(&self, key_id: &str, algorithm: Algorithm) -> bool {
        self.key_id == key_id && self.key.fits(algorithm) && self.algorithm.is_none_or(|own| own == algorithm)
    }

    /// The `kid`.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The key in plain numbers.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The key as a member of a key set's `keys`.
    #[must_use]
    pub fn to_json(&self) -> Object {
        let mut members = self.key.to_json();
        members.insert("kid".to_owned(), self.key_id.as_str().into());
        members.insert("use".to_owned(), "sig".into());
        if let Some(algorithm) = self.algorithm {
            members.insert("alg".to_owned(), algorithm.name().into());
        }
        members
    }
}

fn check_use(members: &Object) -> Result<(), JwkError> {
    if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|name| members.contains_key(*name)) {
        return Err(JwkError::Private);
    }
    let for_signatures = members.get("use").is_none_or(|value| value.as_str() == Some("sig"));
    let to_verify = members.get("key_ops").is_none_or(|value| {
        value
            .as_array()
            .is_some_and(|operations| operations.iter().any(|operation| operation.as_str() == Some("verify")))
    });
    if for_signatures && to_verify { Ok(()) } else { Err(JwkError::Use) }
}

fn text<'a>(members: &'a Object, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

fn number(members: &Object, name: &str) -> Result<Vec<u8>, JwkError> {
    let encoded = text(members, name).ok_or(JwkError::Material)?;
    URL_SAFE_NO_PAD.decode(encoded).map_err(|_| JwkError::Material)
}

fn bytes_32(members: &Object, name: &str) -> Result<Vec<u8>, JwkError> {
    number(members, name).and_then(|bytes| if bytes.len() == 32 { Ok(bytes) } else { Err(JwkError::Material) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{RSA_MODULUS_BITS_MAX, RSA_MODULUS_BITS_MIN};
    use serde_json::json;

    fn modulus(bits: usize) -> String {
        let mut bytes = vec![0xff; bits.div_ceil(8)];
        bytes[0] = u8::try_from(0xff_u32 >> ((8 - bits % 8) % 8)).unwrap();
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn read(extra: Value) -> Result<Jwk, JwkError> {
        let mut members = json!({"kty": "RSA", "kid": "ins_1", "n": modulus(2048), "e": "AQAB"});
        for (name, value) in extra.as_object().unwrap() {
            members[name] = value.clone();
        }
        Jwk::from_object(members.as_object().unwrap())
    }

    #[test]
    fn a_key_answers_its_own_id_and_algorithm() {
        let free = read(json!({})).unwrap();
        assert!(free.answers("ins_1", Algorithm::Rs256) && free.answers("ins_1", Algorithm::Rs512));
        assert!(!free.answers("INS_1", Algorithm::Rs256) && !free.answers("ins_1", Algorithm::Es256));
        let bound = read(json!({"alg": "RS256", "use": "sig", "key_ops": ["verify"]})).unwrap();
        assert!(bound.answers("ins_1", Algorithm::Rs256) && !bound.answers("ins_1", Algorithm::Rs384));
    }

    #[test]
    fn an_ed25519_key_that_anyone_can_sign_for_is_not_used() {
        let read = |bytes: [u8; 32]| {
            let members = json!({"kty": "OKP", "crv": "Ed25519", "kid": "ins_1", "x": URL_SAFE_NO_PAD.encode(bytes)});
            Jwk::from_object(members.as_object().unwrap()).map(|_| ())
        };
        let number = |first: u8, rest: u8| {
            let mut bytes = [rest; 32];
            bytes[0] = first;
            bytes[31] = rest & 0x7f;
            bytes
        };
        let of_order_8 = ["JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU", "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o"]
            .map(|text| <[u8; 32]>::try_from(URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap());
        let below_and_around_the_prime = [0xec, 0xed, 0xee].map(|first| number(first, 0xff));
        for mut bytes in [&[number(0, 0), number(1, 0)][..], &of_order_8, &below_and_around_the_prime].concat() {
            assert_eq!(read(bytes), Err(JwkError::Material), "{bytes:?}");
            bytes[31] |= 0x80;
            assert_eq!(read(bytes), Err(JwkError::Material), "{bytes:?}, on the other side");
        }
        assert_eq!(read(number(2, 0)), Ok(()));
    }

    #[test]
    fn a_key_for_something_else_is_not_used() {
        for (extra, error) in [
            (json!({"use": "enc"}), JwkError::Use),
            (json!({"use": 1}), JwkError::Use),
            (json!({"key_ops": ["sign"]}), JwkError::Use),
            (json!({"key_ops": "verify"}), JwkError::Use),
            (json!({"use": "enc", "key_ops": ["verify"]}), JwkError::Use),
            (json!({"alg": "PS256"}), JwkError::Kind),
            (json!({"alg": "rs256"}), JwkError::Kind),
            (json!({"alg": "ES256"}), JwkError::Kind),
            (json!({"alg": null}), JwkError::Kind),
            (json!({"kty": "rsa"}), JwkError::Kind),
            (json!({"kty": "oct"}), JwkError::Kind),
            (json!({"kty": "EC", "crv": "P-384"}), JwkError::Kind),
            (json!({"d": "AQAB"}), JwkError::Private),
            (json!({"k": "AQAB"}), JwkError::Private),
            (json!({"kid": ""}), JwkError::KeyId),
            (json!({"kid": 1}), JwkError::KeyId),
            (json!({"kid": "x".repeat(KEY_ID_BYTES + 1)}), JwkError::KeyId),
        ] {
            assert_eq!(read(extra.clone()), Err(error), "{extra}");
        }
    }

    #[test]
    fn sizes_are_bounded_at_exactly_the_limits() {
        assert!(read(json!({"n": modulus(RSA_MODULUS_BITS_MIN)})).is_ok());
        assert!(read(json!({"n": modulus(RSA_MODULUS_BITS_MAX)})).is_ok());
        for bits in [512, 1024, RSA_MODULUS_BITS_MIN - 1, RSA_MODULUS_BITS_MAX + 1, 16_384] {
            assert_eq!(read(json!({"n": modulus(bits)})), Err(JwkError::Material), "{bits}");
        }
        assert!(read(json!({"e": "_____w"})).is_ok());
        for exponent in ["AQ", "Ag", "AA", "", "AQAAAAE", "AQAB=", "AQA*"] {
            assert_eq!(read(json!({"e": exponent})), Err(JwkError::Material), "{exponent}");
        }
    }

    #[test]
    fn a_nought_before_the_modulus_is_the_same_number() {
        let padded = [&[0][..], &URL_SAFE_NO_PAD.decode(modulus(2048)).unwrap()].concat();
        assert_eq!(read(json!({"n": URL_SAFE_NO_PAD.encode(padded)})), read(json!({})));
    }

    #[test]
    fn a_key_written_out_reads_back() {
        for key in [
            read(json!({"alg": "RS256"})).unwrap(),
            read(json!({"kty": "EC", "crv": "P-256", "x": "A".repeat(43), "y": "A".repeat(43)})).unwrap(),
            read(json!({"kty": "OKP", "crv": "Ed25519", "x": format!("{}A", "B".repeat(42))})).unwrap(),
        ] {
            assert_eq!(Jwk::from_object(&key.to_json()), Ok(key));
        }
    }
}
