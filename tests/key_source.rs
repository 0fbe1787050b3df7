//! Where keys come from and how often anyone is asked: memory, then the store, then the network, through the verifier.
//!
//! Each test counts loads, fetches and saves exactly: one request more in each isolate is a flood at Clerk, and one key
//! kept too long lets in what was revoked.

#![cfg(not(target_arch = "wasm32"))]

mod support;

use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use clerk_edge::keys::{KeyOrigin, KeySource};
use clerk_edge::limits::KEY_SET_BYTES;
use clerk_edge::verifier::{TokenPolicy, Verifier, VerifyError};
use serde_json::{Value, json};
use support::key::{key, key_set, other_key};
use support::token::{ISSUER, NOW, Token, after};
use support::verifier::{KEY_SET_URL, TestVerifier, key_set_source};
use support::watched::Watched;
use support::{KeyServer, TestHost, World, a_while};

const FRESH: i64 = 5 * 60;
const STALE_WHILE_REVALIDATE: i64 = 60 * 60;
const STALE_IF_ERROR: i64 = 24 * 60 * 60;
const BETWEEN_TRIES: i64 = 30;
const STORE_AGAIN: i64 = 150;

fn unavailable<T>(retry_after: u32) -> Result<T, VerifyError> {
    Err(VerifyError::KeysUnavailable { retry_after })
}

fn world() -> Rc<World> {
    World::with_key_set(key_set(&[key().jwk()]))
}

/// A good token of [`key`], which no cache of verified tokens holds.
fn good() -> Token {
    Token::long_lived()
}

fn unknown() -> Token {
    good().header("kid", json!("ins_unknown"))
}

fn forged() -> Token {
    good().forged_by(other_key())
}

impl TestVerifier {
    /// Where the key of a token came from, `seconds` after the beginning.
    fn origin(&self, token: &Token, seconds: i64) -> Result<KeyOrigin, VerifyError> {
        self.verify_new(token, seconds).map(|verified| verified.key_origin)
    }

    fn error(&self, token: &Token, seconds: i64) -> Option<VerifyError> {
        self.verify_new(token, seconds).err()
    }

    /// Fetches, loads and saves so far.
    fn counts(&self) -> (u32, u32, u32) {
        (self.world.fetches.get(), self.world.loads.get(), self.world.saves.get())
    }

    fn refresh(&self, seconds: i64) -> bool {
        pollster::block_on(self.verifier.refresh_keys(after(seconds))).is_ok()
    }
}

/// A world whose store holds [`key`], fetched at the beginning; its counters stand at nought.
fn stored_world() -> Rc<World> {
    let world = world();
    assert!(TestVerifier::in_world(&world).refresh(0));
    world.fetches.set(0);
    world.loads.set(0);
    world.saves.set(0);
    world
}

#[test]
fn a_key_in_memory_is_used_without_asking_anyone() {
    let verifier = TestVerifier::in_world(&world());
    assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
    verifier.settle(0);
    assert_eq!(verifier.counts(), (1, 1, 1));
    for seconds in [0, 1, FRESH - 1] {
        assert_eq!(verifier.origin(&good(), seconds), Ok(KeyOrigin::Memory));
    }
    assert!(!verifier.verifier.is_unsettled());
    assert_eq!(verifier.counts(), (1, 1, 1));
    assert_eq!(*verifier.world.url.borrow(), KEY_SET_URL);
}

#[test]
fn a_fresh_key_in_the_store_is_used_without_a_fetch() {
    for (seconds, origin, fetches) in [(FRESH - 1, KeyOrigin::Store, 0), (FRESH, KeyOrigin::Network, 1)] {
        let verifier = TestVerifier::in_world(&stored_world());
        assert_eq!(verifier.origin(&good(), seconds), Ok(origin), "{seconds} s");
        assert_eq!(verifier.counts(), (fetches, 1, 0), "{seconds} s");
    }
}

#[test]
fn a_stale_key_in_the_store_serves_while_the_network_is_down() {
    let stale = |seconds| {
        let world = stored_world();
        world.key_server_does(KeyServer::IsDown);
        let verifier = TestVerifier::in_world(&world);
        let verdict = verifier.origin(&good(), seconds);
        assert_eq!(verifier.counts(), (1, 1, 0));
        verdict
    };
    assert_eq!(stale(STALE_IF_ERROR - 1), Ok(KeyOrigin::Memory), "the fetch failed; what the store gave is held");
    assert_eq!(stale(STALE_IF_ERROR), unavailable(1));
}

