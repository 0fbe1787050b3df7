//! The key that a user pastes from the dashboard: an SPKI public key in PEM (RFC 7468 section 13).
//!
//! It passes through environment variables, which turn its lines into `\n` escapes, into one line, or lose its
//! armour; each of these still reads. Verification with it needs no network.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::PublicKey;
use super::der::{self, Der};

/// `rsaEncryption`, 1.2.840.113549.1.1.1 (RFC 8017 appendix C).
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

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
        if split(pem, "PRIVATE KEY").is_some() {
            return Err(PemError::Private);
        }
        let text = with_line_ends(pem);
        let body: String = match split(&text, "-----BEGIN PUBLIC KEY-----") {
            Some((before, rest)) if before.trim().is_empty() => {
                let (body, after) = split(rest, "-----END PUBLIC KEY-----").ok_or(PemError::Form)?;
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
        let (algorithm, key) = spki(der).ok_or(PemError::Form)?;
        if algorithm != RSA_ENCRYPTION {
            return Err(PemError::Kind);
        }
        let (modulus, exponent) = rsa(key).ok_or(PemError::Form)?;
        Self::from_rsa(modulus, exponent).ok_or(PemError::Kind)
    }
}

/// The algorithm of a `SubjectPublicKeyInfo`, and its key (RFC 5280 section 4.1).
fn spki(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut outer = Der(der);
    let mut info = Der(outer.take(der::SEQUENCE)?);
    outer.end()?;
    let mut algorithm = Der(info.take(der::SEQUENCE)?);
    let key = info.take(der::BIT_STRING)?.strip_prefix(&[0])?;
    info.end()?;
    let name = algorithm.take(der::OBJECT_IDENTIFIER)?;
    // Of an RSA key the parameters are NULL (RFC 3279 section 2.3.1); those of others do not matter, since they are not taken.
    if name == RSA_ENCRYPTION && !algorithm.0.is_empty() {
        algorithm.take(der::NULL).filter(|value| value.is_empty())?;
        algorithm.end()?;
    }
    Some((name, key))
}

/// The modulus and the exponent of an `RSAPublicKey` (RFC 8017 appendix A.1.1).
fn rsa(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut outer = Der(der);
    let mut key = Der(outer.take(der::SEQUENCE)?);
    outer.end()?;
    let numbers = (key.take_number()?, key.take_number()?);
    key.end().map(|()| numbers)
}

/// The text with `\n` and `\r` for what they stand for.
fn with_line_ends(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (end, rest) = match part.as_bytes() {
            [b'n', ..] => ("\n", &part[1..]),
            [b'r', ..] => ("", &part[1..]),
            _ => ("\\", part),
        };
        whole.push_str(end);
        whole.push_str(rest);
    }
    whole
}

/// What is before and behind the first `mark`. The standard library's search is made for long texts, and is large.
fn split<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let at = text.as_bytes().windows(mark.len()).position(|window| window == mark.as_bytes())?;
    Some((&text[..at], &text[at + mark.len()..]))
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

    /// What the general libraries make of a key: the same numbers, or none.
    fn by_libraries(der: &[u8]) -> Option<PublicKey> {
        use spki::der::Decode as _;
        let info = spki::SubjectPublicKeyInfoRef::from_der(der).ok()?;
        let is_rsa = info.algorithm.oid == spki::ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
        let key = pkcs1::RsaPublicKey::from_der(info.subject_public_key.as_bytes()?).ok().filter(|_| is_rsa)?;
        PublicKey::from_rsa(key.modulus.as_bytes(), key.public_exponent.as_bytes())
    }

    #[test]
    fn whatever_one_byte_becomes_the_key_is_the_one_that_general_libraries_read() {
        let (begin, end) = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----");
        let good = pem(&modulus(2048)).replace(begin, "").replace(end, "").split_whitespace().collect::<String>();
        let good = STANDARD.decode(good).unwrap();
        assert!(by_libraries(&good).is_some());
        let mut read = 0;
        for (at, byte) in (0..good.len()).flat_map(|at| (0..=255).map(move |byte| (at, byte))) {
            let mut der = good.clone();
            der[at] = byte;
            let ours = PublicKey::from_spki(&der).ok();
            read += usize::from(ours.is_some());
            // The parameters of an RSA key are NULL (RFC 3279 section 2.3.1); the libraries take any that are well-formed.
            let is_in_parameters = (17..19).contains(&at) && ours.is_none();
            assert!(ours == by_libraries(&der) || is_in_parameters, "{at} {byte}");
        }
        assert!(read > 250 * 256, "{read}");
        for length in 0..good.len() {
            assert_eq!(PublicKey::from_spki(&good[..length]), Err(PemError::Form), "{length}");
        }
        assert_eq!(PublicKey::from_spki(&[&good[..], &[0]].concat()), Err(PemError::Form));
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
