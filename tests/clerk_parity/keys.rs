//! How often the key set is fetched, and when one that is old still serves.

use clerk_edge::time::UnixTime;
use clerk_edge::verifier::TokenPolicy;
use serde_json::json;

use crate::support::key::{KEY_ID, key, key_set};
use crate::support::token::{ISSUER, NOW, Token};
use crate::support::verifier::{TestVerifier, key_set_source};
use crate::support::{KeyServer, World};
use crate::{assert_explained, differences, list, text, vectors, word};

#[test]
fn a_key_set_is_fetched_when_clerk_fetches_it_and_less_often_for_strangers() {
    let Some(vectors) = vectors("jwks_cache") else { return };
    let steps = list(&vectors[0]["steps"]);
    let known = text(&steps[0]["kid"]);
    let began = steps[0]["now_ms"].as_i64().expect("a number");
    let world = World::with_key_set(key_set(&[key().jwk()]));
    let isolate = || TestVerifier::new(&world, TokenPolicy::for_issuer(ISSUER), key_set_source());
    let mut verifier = isolate();
    let mut found = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let label = text(&step["label"]);
        let now = UnixTime::from_seconds(NOW + (step["now_ms"].as_i64().expect("a number") - began) / 1000);
        if label.contains("down") {
            world.key_server_does(KeyServer::IsDown);
        } else {
            world.publish(key_set(&[key().jwk()]));
        }
        if label.starts_with("other secretKey") {
            // Another configuration is another isolate with a store of its own.
            world.stored.borrow_mut().clear();
            verifier = isolate();
        }
        let fetches = world.fetches.get();
        let kid = if text(&step["kid"]) == known { KEY_ID } else { "ins_x" };
        let token = Token::long_lived().claim("step", json!(index)).header("kid", json!(kid));
        let outcome = word(verifier.verify_at(&token.text(), false, now));
        pollster::block_on(verifier.verifier.settle(now));
        let (clerks, ours) = (step["fetches"].as_u64().expect("a number"), world.fetches.get() - fetches);
        let verdict = if step["ok"] == true { "accepted" } else { text(&step["reason"]) };
        if verdict != outcome || clerks != u64::from(ours) {
            found.push(format!("{label}: {verdict} after {clerks}, {outcome} after {ours}"));
        }
    }
    assert_explained("jwks_cache", steps.len(), &found, &differences::JWKS_CACHE);
}
