//! `verify` and `explain` with keys from a running stand-in, and the assertions of a gateway.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::thread;

use clerk_edge::assertion::{Assertion, AssertionKeys, Caller};
use clerk_edge::limits::KEY_SET_BYTES;
use clerk_edge::time::UnixTime;
use serde_json::{Value, json};

use crate::harness::*;

/// Runs the command with this on its standard input, in an environment that names no instance.
fn run(arguments: &[&str], stdin: &str) -> (i32, String, String) {
    let mut command = Command::new(BINARY);
    for name in ["CLERK_PUBLISHABLE_KEY", "CLERK_JWT_KEY", "CLERK_ISSUER"] {
        command.env_remove(name);
    }
    // Nobody answers there: a key server on this machine is not asked through it.
    command.env("ALL_PROXY", "http://127.0.0.1:1");
    let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who is asked wrongly reads nothing.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_keys_of_an_instance_are_fetched_from_it_and_only_good_tokens_are_printed() {
    let stand_in = StandIn::start();
    let token = stand_in.token(json!({"user": "user_1"}));
    let publishable_key = stand_in.identity["publishableKey"].as_str().unwrap();
    for arguments in [["verify", "--publishable-key", publishable_key], ["verify", "--issuer", &stand_in.url]] {
        let (code, stdout, stderr) = run(&arguments, &format!("{token}\n"));
        assert_eq!((code, stderr.as_str()), (0, ""));
        assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap()["userId"], "user_1");
    }
    let forged = stand_in.token(json!({"key": "unpublished"}));
    let (code, stdout, stderr) = run(&["verify", "--issuer", &stand_in.url], &forged);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.starts_with("clerk-edge: token-invalid-signature: "), "{stderr}");
    let (code, stdout, _) = run(&["explain", "--json", "--token", "-", "--issuer", &stand_in.url], &token);
    let told: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &told["answer"]["kind"]), (0, &json!("accept")));
    assert!(!stdout.contains(&token));
}

/// A key server that answers once, with this.
fn answering(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(&answer);
    });
    url
}

#[test]
fn a_key_set_that_is_too_long_or_elsewhere_is_not_taken() {
    let long = "x".repeat(KEY_SET_BYTES + 1);
    let long = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{long}", long.len());
    let moved = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let stand_in = StandIn::start();
    let token = stand_in.token(json!({}));
    for (answer, expected) in [(long.as_str(), "limit"), (moved, "it answers 302")] {
        let url = answering(answer.as_bytes().to_vec());
        let (code, stdout, stderr) = run(&["verify", "--issuer", &stand_in.url, "--jwks", &url], &token);
        assert_eq!((code, stdout.as_str()), (1, ""));
        let [why, refused] = <[&str; 2]>::try_from(stderr.lines().collect::<Vec<_>>()).unwrap();
        assert!(why.starts_with(&format!("clerk-edge: cannot fetch the key set at {url}: ")), "{why}");
        assert!(why.contains(expected), "{why}");
        assert!(refused.starts_with("clerk-edge: keys-unavailable: "), "{refused}");
    }
}

#[test]
fn an_assertion_is_for_one_origin_and_one_request() {
    let keys = AssertionKeys::parse("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU").unwrap();
    let jwks = Scratch::file("assertion-jwks.json", keys.document());
    let (audience, url) = ("https://origin.example.com", "https://origin.example.com/orders");
    let assertion = Assertion { audience, method: "GET", url, request_id: "r1", caller: Caller::Anonymous };
    let token = keys.sign(&assertion, UnixTime::from_seconds(1_750_000_000));
    let base = ["verify", "--assertion", "--jwks", jwks.text(), "--at", "1750000010", "--sender"];
    let with = |rest: &[&str]| run(&[&base[..], rest].concat(), &token);
    let (code, stdout, stderr) = with(&["anyone", "--audience", audience, "--method", "GET", "--url", url]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let said: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(said, json!({"session": null, "webhook": null, "requestId": "r1"}));
    for (rest, expected) in [
        (&["anyone", "--audience", "https://other.example.com"][..], "token-invalid-audience: made for another origin"),
        (&["session", "--audience", audience], "credentials-missing: nobody is signed in"),
        (&["anyone", "--audience", audience, "--method", "POST", "--url", url], "made for another request"),
        (&["anyone", "--audience", audience, "--audience", "b"], "expected one --audience"),
    ] {
        let (code, stdout, stderr) = with(rest);
        assert_eq!((code, stdout.as_str()), (1, ""), "{expected}");
        assert!(stderr.contains(expected), "{stderr}");
    }
}