#[test]
fn rubbish_in_the_store_is_the_same_as_nothing() {
    let keys = json!([key().jwk()]);
    for rubbish in [
        String::new(),
        "null".into(),
        "[]".into(),
        "{}".into(),
        "{\"fetchedAt\":".into(),
        json!({"keys": keys}).to_string(),
        json!({"fetchedAt": "now", "keys": keys}).to_string(),
        json!({"fetchedAt": NOW}).to_string(),
        json!({"fetchedAt": NOW, "keys": []}).to_string(),
        json!({"fetchedAt": NOW, "keys": [{"kty": "oct", "k": "AA", "kid": key().id}]}).to_string(),
        format!("{{\"fetchedAt\":{NOW},\"fetchedAt\":{NOW},\"keys\":{keys}}}"),
    ] {
        let world = stored_world();
        world.stored.borrow_mut().values_mut().for_each(|value| *value = rubbish.clone().into_bytes());
        let verifier = TestVerifier::in_world(&world);
        assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network), "{rubbish}");
        verifier.settle(0);
        assert_eq!(verifier.counts(), (1, 1, 1), "{rubbish}");
        assert_eq!(TestVerifier::in_world(&world).origin(&good(), 0), Ok(KeyOrigin::Store), "{rubbish} is mended");
    }
}

#[test]
fn a_store_that_is_down_costs_a_fetch_and_nothing_else() {
    let world = stored_world();
    world.store_is_down.set(true);
    let verifier = TestVerifier::in_world(&world);
    assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
    verifier.settle(0);
    assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Memory));
    assert_eq!(verifier.counts(), (1, 1, 1));
    assert!(verifier.refresh(1));
}

#[test]
fn a_known_key_outlives_the_key_server_by_a_day_to_the_second() {
    let verifier = TestVerifier::in_world(&world());
    assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
    verifier.world.key_server_does(KeyServer::IsDown);
    for seconds in [FRESH, STALE_WHILE_REVALIDATE, STALE_IF_ERROR - 1] {
        assert_eq!(verifier.origin(&good(), seconds), Ok(KeyOrigin::Memory), "{seconds} s");
    }
    assert_eq!(verifier.error(&good(), STALE_IF_ERROR), Some(VerifyError::KeysUnavailable { retry_after: 1 }));
}

#[test]
fn a_remembered_token_ends_with_the_keys_it_was_verified_with() {
    let verifier = TestVerifier::in_world(&world());
    let token = good().text();
    assert!(verifier.verify(&token, 0).is_ok());
    verifier.world.key_server_does(KeyServer::IsDown);
    assert!(verifier.verify(&token, STALE_IF_ERROR - 1).is_ok());
    assert_eq!(verifier.verify(&token, STALE_IF_ERROR).map(|_| ()), unavailable(2));
}

#[test]
fn with_no_key_at_all_tries_back_off_from_one_second_to_thirty() {
    let world = world();
    world.key_server_does(KeyServer::IsDown);
    let verifier = TestVerifier::in_world(&world);
    for (seconds, retry_after, fetches) in [
        (0, 1, 1),
        (0, 1, 1),
        (1, 2, 2),
        (2, 1, 2),
        (3, 4, 3),
        (6, 1, 3),
        (7, 8, 4),
        (15, 16, 5),
        (30, 1, 5),
        (31, 30, 6),
        (60, 1, 6),
        (61, 30, 7),
        (90, 1, 7),
    ] {
        let error = Some(VerifyError::KeysUnavailable { retry_after });
        assert_eq!((verifier.error(&good(), seconds), world.fetches.get()), (error, fetches), "{seconds} s");
    }
    world.publish(key_set(&[key().jwk()]));
    assert_eq!(verifier.error(&good(), 90), Some(VerifyError::KeysUnavailable { retry_after: 1 }));
    assert_eq!(verifier.origin(&good(), 91), Ok(KeyOrigin::Network));
}

