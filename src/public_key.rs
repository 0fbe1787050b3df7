//! A public key in plain numbers: the one form that every source of keys comes to, and every host takes in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::algorithm::Algorithm;
use crate::json::Object;
use crate::limits::{RSA_EXPONENT_BYTES, RSA_MODULUS_BITS_MAX, RSA_MODULUS_BITS_MIN};

mod der;
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

/// The numbers y of Edwards25519's points of small order, little-endian: 0, 1 and -1, each also as the number that is larger
/// by the prime where that fits, and the two of the points of order 8.
const ED25519_SMALL_ORDER: [[u8; 32]; 7] = [
    [0; 32],
    with_ends(1, 0, 0),
    with_ends(0xec, 0xff, 0x7f),
    with_ends(0xed, 0xff, 0x7f),
    with_ends(0xee, 0xff, 0x7f),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

const fn with_ends(first: u8, between: u8, last: u8) -> [u8; 32] {
    let mut bytes = [between; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
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

    /// An Ed25519 key, unless its point is of small order: then one signature of nothing is good for every message, and
    /// anyone can make it. Hosts differ in whether they look (RFC 8032 section 8.6 leaves it to them).
    pub(crate) fn from_ed25519(x: Vec<u8>) -> Option<Self> {
        let mut y = <[u8; 32]>::try_from(x.as_slice()).ok()?;
        y[31] &= 0x7f; // The sign of the other coordinate.
        (!ED25519_SMALL_ORDER.contains(&y)).then_some(Self::Ed25519 { x })
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
    pub fn to_json(&self) -> Object {
        let (kind, curve) = match self {
            Self::Rsa { .. } => ("RSA", None),
            Self::P256 { .. } => ("EC", Some("P-256")),
            Self::Ed25519 { .. } => ("OKP", Some("Ed25519")),
        };
        let numbers: [Option<(&str, &[u8])>; 2] = match self {
            Self::Rsa { modulus, exponent } => [Some(("n", modulus)), Some(("e", exponent))],
            Self::P256 { x, y } => [Some(("x", x)), Some(("y", y))],
            Self::Ed25519 { x } => [Some(("x", x)), None],
        };
        let mut members = Object::new();
        members.insert("kty".to_owned(), kind.into());
        members.extend(curve.map(|curve| ("crv".to_owned(), curve.into())));
        for (name, number) in numbers.into_iter().flatten() {
            members.insert(name.to_owned(), URL_SAFE_NO_PAD.encode(number).into());
        }
        members
    }
}

/// RFC 7518 section 6.3.1.1 warns of writers that put a nought before the modulus; the number is the same.
fn without_noughts(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    &number[start..]
}
