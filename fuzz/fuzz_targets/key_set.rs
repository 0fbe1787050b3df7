//! A document is no key set, or one within the bounds whose every key is found by its name and reads back as it is.

#![no_main]

use clerk_edge::algorithm::Algorithm;
use clerk_edge::keys::{Jwk, KeySet};
use clerk_edge::limits::{KEY_ID_BYTES, KEY_SET_BYTES, KEY_SET_KEYS};
use clerk_edge::platform::native::NativeSignatures;
use clerk_edge::ports::CheckSignature as _;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|document: &[u8]| {
    let Ok(set) = KeySet::parse(document) else { return };
    let keys = set.to_json();
    assert!(document.len() <= KEY_SET_BYTES && (1..=KEY_SET_KEYS).contains(&set.usable()));
    assert_eq!(keys.as_array().unwrap().len(), set.usable());
    for key in keys.as_array().unwrap() {
        let key = Jwk::from_object(key.as_object().unwrap()).unwrap();
        assert!((1..=KEY_ID_BYTES).contains(&key.key_id().len()));
        let algorithms = Algorithm::ALL.into_iter().filter(|algorithm| key.answers(key.key_id(), *algorithm));
        let checked: Vec<bool> = algorithms.map(|algorithm| is_found_and_refuses(&set, &key, algorithm)).collect();
        assert!(!checked.is_empty() && checked.into_iter().all(|good| good));
    }
    let again = json!({"keys": keys}).to_string();
    assert!(again.len() > KEY_SET_BYTES || KeySet::parse(again.as_bytes()) == Ok(set));
});

/// Whether the set has this key for this algorithm, and the key, where the host takes it, refuses what it did not sign.
fn is_found_and_refuses(set: &KeySet, key: &Jwk, algorithm: Algorithm) -> bool {
    let refuses = pollster::block_on(async {
        let Ok(host_key) = NativeSignatures.import(key.key(), algorithm).await else { return true };
        NativeSignatures.check(&host_key, algorithm, b"message", &[1; 64]).await == Ok(false)
    });
    refuses && set.find(key.key_id(), algorithm) == Some(key)
}