#[test]
fn a_success_starts_the_back_off_anew() {
    let world = world();
    world.key_server_does(KeyServer::IsDown);
    let verifier = TestVerifier::in_world(&world);
    for (seconds, retry_after) in [(0, 1), (1, 2), (3, 4)] {
        assert_eq!(verifier.error(&good(), seconds), Some(VerifyError::KeysUnavailable { retry_after }));
    }
    world.publish(key_set(&[key().jwk()]));
    assert_eq!(verifier.origin(&good(), 7), Ok(KeyOrigin::Network));
    world.key_server_does(KeyServer::IsDown);
    let a_day_later = 7 + STALE_IF_ERROR;
    assert_eq!(verifier.error(&good(), a_day_later), Some(VerifyError::KeysUnavailable { retry_after: 1 }));
}

#[test]
fn ten_thousand_unknown_keys_in_a_thousand_seconds_cost_34_fetches() {
    for is_down in [false, true] {
        let verifier = TestVerifier::in_world(&world());
        assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
        if is_down {
            verifier.world.key_server_does(KeyServer::IsDown);
        }
        // Signed by nobody: the key is looked for before the signature is looked at.
        let text = good().text();
        let (_, rest) = text.split_once('.').unwrap();
        for index in 0..10_000_i64 {
            let header = base64_url(json!({"alg": "RS256", "kid": format!("ins_{index}")}).to_string().as_bytes());
            let seconds = index / 10;
            let expected = match is_down {
                true if seconds >= BETWEEN_TRIES => {
                    VerifyError::KeysUnavailable { retry_after: 30 - u32::try_from(seconds % 30).unwrap() }
                }
                _ => VerifyError::KeyId,
            };
            let error = verifier.verify(&format!("{header}.{rest}"), seconds).err();
            assert_eq!(error, Some(expected), "token {index}");
        }
        // At 0 s and each thirtieth second after, to 990 s.
        assert_eq!(verifier.counts(), (34, 34, 0));
        verifier.settle(999);
        assert_eq!(verifier.counts(), (34, 34, 1), "down: {is_down}");
    }
}

fn base64_url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn a_thousand_forged_signatures_in_a_thousand_seconds_cost_34_fetches() {
    let verifier = TestVerifier::in_world(&world());
    assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
    let text = forged().text();
    for index in 0..1_000_i64 {
        assert_eq!(verifier.verify(&text, index).err(), Some(VerifyError::Signature), "{index} s");
    }
    assert_eq!(verifier.counts(), (34, 34, 0));
}

#[test]
fn a_new_key_with_a_new_id_is_found_when_the_next_try_is_allowed() {
    let verifier = TestVerifier::in_world(&world());
    assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
    verifier.world.publish(key_set(&[key().jwk(), other_key().jwk()]));
    let rotated = good().by(other_key());
    assert_eq!(verifier.error(&rotated, BETWEEN_TRIES - 1), Some(VerifyError::KeyId));
    assert_eq!(verifier.origin(&rotated, BETWEEN_TRIES), Ok(KeyOrigin::Network));
    assert_eq!(verifier.origin(&rotated, BETWEEN_TRIES), Ok(KeyOrigin::Memory));
    assert_eq!(verifier.origin(&good(), BETWEEN_TRIES), Ok(KeyOrigin::Memory), "the old key is still published");
    assert_eq!(verifier.counts(), (2, 2, 0));
}

#[test]
fn a_new_key_with_the_same_id_is_found_when_the_next_try_is_allowed() {
    let verifier = TestVerifier::in_world(&world());
    assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
    verifier.world.publish(key_set(&[other_key().jwk_as(key().id)]));
    let rotated = good().forged_by(other_key());
    assert_eq!(verifier.error(&rotated, BETWEEN_TRIES - 1), Some(VerifyError::Signature));
    assert_eq!(verifier.origin(&rotated, BETWEEN_TRIES), Ok(KeyOrigin::Network));
    assert_eq!(verifier.error(&good(), BETWEEN_TRIES), Some(VerifyError::Signature), "the old key is gone");
    assert_eq!(verifier.counts(), (2, 2, 0));
}

#[test]
fn a_bad_signature_is_fetched_for_and_still_bad() {
    let verifier = TestVerifier::in_world(&world());
    assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
    assert_eq!(verifier.error(&forged(), BETWEEN_TRIES), Some(VerifyError::Signature));
    assert_eq!(verifier.error(&forged(), BETWEEN_TRIES), Some(VerifyError::Signature));
    assert_eq!(verifier.counts(), (2, 2, 0));
}

