//! Every state of the key cache at its exact boundaries.

use serde_json::json;

use super::*;

fn at(seconds: u64) -> UnixTime {
    UnixTime::from_seconds(1_750_000_000 + i64::try_from(seconds).unwrap())
}

fn set(last: &str) -> KeySet {
    let key = json!({"kty": "OKP", "crv": "Ed25519", "kid": "ins_1", "x": format!("{}{last}", "B".repeat(42))});
    KeySet::parse(json!({"keys": [key]}).to_string().as_bytes()).unwrap()
}

/// A cache that fetched at nought and has tried nothing since.
fn fetched() -> KeyCache {
    let mut cache = KeyCache::default();
    cache.begin(at(0));
    cache.adopt(set("A"), at(0), at(0));
    cache.succeed(at(0));
    cache
}

#[test]
fn an_empty_cache_refreshes_first() {
    assert_eq!(KeyCache::default().step(at(0), false), Step::Refresh);
}

#[test]
fn a_known_key_ages_from_use_to_refusal_at_the_exact_second() {
    let cache = fetched();
    assert_eq!(cache.step(at(FRESH_SECONDS - 1), true), Step::Use { refresh: false });
    assert_eq!(cache.step(at(FRESH_SECONDS), true), Step::Use { refresh: true });
    assert_eq!(cache.step(at(STALE_WHILE_REVALIDATE_SECONDS - 1), true), Step::Use { refresh: true });
    assert_eq!(cache.step(at(STALE_WHILE_REVALIDATE_SECONDS), true), Step::Refresh);
    assert_eq!(cache.step(at(STALE_IF_ERROR_SECONDS - 1), true), Step::Refresh);
    assert!(cache.find("ins_1", Algorithm::EdDsa, at(STALE_IF_ERROR_SECONDS - 1)).is_some());
    assert!(cache.find("ins_1", Algorithm::EdDsa, at(STALE_IF_ERROR_SECONDS)).is_none());
    assert_eq!(cache.step(at(STALE_IF_ERROR_SECONDS), false), Step::Refresh);
}

#[test]
fn an_outage_leaves_a_known_key_in_use_for_a_day() {
    let mut cache = fetched();
    for hour in 1..24 {
        let now = at(hour * 3600);
        assert_eq!(cache.step(now, true), Step::Refresh, "hour {hour}");
        cache.begin(now);
        cache.fail(now);
        assert_eq!(cache.step(now, true), Step::Use { refresh: false }, "hour {hour}");
    }
    let now = at(STALE_IF_ERROR_SECONDS);
    cache.begin(now);
    cache.fail(now);
    assert!(matches!(cache.step(now, true), Step::Unavailable { .. }));
}

#[test]
fn an_unknown_key_causes_one_try_in_thirty_seconds() {
    let mut cache = fetched();
    assert_eq!(cache.step(at(29), false), Step::Unknown);
    assert_eq!(cache.step(at(30), false), Step::Refresh);
    cache.begin(at(30));
    assert_eq!(cache.step(at(30), false), Step::Wait);
    cache.succeed(at(30));
    assert_eq!(cache.step(at(59), false), Step::Unknown);
    assert_eq!(cache.step(at(60), false), Step::Refresh);
}

#[test]
fn ten_thousand_unknown_keys_in_five_minutes_cause_ten_tries() {
    let mut cache = fetched();
    let mut tries = 0;
    for millis in (0..300_000).step_by(30) {
        let now = at(millis / 1000);
        if cache.step(now, false) == Step::Refresh {
            cache.begin(now);
            if tries % 2 == 0 {
                cache.fail(now)
            } else {
                cache.succeed(now)
            }
            tries += 1;
        }
    }
    assert_eq!(tries, 9);
}

#[test]
fn after_a_failed_try_an_unknown_key_is_unavailable_not_unknown() {
    let mut cache = fetched();
    cache.begin(at(40));
    cache.fail(at(40));
    assert_eq!(cache.step(at(41), false), Step::Unavailable { retry_after: 29 });
    assert_eq!(cache.step(at(41), true), Step::Use { refresh: false });
    assert_eq!(cache.step(at(70), false), Step::Refresh);
}

#[test]
fn with_no_key_at_all_tries_back_off_from_one_second_to_thirty() {
    let mut cache = KeyCache::default();
    let mut now = 0;
    for pause in [1, 2, 4, 8, 16, 30, 30, 30] {
        assert_eq!(cache.step(at(now), false), Step::Refresh);
        cache.begin(at(now));
        cache.fail(at(now));
        assert_eq!(cache.step(at(now), false), Step::Unavailable { retry_after: pause });
        assert_eq!(cache.step(at(now + u64::from(pause) - 1), false), Step::Unavailable { retry_after: 1 });
        now += u64::from(pause);
    }
    for _ in 0..100 {
        cache.fail(at(now));
    }
    assert_eq!(cache.step(at(now), false), Step::Unavailable { retry_after: 30 });
}

#[test]
fn a_try_given_up_with_its_request_blocks_nobody_for_long() {
    let mut cache = KeyCache::default();
    cache.begin(at(0));
    assert_eq!(cache.step(at(ABANDONED_SECONDS - 1), false), Step::Wait);
    assert_eq!(cache.step(at(ABANDONED_SECONDS), false), Step::Refresh);
    let mut cache = fetched();
    cache.begin(at(100));
    assert_eq!(cache.step(at(114), false), Step::Wait);
    assert_eq!(cache.step(at(115), false), Step::Unavailable { retry_after: 15 });
    assert_eq!(cache.step(at(130), false), Step::Refresh);
}

#[test]
fn while_a_refresh_runs_a_stale_key_is_still_used() {
    let mut cache = fetched();
    cache.begin(at(FRESH_SECONDS));
    assert_eq!(cache.step(at(FRESH_SECONDS), true), Step::Use { refresh: false });
    cache.begin(at(STALE_WHILE_REVALIDATE_SECONDS));
    assert_eq!(cache.step(at(STALE_WHILE_REVALIDATE_SECONDS), true), Step::Wait);
}

#[test]
fn keys_from_the_store_leave_the_key_server_free_to_be_asked() {
    let mut cache = KeyCache::default();
    cache.begin(at(0));
    cache.adopt(set("A"), at(0), at(0));
    cache.succeed_by_store();
    assert_eq!(cache.step(at(0), true), Step::Use { refresh: false });
    assert_eq!(cache.step(at(0), false), Step::Refresh);
}

#[test]
fn a_set_from_the_future_counts_as_fetched_now() {
    let mut cache = KeyCache::default();
    cache.adopt(set("A"), at(1_000_000), at(0));
    assert_eq!(cache.step(at(FRESH_SECONDS), true), Step::Use { refresh: true });
}

#[test]
fn a_clock_that_goes_back_allows_no_extra_try() {
    let cache = fetched();
    assert_eq!(cache.step(UnixTime::from_seconds(0), false), Step::Unknown);
}

#[test]
fn taking_in_the_same_keys_is_no_change_and_other_keys_are() {
    let mut cache = KeyCache::default();
    assert!(cache.adopt(set("A"), at(0), at(0)));
    assert!(!cache.adopt(set("A"), at(9), at(9)));
    assert!(cache.adopt(set("E"), at(9), at(9)));
}
