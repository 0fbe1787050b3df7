//! A text is no token or has one spelling; one that nobody signed is refused; so is an accepted one with one bit flipped.

#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_edge::algorithm::Algorithm;
use clerk_edge::keys::KeySource;
use clerk_edge::platform::native::Offline;
use clerk_edge::public_key::PublicKey;
use clerk_edge::time::UnixTime;
use clerk_edge::token::UntrustedToken;
use clerk_edge::verifier::{TokenPolicy, Verifier};
use ed25519_dalek::{Signer as _, SigningKey};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

const NOW: i64 = 1_750_000_000;
const ISSUER: &str = "https://clerk.example.com";
const KEY: [u8; 32] = *b"a key made for the fuzz targets.";

fuzz_target!(|input: (u16, &str)| {
    let (bit, text) = input;
    if let Ok(token) = UntrustedToken::parse(text, &Algorithm::ALL) {
        let parts: Vec<Vec<u8>> = text.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        assert_eq!(parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect::<Vec<_>>().join("."), text);
        assert_eq!((parts.len(), parts[2].as_slice()), (3, token.signature()));
    }
    assert!(!is_accepted(text));
    let token = signed(text);
    if is_accepted(&token) {
        assert!(!is_accepted(&flipped(&token, usize::from(bit))));
    }
});

fn is_accepted(token: &str) -> bool {
    let key = PublicKey::Ed25519 { x: SigningKey::from_bytes(&KEY).verifying_key().to_bytes().to_vec() };
    let policy = TokenPolicy { algorithms: vec![Algorithm::EdDsa], ..TokenPolicy::for_issuer(ISSUER) };
    let verifier = Verifier::new(Offline, policy, KeySource::Given(key));
    pollster::block_on(verifier.verify(token, false, UnixTime::from_seconds(NOW))).is_ok()
}

/// A token signed with the good key: good claims with those of an object put over them, or the very text as claims.
fn signed(text: &str) -> String {
    let claims = match serde_json::from_str::<Map<String, Value>>(text) {
        Ok(changes) => {
            let good = json!({
                "iss": ISSUER, "sub": "user_1", "sid": "sess_1", "azp": "https://app.example.com",
                "iat": NOW, "nbf": NOW - 10, "exp": NOW + 60,
            });
            let members = good.as_object().unwrap().clone().into_iter().chain(changes);
            Value::Object(members.collect()).to_string()
        }
        Err(_) => text.to_owned(),
    };
    let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    let input = format!("{}.{}", encode(br#"{"alg":"EdDSA","typ":"JWT"}"#), encode(claims.as_bytes()));
    let signature = SigningKey::from_bytes(&KEY).sign(input.as_bytes()).to_bytes();
    format!("{input}.{}", encode(&signature))
}

/// As the platform hands a header over: each byte one character.
fn flipped(token: &str, bit: usize) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let index = bit / 8 % bytes.len();
    bytes[index] ^= 1 << (bit % 8);
    bytes.into_iter().map(char::from).collect()
}