#[test]
fn a_removed_key_is_unknown_after_the_next_refresh_for_remembered_tokens_too() {
    let world = World::with_key_set(key_set(&[key().jwk(), other_key().jwk()]));
    let verifier = TestVerifier::in_world(&world);
    let remembered = good().text();
    assert!(verifier.verify(&remembered, 0).is_ok());
    verifier.settle(0);
    world.publish(key_set(&[other_key().jwk()]));
    assert!(verifier.verify(&remembered, FRESH).unwrap().remembered, "until the refresh the key is known");
    verifier.settle(FRESH);
    assert_eq!(verifier.verify(&remembered, FRESH).map(|_| ()), Err(VerifyError::KeyId));
    assert_eq!(verifier.error(&good(), FRESH), Some(VerifyError::KeyId));
    assert_eq!(verifier.origin(&good().by(other_key()), FRESH), Ok(KeyOrigin::Memory));
    assert_eq!(verifier.counts(), (2, 2, 2));
    assert_eq!(TestVerifier::in_world(&world).origin(&good().by(other_key()), FRESH), Ok(KeyOrigin::Store));
}

#[test]
fn a_set_with_no_usable_key_never_replaces_a_good_one() {
    let mut private = key().jwk();
    private["d"] = json!("AQAB");
    let mut for_encryption = key().jwk();
    for_encryption["use"] = json!("enc");
    let too_long = format!("{}{}", key_set(&[other_key().jwk()]), " ".repeat(KEY_SET_BYTES));
    for document in [
        String::new(),
        "<html>".into(),
        "{}".into(),
        "{\"keys\":{}}".into(),
        key_set(&[]),
        key_set(&[private]),
        key_set(&[for_encryption]),
        key_set(&[key().jwk(), other_key().jwk_as(key().id)]),
        too_long,
    ] {
        let verifier = TestVerifier::in_world(&world());
        assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
        verifier.settle(0);
        verifier.world.publish(document.clone());
        assert_eq!(
            verifier.error(&unknown(), BETWEEN_TRIES),
            Some(VerifyError::KeysUnavailable { retry_after: 30 }),
            "{document}"
        );
        assert_eq!(verifier.origin(&good(), BETWEEN_TRIES), Ok(KeyOrigin::Memory), "{document}");
        verifier.settle(BETWEEN_TRIES);
        assert_eq!(verifier.counts(), (2, 2, 1), "{document}");
    }
}

#[test]
fn an_outage_is_never_told_as_a_bad_token() {
    for token in [unknown(), forged()] {
        let verifier = TestVerifier::in_world(&world());
        assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
        verifier.world.key_server_does(KeyServer::IsDown);
        for (seconds, retry_after) in [(30, 30), (31, 29), (59, 1), (60, 30)] {
            let error = Some(VerifyError::KeysUnavailable { retry_after });
            assert_eq!(verifier.error(&token, seconds), error, "{seconds} s");
        }
        assert_eq!(verifier.origin(&good(), 60), Ok(KeyOrigin::Memory), "a good token is not held up");
    }
}

#[test]
fn the_store_is_written_when_the_set_changed_or_its_age_asks_for_it() {
    for (seconds, saves) in [(STORE_AGAIN - 1, 1), (STORE_AGAIN, 2)] {
        let verifier = TestVerifier::in_world(&world());
        assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
        assert!(verifier.verifier.is_unsettled());
        verifier.settle(0);
        assert!(!verifier.verifier.is_unsettled());
        verifier.settle(0);
        assert_eq!(verifier.world.saves.get(), 1);
        assert_eq!(verifier.error(&unknown(), seconds), Some(VerifyError::KeyId));
        verifier.settle(seconds);
        assert_eq!(verifier.counts(), (2, 2, saves), "{seconds} s, unchanged");
    }
    let verifier = TestVerifier::in_world(&world());
    assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
    verifier.settle(0);
    verifier.world.publish(key_set(&[other_key().jwk()]));
    assert_eq!(verifier.error(&unknown(), BETWEEN_TRIES), Some(VerifyError::KeyId));
    verifier.settle(BETWEEN_TRIES);
    assert_eq!(verifier.counts(), (2, 2, 2), "changed");
}

