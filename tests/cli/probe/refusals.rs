//! Servers that are none, and what the command does not do.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use serde_json::json;

use super::*;

/// A server that does `with` to whoever connects, until the test ends.
pub(super) fn server(with: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || listener.incoming().flatten().for_each(with));
    url
}

/// The report of some checks and the exit code.
pub(super) fn checked(url: &str, arguments: &[&str]) -> (Value, Option<i32>) {
    let output = clerk_edge(&[&["test", url, "--format", "json", "--timeout", "1"], arguments].concat());
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code())
}

#[track_caller]
pub(super) fn assert_fails_with(url: &str, expected: &str) {
    let (report, code) = checked(url, &["--only", "2,5,12"]);
    assert_eq!(code, Some(1), "{report:#}");
    for check in report["checks"].as_array().unwrap() {
        assert_eq!((&check["status"], &check["findings"][0]["got"]), (&json!("failed"), &json!(expected)), "{check:#}");
    }
}

#[test]
fn a_server_that_hangs_fails_its_checks_in_time() {
    let held = std::sync::Mutex::new(Vec::new());
    let url = server(move |stream| held.lock().unwrap().push(stream));
    let start = now();
    assert_fails_with(&url, "no answer in time");
    assert!(start.elapsed() < std::time::Duration::from_secs(20));
}

#[test]
fn a_server_that_hangs_up_fails_its_checks() {
    assert_fails_with(&server(drop), "the connection was closed without a whole answer");
}

