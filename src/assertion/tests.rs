//! Which texts are keys, what the key document is, and what a token is made of.

use super::*;

/// The key of RFC 8037 appendix A, with its thumbprint from appendix A.3.
const SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

/// A second seed, made for these tests: 32 letters.
const OTHER: &str = "b25lIG1vcmUga2V5IGZvciB0aGUgdGVzdHMuLi4uLi4";

fn parse(text: &str) -> Result<AssertionKeys, AssertionKeyError> {
    AssertionKeys::parse(text)
}

fn document(text: &str) -> Value {
    serde_json::from_str(parse(text).unwrap().document()).unwrap()
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn anonymous() -> Assertion<'static> {
    Assertion {
        audience: "https://origin.example.com",
        method: "GET",
        url: "https://origin.example.com/a",
        request_id: "request-1",
        caller: Caller::Anonymous,
    }
}

#[test]
fn the_document_is_that_of_rfc_8037_with_its_thumbprint() {
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": PUBLIC, "kid": THUMBPRINT, "alg": "EdDSA", "use": "sig"});
    assert_eq!(document(SEED), json!({"keys": [jwk]}));
    let header = json!({"alg": "EdDSA", "typ": "clerk-edge-assertion+jwt", "kid": THUMBPRINT});
    let token = parse(SEED).unwrap().sign(&anonymous(), UnixTime::from_seconds(0));
    assert_eq!(part(&token, 0), header);
}

#[test]
fn both_alphabets_of_base64_are_read_with_and_without_padding() {
    let standard = SEED.replace('_', "/").replace('-', "+");
    for text in [SEED, &standard, &format!("{SEED}="), &format!("{standard}="), &format!(" {SEED}\n")] {
        assert_eq!(document(text), document(SEED), "{text}");
    }
}

#[test]
fn of_two_keys_the_first_signs_and_both_are_published() {
    for separator in [" ", "\n", " \t "] {
        let keys = parse(&format!("{OTHER}{separator}{SEED}")).unwrap();
        let published: Value = serde_json::from_str(keys.document()).unwrap();
        let (other, first) = (&document(OTHER)["keys"][0], &document(SEED)["keys"][0]);
        assert_eq!(published, json!({"keys": [other, first]}));
        let token = keys.sign(&anonymous(), UnixTime::from_seconds(0));
        assert_eq!(part(&token, 0)["kid"], other["kid"]);
    }
}

#[test]
fn what_is_no_key_is_refused() {
    for text in [
        "",
        " ",
        "secret",
        &SEED[..42],
        &format!("{SEED}A"),
        &format!("{SEED}=="),
        // The last letter's two bits that no byte has.
        &format!("{}B", &SEED[..42]),
        &format!("{SEED},{OTHER}"),
        &format!("{SEED} x"),
        &format!("{SEED} {OTHER} {SEED}"),
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    ] {
        assert_eq!(parse(text).unwrap_err(), AssertionKeyError::Seed, "{text}");
    }
    assert_eq!(parse(&format!("{SEED} {SEED}=")).unwrap_err(), AssertionKeyError::Repeated);
}

#[test]
fn keys_do_not_show_themselves() {
    let keys = parse(&format!("{SEED} {OTHER}")).unwrap();
    assert_eq!(format!("{keys:?}"), "AssertionKeys(redacted)");
    for text in ["x", &format!("{SEED}x")] {
        let said = parse(text).unwrap_err().to_string();
        assert!(said.contains("32 bytes") && !said.contains(&SEED[..8]), "{said}");
    }
}

#[test]
fn the_same_request_at_the_same_time_has_the_same_assertion() {
    let keys = parse(SEED).unwrap();
    let at = |seconds| keys.sign(&anonymous(), UnixTime::from_seconds(seconds));
    assert_eq!(at(7), at(7));
    assert_ne!(at(7), at(8));
}