#[test]
fn what_is_stored_is_the_set_and_its_time_under_the_issuers_name() {
    let world = stored_world();
    let stored = world.stored.borrow();
    let (name, value) = stored.iter().next().unwrap();
    assert_eq!((stored.len(), name.as_str()), (1, "jwks:https://clerk.example.com"));
    assert_eq!(
        serde_json::from_slice::<Value>(value).unwrap(),
        json!({"fetchedAt": NOW, "keys": [{
            "kty": "RSA", "kid": key().id, "use": "sig", "alg": "RS256", "n": key().jwk()["n"], "e": "AQAB",
        }]})
    );
}

#[test]
fn a_stale_key_is_used_while_it_is_refreshed_beside_the_request() {
    let verifier = TestVerifier::in_world(&world());
    assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
    verifier.settle(0);
    assert_eq!(verifier.origin(&good(), FRESH - 1), Ok(KeyOrigin::Memory));
    assert!(!verifier.verifier.is_unsettled());
    assert_eq!(verifier.origin(&good(), FRESH), Ok(KeyOrigin::Memory));
    assert!(verifier.verifier.is_unsettled());
    assert_eq!(verifier.counts(), (1, 1, 1), "the request itself asks nobody");
    verifier.settle(FRESH);
    assert_eq!(verifier.counts(), (2, 2, 2));
    assert_eq!(verifier.origin(&good(), FRESH), Ok(KeyOrigin::Memory));
    assert!(!verifier.verifier.is_unsettled());
}

#[test]
fn a_remembered_token_asks_for_a_refresh_too() {
    let verifier = TestVerifier::in_world(&world());
    let token = good().text();
    assert!(verifier.verify(&token, 0).is_ok());
    verifier.settle(0);
    assert!(verifier.verify(&token, FRESH).unwrap().remembered);
    assert!(verifier.verifier.is_unsettled());
    verifier.settle(FRESH);
    assert_eq!(verifier.counts(), (2, 2, 2));
    assert!(verifier.verify(&token, FRESH).unwrap().remembered, "the same set empties no memory");
}

#[test]
fn a_key_staler_than_an_hour_is_refreshed_first() {
    for (seconds, origin, fetches) in
        [(STALE_WHILE_REVALIDATE - 1, KeyOrigin::Memory, 1), (STALE_WHILE_REVALIDATE, KeyOrigin::Network, 2)]
    {
        let verifier = TestVerifier::in_world(&world());
        assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
        assert_eq!(verifier.origin(&good(), seconds), Ok(origin));
        assert_eq!(verifier.world.fetches.get(), fetches, "{seconds} s");
    }
}

#[test]
fn a_refresh_beside_the_request_that_fails_is_tried_again_after_thirty_seconds() {
    let verifier = TestVerifier::in_world(&world());
    assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
    verifier.settle(0);
    verifier.world.key_server_does(KeyServer::IsDown);
    for (seconds, fetches) in [(300, 2), (301, 2), (329, 2), (330, 3)] {
        assert_eq!(verifier.origin(&good(), seconds), Ok(KeyOrigin::Memory));
        verifier.settle(seconds);
        assert_eq!(verifier.world.fetches.get(), fetches, "{seconds} s");
    }
    assert_eq!(verifier.world.saves.get(), 1);
}

#[test]
fn a_cron_trigger_fills_the_store_so_that_a_cold_isolate_need_not_fetch() {
    let world = world();
    assert!(TestVerifier::in_world(&world).refresh(0));
    let cold = TestVerifier::in_world(&world);
    assert_eq!(cold.counts(), (1, 1, 1));
    assert_eq!(cold.origin(&good(), FRESH - 1), Ok(KeyOrigin::Store));
    assert_eq!(cold.counts(), (1, 2, 1));
}

#[test]
fn a_cron_trigger_fetches_whatever_is_held_and_keeps_the_store_young() {
    for (seconds, saves) in [(STORE_AGAIN - 1, 1), (STORE_AGAIN, 2)] {
        let verifier = TestVerifier::in_world(&world());
        assert!(verifier.refresh(0));
        assert!(verifier.refresh(seconds));
        assert_eq!(verifier.counts(), (2, 2, saves), "{seconds} s");
        assert!(!verifier.verifier.is_unsettled());
    }
}