#[test]
fn a_server_that_stops_half_way_fails_its_checks() {
    let url = server(|mut stream| {
        drop(stream.read(&mut [0; 4096]));
        drop(stream.write_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\n{"));
    });
    assert_fails_with(&url, "the connection was closed without a whole answer");
}

#[test]
fn a_server_that_answers_rubbish_fails_its_checks() {
    let rubbish: [&[u8]; 3] = [
        b"\xff\xfe\0\0 not HTTP at all\r\n\r\n",
        b"HTTP/1.1 401 No\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ];
    for bytes in rubbish {
        let url = server(move |mut stream| {
            drop(stream.read(&mut [0; 4096]));
            drop(stream.write_all(bytes));
        });
        assert_fails_with(&url, "an answer that is not HTTP/1.1");
    }
}

#[test]
fn without_leave_nothing_is_sent_but_what_is_safe() {
    let methods = std::sync::Arc::new(std::sync::Mutex::new(std::collections::BTreeSet::new()));
    let seen = std::sync::Arc::clone(&methods);
    let url = server(move |mut stream| {
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).unwrap_or(0);
        let line = String::from_utf8_lossy(&bytes[..read]).into_owned();
        seen.lock().unwrap().insert(line.split(' ').next().unwrap_or_default().to_owned());
        drop(stream.write_all(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"));
    });
    checked(
        &url,
        &["--graphql", "/graphql", "--webhook", "/webhooks", "--public", "/", "--optional", "/o", "--admin", "/a"],
    );
    assert_eq!(methods.lock().unwrap().iter().map(String::as_str).collect::<Vec<_>>(), ["GET", "HEAD", "OPTIONS"]);
}

#[test]
fn no_token_is_in_any_report() {
    let secret = "opaque-but-secret-token-0123456789";
    // An API that repeats what it was sent, where a report shows it.
    let url = server(|mut stream| {
        let mut bytes = vec![0; 100_000];
        let read = stream.read(&mut bytes).unwrap_or(0);
        let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
        let token = text.lines().find_map(|line| line.strip_prefix("Authorization: ")).unwrap_or("none").to_owned();
        drop(
            stream
                .write_all(format!("HTTP/1.1 302 No\r\nLocation: /?t={token}\r\nContent-Length: 0\r\n\r\n").as_bytes()),
        );
    });
    for format in ["pretty", "json", "junit", "sarif"] {
        let output =
            clerk_edge(&["test", &url, "--format", format, "--token", secret, "--admin-token", "adm-9876543210"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("[token]"), "{format}");
        assert!(!text.contains(secret) && !text.contains("adm-987") && !text.contains("eyJ"), "{format}: {text}");
    }
}

#[test]
fn a_live_key_another_host_and_a_silent_port_are_asked_for_wrongly() {
    let nobody = format!("http://{}", free_address());
    for (arguments, expected) in [
        (vec![nobody.as_str()], "nothing answers at http://127.0.0.1:"),
        (
            vec!["http://api.example.com"],
            "api.example.com is not this machine (hint: allow it by its very name with --allow-host)",
        ),
        (vec!["http://api.example.com", "--allow-host", "example.com"], "api.example.com is not this machine"),
        (vec!["ftp://127.0.0.1"], "expected the address of an API"),
        (vec!["http://127.0.0.1:99999"], "expected the address of an API"),
        (vec!["http://me:hidden@127.0.0.1"], "expected an address without a user and a password\n"),
        (vec![&nobody, "--only", "46"], "expected the number or the name of a check, got \"46\""),
        (vec![&nobody, "--protected", "api"], "expected a path that begins with /, got \"api\""),
        (vec![&nobody, "--config", "no-such.toml"], "cannot read no-such.toml"),
        (vec![&nobody, "--clerk"], "the secret key is a live one, and tests are for development instances"),
        (vec![&nobody, "--token", "Bearer abc"], "expected a token, without Bearer before it and in one piece"),
        (vec![&nobody, "--origin", "app.example.com"], "expected an origin, such as https://app.example.com, got"),
        (vec![&nobody, "--token", "-", "--admin-token", "-"], "expected one token from stdin, not 2"),
    ] {
        let output =
            Command::new(BINARY).arg("test").args(&arguments).env("CLERK_SECRET_KEY", "sk_live_abc").output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {}", said(&output));
        assert!(said(&output).starts_with(&format!("clerk-edge: {expected}")), "{}", said(&output));
        assert_eq!(said(&output).lines().count(), 1);
    }
}

#[test]
fn https_to_a_server_of_plain_http_is_no_answer() {
    let url = server(|mut stream| drop(stream.write_all(b"HTTP/1.1 400 No\r\n\r\n")));
    let output = clerk_edge(&["test", &url.replace("http:", "https:")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("no secure connection"), "{}", said(&output));
}

#[test]
fn a_check_of_severity_should_fails_the_run_only_when_strict() {
    let stand_in = StandIn::start();
    let api = Api::start(&stand_in, Some(super::faults::Fault(3)));
    for (arguments, code) in [(&["--only", "3"][..], 0), (&["--only", "3", "--strict"], 1), (&["--skip", "3"], 0)] {
        let run = Run::of(&api, arguments, &[]);
        assert_eq!(run.output.status.code(), Some(code), "{arguments:?}: {}", run.findings());
    }
}

#[test]
fn a_run_that_skipped_every_check_is_no_pass() {
    let url = server(|mut stream| {
        drop(stream.read(&mut [0; 4096]));
        drop(stream.write_all(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"));
    });
    for format in ["pretty", "json", "junit", "sarif"] {
        let output = clerk_edge(&["test", &url, "--only", "8,43", "--format", format]);
        let told =
            "clerk-edge: nothing was checked: every check was skipped (hint: the report says what each one lacks)\n";
        assert_eq!((output.status.code(), said(&output)), (Some(2), told), "{format}");
        let text = String::from_utf8(output.stdout).unwrap().to_lowercase();
        assert!(text.contains("no webhook path was given: --webhook path"), "{text}");
    }
    let output = clerk_edge(&["test", &url, "--only", "2,8,43"]);
    assert_eq!((output.status.code(), said(&output)), (Some(0), ""));
}

#[test]
fn settings_are_told_on_one_line_and_without_what_they_hold() {
    for (text, expected) in [
        ("public = \"/\"\nsecret_key = \"sk_test_hidden\"\n", "line 2: unknown field `secret_key`, expected one of"),
        ("public = sk_test_hidden", "line 1: "),
        ("clock_skew_seconds = -1", "expected clock_skew_seconds from 0 to 3600, got -1"),
        (
            "clock_skew_seconds = 9223372036854775807",
            "expected clock_skew_seconds from 0 to 3600, got 9223372036854775807",
        ),
    ] {
        let settings = Scratch::file("refused.toml", text);
        let output = clerk_edge(&["test", "http://127.0.0.1:1", "--config", settings.text()]);
        assert_eq!((output.status.code(), said(&output).lines().count()), (Some(2), 1), "{}", said(&output));
        assert!(said(&output).contains(expected) && !said(&output).contains("hidden"), "{}", said(&output));
    }
}

#[test]
fn what_is_no_stand_in_is_told_in_few_words() {
    let url = server(|mut stream| {
        drop(stream.read(&mut [0; 4096]));
        let page = "<!doctype html>\n\u{1b}[2J".repeat(1000);
        drop(write!(stream, "HTTP/1.1 404 No\r\nContent-Length: {}\r\n\r\n{page}", page.len()));
    });
    let output = clerk_edge(&["test", &url, "--issuer-url", &url]);
    let told = said(&output);
    assert_eq!((output.status.code(), told.lines().count()), (Some(1), 1), "{told}");
    assert!(told.contains("did not do what was asked: 404: <!doctype html>") && told.len() < 600, "{told}");
    assert!(!told.trim_end().contains(char::is_control), "{told:?}");
}

#[test]
fn every_request_that_is_judged_is_counted() {
    let url = server(|mut stream| {
        drop(stream.read(&mut vec![0; 100_000]));
        drop(stream.write_all(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"));
    });
    let (report, _) = checked(&url, &["--only", "12"]);
    assert_eq!((&report["checks"][0]["status"], &report["checks"][0]["requests"]), (&json!("passed"), &json!(18)));
}

#[test]
fn what_is_no_graphql_passes_no_check_of_it() {
    let of = |answer: &'static str, arguments: &[&str]| {
        let url = server(move |mut stream| {
            drop(stream.read(&mut [0; 4096]));
            drop(stream.write_all(answer.as_bytes()));
        });
        let (report, _) = checked(&url, &[&["--only", "42", "--graphql", "/nowhere"], arguments].concat());
        report["checks"][0].clone()
    };
    let missing = "HTTP/1.1 404 No\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    for arguments in [&[][..], &["--unsafe"]] {
        let check = of(missing, arguments);
        assert_eq!(check["status"], "skipped", "{check:#}");
        assert!(check["reason"].as_str().unwrap().contains("404"), "{check:#}");
    }
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>";
    let check = of(page, &[]);
    assert_eq!((&check["status"], &check["findings"][0]["got"]), (&json!("failed"), &json!("200, and no JSON")));
}
