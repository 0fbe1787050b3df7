//! `keygen`: keys that a gateway takes, and nothing else on stdout.

use std::process::Command;

use clerk_edge::assertion::AssertionKeys;
use serde_json::Value;

use crate::harness::*;

fn new_key() -> String {
    printed(&clerk_edge(&["keygen"])).to_owned()
}

#[test]
fn each_key_is_a_new_one_that_a_gateway_takes() {
    let (one, other) = (new_key(), new_key());
    assert_ne!(one, other);
    assert!(one.len() == 43 && one.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{one}");
    assert!(AssertionKeys::parse(&format!("{one} {other}")).is_ok());
}

#[test]
fn the_document_is_the_one_that_a_gateway_publishes_with_these_keys() {
    let keys = format!("{} {}", new_key(), new_key());
    let output = Command::new(BINARY).env("ASSERTION_KEY", &keys).args(["keygen", "--jwks"]).output().unwrap();
    assert_eq!(printed(&output), AssertionKeys::parse(&keys).unwrap().document());
    let document: Value = serde_json::from_str(printed(&output)).unwrap();
    assert_eq!(document["keys"].as_array().unwrap().len(), 2);
    assert!(document["keys"].as_array().unwrap().iter().all(|key| key.get("d").is_none()));
}

#[test]
fn without_a_key_or_with_a_bad_one_there_is_no_document_and_it_is_not_shown() {
    let jwks = |key: Option<&str>| {
        let mut command = Command::new(BINARY);
        command.env_remove("ASSERTION_KEY").args(["keygen", "--jwks"]);
        command.envs(key.map(|key| ("ASSERTION_KEY", key))).output().unwrap()
    };
    for (key, expected) in [
        (None, "clerk-edge: there is no ASSERTION_KEY in the environment (hint: "),
        (Some(""), "clerk-edge: cannot use ASSERTION_KEY: expected an Ed25519 seed"),
        (Some("private-words"), "clerk-edge: cannot use ASSERTION_KEY: expected an Ed25519 seed"),
    ] {
        let output = jwks(key);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
        assert!(said(&output).starts_with(expected) && !said(&output).contains("private"), "{}", said(&output));
    }
}
