//! The key that a user pastes from the dashboard: an SPKI public key in PEM (RFC 7468 section 13).
//!
//! It passes through environment variables, which turn its lines into `\n` escapes, into one line, or lose its
//! armour; each of these still reads. Verification with it needs no network.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pkcs1::RsaPublicKey;
use spki::der::Decode as _;
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};
use thiserror::Error;

use super::PublicKey;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// What is wrong with a PEM key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PemError {
    /// A private key was pasted.
    #[error("is a private key; expected the public key of the instance")]
    Private,
    /// Not base64 of a public key.
    #[error("is not a public key in PEM; expected the text from BEGIN PUBLIC KEY to END PUBLIC KEY")]
    Form,
    /// A key of another kind or size.
    #[error("is not an RSA key of 2048 to 4096 bits")]
    Kind,
}

impl PublicKey {
    /// Reads a PEM public key, with real or escaped line ends, or without its armour.
    ///
    /// # Errors
    /// Says what is wrong, without repeating the key.
    pub fn from_pem(pem: &str) -> Result<Self, PemError> {
        if pem.contains("PRIVATE KEY") {
            return Err(PemError::Private);
        }
        let text = pem.replace("\\r", "").replace("\\n", "\n");
        let body: String = match text.split_once("-----BEGIN PUBLIC KEY-----") {
            Some((before, rest)) if before.trim().is_empty() => {
                let (body, after) = rest.split_once("-----END PUBLIC KEY-----").ok_or(PemError::Form)?;
                if !after.trim().is_empty() {
                    return Err(PemError::Form);
                }
                body.split_whitespace().collect()
            }
            Some(_) => return Err(PemError::Form),
            None => text.split_whitespace().collect(),
        };
        Self::from_spki(&STANDARD.decode(body).map_err(|_| PemError::Form)?)
    }

    fn from_spki(der: &[u8]) -> Result<Self, PemError> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| PemError::Form)?;
        if info.algorithm.oid != RSA_ENCRYPTION {
            return Err(PemError::Kind);
        }
        let bits = info.subject_public_key.as_bytes().ok_or(PemError::Form)?;
        let key = RsaPublicKey::from_der(bits).map_err(|_| PemError::Form)?;
        Self::from_rsa(key.modulus.as_bytes(), key.public_exponent.as_bytes()).ok_or(PemError::Kind)
    }
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use super::*;
    use jwt_compact::alg::{ModulusBits, Rsa, RsaPublicKey as NativeKey};
    use jwt_compact::jwk::JsonWebKey;

    /// SPKI of an RSA key of about `bits` bits, written here from its parts (RFC 5280 section 4.1.2.7).
    fn pem(modulus: &[u8]) -> String {
        fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
            let length = u16::try_from(value.len()).unwrap().to_be_bytes();
            let header = match value.len() {
                0..128 => vec![tag, length[1]],
                128..256 => vec![tag, 0x81, length[1]],
                _ => vec![tag, 0x82, length[0], length[1]],
            };
            [&header, value].concat()
        }
        let numbers = [tlv(2, &[&[0], modulus].concat()), tlv(2, &[1, 0, 1])].concat();
        let key = [vec![0], tlv(0x30, &numbers)].concat();
        let algorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
        let spki = tlv(0x30, &[&algorithm[..], &tlv(3, &key)].concat());
        let body = STANDARD.encode(spki);
        let lines: Vec<_> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    fn modulus(bits: usize) -> Vec<u8> {
        vec![0xff; bits / 8]
    }

    #[test]
    fn every_size_and_every_spelling_reads() {
        for bits in [2048, 3072, 4096] {
            let pem = pem(&modulus(bits));
            let key = PublicKey::Rsa { modulus: modulus(bits), exponent: vec![1, 0, 1] };
            assert_eq!(PublicKey::from_pem(&pem), Ok(key.clone()), "{bits}");
            assert_eq!(PublicKey::from_pem(&pem.replace('\n', "\\n")), Ok(key.clone()), "{bits} escaped");
            assert_eq!(PublicKey::from_pem(&pem.replace('\n', "\r\n")), Ok(key.clone()), "{bits} carriage returns");
            assert_eq!(PublicKey::from_pem(&pem.replace('\n', " ")), Ok(key.clone()), "{bits} on one line");
            let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
            assert_eq!(PublicKey::from_pem(&body), Ok(key), "{bits} without armour");
        }
    }

    #[test]
    fn a_generated_key_reads() {
        let (_, public) = Rsa::generate(&mut rand_core::OsRng, ModulusBits::TwoKibibytes).unwrap();
        let native: NativeKey = public.into_inner();
        let JsonWebKey::Rsa { modulus, .. } = JsonWebKey::from(&native) else { unreachable!() };
        let read = PublicKey::from_pem(&pem(&modulus)).unwrap();
        assert_eq!(read, PublicKey::Rsa { modulus: modulus.into_owned(), exponent: vec![1, 0, 1] });
    }

    #[test]
    fn every_mistake_has_its_sentence() {
        assert_eq!(PublicKey::from_pem(&pem(&modulus(1024))), Err(PemError::Kind));
        assert_eq!(PublicKey::from_pem(&pem(&modulus(8192))), Err(PemError::Kind));
        assert_eq!(
            PublicKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
            Err(PemError::Private)
        );
        assert_eq!(PublicKey::from_pem("-----BEGIN RSA PRIVATE KEY-----"), Err(PemError::Private));
        let good = pem(&modulus(2048));
        for bad in [
            "",
            "x",
            "AAAA",
            good.trim_end_matches("-----\n"),
            &good.replace("END", "MID"),
            &format!("x{good}"),
            &format!("{good}{good}"),
        ] {
            assert_eq!(PublicKey::from_pem(bad), Err(PemError::Form), "{bad}");
        }
        assert_eq!(PublicKey::from_pem(&good.replacen("MII", "MIJ", 1)), Err(PemError::Form));
    }
}
