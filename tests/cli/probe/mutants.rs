//! For every check, the API on which it fails.

use std::sync::Mutex;

use super::Run;
use super::api::Api;
use super::faults::Fault;
use crate::harness::StandIn;

/// The one check that needs a session of Clerk's has its own test.
const REVOCATION: u8 = 39;

/// Runs that go on at once: each mostly waits until a key set may be fetched again.
const AT_ONCE: usize = 6;

#[test]
fn each_fault_fails_its_own_check_and_no_other() {
    let faults = Mutex::new((1..=45).filter(|number| *number != REVOCATION).collect::<Vec<u8>>());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                // One stand-in for several runs, as making keys takes longest; each API begins without a key set.
                let stand_in = StandIn::start();
                while let Some(number) = next(&faults) {
                    // In a statement of its own, so that no other run waits for the lock while this one goes on.
                    let complaint = complaint(&stand_in, number);
                    wrong.lock().unwrap().extend(complaint);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn an_api_that_asks_for_keys_because_of_every_unknown_kid_fails_the_check_of_strange_kids() {
    let stand_in = StandIn::start();
    let api = Api::start(&stand_in, Some(Fault::FLOODS));
    let run = Run::of(&api, &["--issuer-url", &stand_in.url, "--only", "19"], &[]);
    let finding = &run.report["checks"][0]["findings"][0];
    assert_eq!(run.ended("failed"), [19]);
    assert!(finding["expected"].as_str().unwrap().ends_with("requests for the key set"), "{finding}");
}

fn next(faults: &Mutex<Vec<u8>>) -> Option<u8> {
    faults.lock().unwrap().pop()
}

/// What is wrong with the checks when they meet this fault.
fn complaint(stand_in: &StandIn, number: u8) -> Option<String> {
    let api = Api::start(stand_in, Some(Fault(number)));
    let run = Run::of(&api, &["--issuer-url", &stand_in.url], &[]);
    // What the 401 of check 2 is like cannot be said where it is no 401.
    let skipped: &[u64] = if number == 2 { &[3, 4, 39] } else { &[39] };
    let is_right = run.ended("failed") == [u64::from(number)] && run.ended("skipped") == skipped;
    (!is_right).then(|| format!("fault {number}, skipped {:?}:\n{}", run.ended("skipped"), run.findings()))
}

#[test]
fn a_key_that_came_during_an_outage_is_no_fault_of_the_api() {
    let stand_in = StandIn::start();
    let api = Api::start(&stand_in, None);
    for run in ["first", "second"] {
        let ended = Run::of(&api, &["--issuer-url", &stand_in.url, "--only", "40"], &[]);
        assert_eq!(ended.ended("passed"), [40], "{run}: {}", ended.findings());
    }
}

#[test]
fn an_outage_that_a_run_left_behind_is_over_with_the_next() {
    let stand_in = StandIn::start();
    assert_eq!(stand_in.post("/stand-in/outage", r#"{"mode": "error"}"#).0, 200);
    let api = Api::start(&stand_in, None);
    let run = Run::of(&api, &["--issuer-url", &stand_in.url, "--only", "8"], &[]);
    assert_eq!(run.ended("passed"), [8], "{}", run.findings());
}