#[test]
fn a_cold_cron_trigger_does_not_write_again_what_was_stored_lately() {
    let world = world();
    for seconds in [0, STORE_AGAIN - 1] {
        assert!(TestVerifier::in_world(&world).refresh(seconds));
    }
    assert_eq!((world.fetches.get(), world.saves.get()), (2, 1));
    assert!(TestVerifier::in_world(&world).refresh(STORE_AGAIN));
    assert_eq!((world.fetches.get(), world.saves.get()), (3, 2));
}

#[test]
fn a_cold_isolate_that_got_the_old_key_from_the_store_asks_for_the_new_one_at_once() {
    let new_id = (key_set(&[other_key().jwk()]), good().by(other_key()));
    let same_id = (key_set(&[other_key().jwk_as(key().id)]), forged());
    for (rotated, signed_by_the_new_key) in [new_id, same_id] {
        let world = stored_world();
        world.publish(rotated);
        let verifier = TestVerifier::in_world(&world);
        assert_eq!(verifier.origin(&good(), 1), Ok(KeyOrigin::Store));
        assert_eq!(verifier.origin(&signed_by_the_new_key, 2), Ok(KeyOrigin::Network));
        assert_eq!(world.fetches.get(), 1);
    }
}

#[test]
fn a_time_in_the_store_that_no_clock_of_ours_can_have_written_is_rubbish() {
    for (ahead, fetches) in [(60, 0), (61, 1)] {
        let world = stored_world();
        world.stored.borrow_mut().values_mut().for_each(|value| {
            let text = String::from_utf8(value.clone()).unwrap();
            *value = text.replace(&NOW.to_string(), &(NOW + ahead).to_string()).into_bytes();
        });
        assert!(TestVerifier::in_world(&world).origin(&good(), 0).is_ok());
        assert_eq!(world.fetches.get(), fetches, "{ahead} s ahead");
    }
}

#[test]
fn a_cron_trigger_says_when_no_keys_can_be_had() {
    let world = stored_world();
    world.key_server_does(KeyServer::IsDown);
    let verifier = TestVerifier::in_world(&world);
    assert!(!verifier.refresh(0));
    world.publish("rubbish");
    assert!(!verifier.refresh(1));
    assert_eq!(verifier.counts(), (2, 2, 0));
    let given = TestVerifier::new(&world, TokenPolicy::for_issuer(ISSUER), KeySource::Given(key().public()));
    assert!(given.refresh(2));
    assert_eq!(given.counts(), (2, 2, 0), "a given key needs no refresh");
}

#[test]
fn two_issuers_with_the_same_key_id_share_nothing() {
    const OTHER_ISSUER: &str = "https://clerk.other.com";
    let world = world();
    let of_other = || TestVerifier::new(&world, TokenPolicy::for_issuer(OTHER_ISSUER), key_set_source());
    let first = TestVerifier::in_world(&world);
    assert_eq!(first.origin(&good(), 0), Ok(KeyOrigin::Network));
    first.settle(0);
    world.publish(key_set(&[other_key().jwk_as(key().id)]));
    let second = of_other();
    let of_second = good().forged_by(other_key()).claim("iss", json!(OTHER_ISSUER));
    let posing_as_second = good().claim("iss", json!(OTHER_ISSUER));
    assert_eq!(
        second.error(&posing_as_second, 0),
        Some(VerifyError::Signature),
        "the store holds no key of this issuer"
    );
    assert_eq!(second.origin(&of_second, 0), Ok(KeyOrigin::Memory));
    second.settle(0);
    assert_eq!(world.stored.borrow().len(), 2);
    let of_first = (TestVerifier::in_world(&world), key_set(&[key().jwk()]), good(), forged());
    let of_second = (of_other(), key_set(&[other_key().jwk_as(key().id)]), of_second, posing_as_second);
    for (verifier, own_keys, good, bad) in [of_first, of_second] {
        world.publish(own_keys);
        assert_eq!(verifier.origin(&good, 0), Ok(KeyOrigin::Store));
        assert_eq!(verifier.error(&bad, 0), Some(VerifyError::Signature));
    }
    assert_eq!(world.fetches.get(), 4, "each bad signature asked its own key server once");
}

