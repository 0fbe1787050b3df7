//! The process: what it prints, what it refuses to start with, and how it ends.

use std::io::Read as _;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use clerk_edge::webhook::WebhookSecrets;
use serde_json::json;

use crate::harness::*;

#[test]
fn the_one_line_on_stdout_names_everything_to_configure() {
    let stand_in = StandIn::start();
    let StandIn { identity, url, .. } = &stand_in;
    let members: Vec<&String> = identity.as_object().unwrap().keys().collect();
    let expected =
        ["backendKeySetUrl", "issuer", "keySetUrl", "kid", "publishableKey", "secretKey", "url", "webhookSecret"];
    assert_eq!(members, expected);
    assert_eq!(identity["issuer"], *url);
    assert_eq!(identity["keySetUrl"], format!("{url}/.well-known/jwks.json"));
    assert_eq!(identity["backendKeySetUrl"], format!("{url}/v1/jwks"));
    assert_eq!(identity["secretKey"], "sk_test_abc");
    let secret = identity["webhookSecret"].as_str().unwrap();
    assert_eq!((secret.len(), WebhookSecrets::parse(secret).is_ok()), ("whsec_".len() + 32, true));
    assert_ne!(StandIn::start().identity["webhookSecret"], *secret);
    let key = identity["publishableKey"].as_str().unwrap();
    assert_eq!(clerk_edge::instance::Instance::from_publishable_key(key).unwrap().issuer(), *url);
    assert_eq!(identity["kid"].as_str().unwrap().len(), "ins_".len() + 27);
}

#[test]
fn a_live_secret_key_is_refused() {
    let output = clerk_edge(&["issuer", "--port", "0", "--secret-key", "sk_live_abc"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
}

#[test]
fn a_webhook_secret_is_taken_as_given_or_refused() {
    let stand_in = StandIn::start_with(&["--webhook-secret", "whsec_YWJj"]);
    assert_eq!(stand_in.identity["webhookSecret"], "whsec_YWJj");
    for secret in ["", "whsec_", "whsec_YWJ", "a b!"] {
        let output = clerk_edge(&["issuer", "--port", "0", "--webhook-secret", secret]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{secret:?}");
    }
}

#[test]
fn a_port_in_use_is_one_line_on_stderr() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let output = clerk_edge(&["issuer", "--port", &address.port().to_string()]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    let said = said(&output);
    assert!(said.starts_with(&format!("clerk-edge: cannot listen on {address}: ")), "{said}");
    assert!(said.ends_with("(hint: choose another port with --port)\n"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_with_exit_code_0_even_during_a_slow_answer() {
    for signal in ["-TERM", "-INT"] {
        let mut stand_in = StandIn::start();
        stand_in.done("/stand-in/outage", json!({"mode": "slow", "delay_ms": 60_000}));
        let url = stand_in.url.clone();
        let waiting = std::thread::spawn(move || agent().get(format!("{url}/.well-known/jwks.json")).call().is_err());
        while stand_in.get("/stand-in/requests").unwrap().1 != r#"{"keySet":1}"# {
            std::thread::sleep(Duration::from_millis(10));
        }
        let start = now();
        let killed = Command::new("kill").args([signal, &stand_in.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert_eq!(stand_in.child.wait().unwrap().code(), Some(0), "{signal}");
        assert!(start.elapsed() < Duration::from_secs(30), "{signal}");
        assert!(waiting.join().unwrap());
        let mut rest = String::new();
        stand_in.stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "stdout carries the one line alone");
        let mut said = String::new();
        stand_in.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(said.contains("for development only") && said.contains("127.0.0.1"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_even_while_a_delivery_waits_for_its_answer() {
    let mut stand_in = StandIn::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let body = json!({"url": format!("http://{}/", listener.local_addr().unwrap()), "type": "user.created"});
    let url = format!("{}/stand-in/webhooks", stand_in.url);
    let waiting = std::thread::spawn(move || agent().post(url).send(body.to_string()).is_err());
    let target = listener.accept().unwrap();
    let start = now();
    let killed = Command::new("kill").args(["-TERM", &stand_in.child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(stand_in.child.wait().unwrap().code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(10));
    assert!(waiting.join().unwrap());
    drop(target);
}

#[test]
fn the_help_of_every_command_has_an_example() {
    for command in ["issuer", "mint", "webhook send", "check", "diff", "completions"] {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let output = clerk_edge(&words);
        assert_eq!((output.status.code(), said(&output)), (Some(0), ""));
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(help.contains(&format!("$ clerk-edge {command}")), "{help}");
    }
    assert_eq!(clerk_edge(&[]).status.code(), Some(2));
}