#[test]
fn the_backend_api_gets_the_secret_key_and_the_frontend_api_gets_nothing() {
    for bearer in [None, Some("sk_test_1".to_owned())] {
        let source = KeySource::KeySet { url: "https://api.clerk.com/v1/jwks".into(), bearer: bearer.clone() };
        let verifier = TestVerifier::new(&world(), TokenPolicy::for_issuer(ISSUER), source);
        *verifier.world.bearer.borrow_mut() = Some("nothing was asked".into());
        assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
        assert_eq!(*verifier.world.bearer.borrow(), bearer);
        assert_eq!(*verifier.world.url.borrow(), "https://api.clerk.com/v1/jwks");
    }
}

#[test]
fn a_token_without_a_key_id_asks_nobody() {
    let verifier = TestVerifier::in_world(&world());
    assert_eq!(verifier.error(&good().without_header("kid"), 0), Some(VerifyError::KeyId));
    assert_eq!(verifier.counts(), (0, 0, 0));
}

#[test]
fn a_request_whose_fetch_was_given_up_holds_nobody_up_for_ever() {
    let world = world();
    world.key_server_does(KeyServer::Hangs);
    let verifier = TestVerifier::in_world(&world);
    let token = good().text();
    {
        let mut given_up = Box::pin(verifier.verifier.verify(&token, false, after(0)));
        let polled = given_up.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Pending));
    }
    world.publish(key_set(&[key().jwk()]));
    assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Network));
    assert_eq!(
        (world.fetches.get(), world.pauses.get()),
        (2, 320),
        "it waits its eight seconds, then tries for itself"
    );
    world.key_server_does(KeyServer::IsDown);
    assert_eq!(verifier.origin(&good(), 0), Ok(KeyOrigin::Memory));
}

#[test]
fn of_all_who_waited_in_vain_one_fetches_and_the_others_wait_for_it() {
    let world = world();
    world.key_server_does(KeyServer::Hangs);
    let verifier = TestVerifier::in_world(&world);
    let token = good().text();
    let mut context = Context::from_waker(Waker::noop());
    {
        let mut given_up = Box::pin(verifier.verifier.verify(&token, false, after(0)));
        assert!(given_up.as_mut().poll(&mut context).is_pending());
    }
    world.key_server_does(KeyServer::AnswersLate(key_set(&[key().jwk()]).into(), 300));
    let mut waiting: Vec<_> = (0..50).map(|_| Box::pin(verifier.verifier.verify(&token, false, after(0)))).collect();
    for _ in 0..1000 {
        waiting.retain_mut(|request| match request.as_mut().poll(&mut context) {
            Poll::Ready(verdict) => {
                assert!(verdict.is_ok());
                false
            }
            Poll::Pending => true,
        });
    }
    assert_eq!((waiting.len(), world.fetches.get()), (0, 2), "the one that was given up, and one more");
}

#[test]
fn a_try_that_told_nothing_for_fifteen_seconds_is_waited_for_no_longer() {
    for (seconds, pauses) in [(14, 320), (15, 0)] {
        let world = world();
        world.key_server_does(KeyServer::Hangs);
        let verifier = TestVerifier::in_world(&world);
        let token = good().text();
        {
            let mut given_up = Box::pin(verifier.verifier.verify(&token, false, after(0)));
            assert!(given_up.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        world.publish(key_set(&[key().jwk()]));
        assert_eq!(verifier.origin(&good(), seconds), Ok(KeyOrigin::Network));
        assert_eq!(world.pauses.get(), pauses, "{seconds} s");
    }
}

#[test]
fn a_key_removed_while_a_signature_is_checked_with_it_is_not_remembered_for() {
    let world = world();
    // As WebCrypto's: other requests go on while a signature is checked.
    let signatures = Watched(async |_| a_while().await);
    let host = TestHost { world: Rc::clone(&world), signatures };
    let verifier = Verifier::new(host, TokenPolicy::for_issuer(ISSUER), key_set_source());
    let token = good().text();
    let mut verifying = Box::pin(verifier.verify(&token, false, after(0)));
    assert!(verifying.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    world.publish(key_set(&[other_key().jwk()]));
    pollster::block_on(verifier.refresh_keys(after(0))).unwrap();
    assert!(pollster::block_on(verifying).is_ok(), "the key was there when the token came");
    assert_eq!(pollster::block_on(verifier.verify(&token, false, after(0))).err(), Some(VerifyError::KeyId));
}
