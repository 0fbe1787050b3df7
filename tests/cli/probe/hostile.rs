//! An API that means ill: every check of it ends, in bounded memory, with a verdict that names what was wrong.

use std::io::{Read as _, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::refusals::{assert_fails_with, checked, server};
use super::*;

/// Most memory that a run may come to hold, in KiB: a program with its libraries, and a few answers.
const PEAK_KIB: u64 = 96 * 1024;

/// A server that answers with `head` and then `piece` again and again, until nobody takes it any longer.
fn endless(head: &'static str, piece: Vec<u8>, pause: Duration) -> String {
    server(move |mut stream| {
        let piece = piece.clone();
        std::thread::spawn(move || {
            drop(stream.read(&mut [0; 4096]));
            let mut is_taken = stream.write_all(head.as_bytes()).is_ok();
            while is_taken {
                std::thread::sleep(pause);
                is_taken = stream.write_all(&piece).is_ok();
            }
        });
    })
}

fn at_once(head: &'static str, piece: Vec<u8>) -> String {
    endless(head, piece, Duration::ZERO)
}

#[test]
fn an_answer_without_end_is_told_by_its_beginning() {
    for head in [
        "HTTP/1.1 401 No\r\nContent-Type: application/json\r\n\r\n",
        "HTTP/1.1 401 No\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        "HTTP/1.1 401 No\r\nContent-Type: text/event-stream\r\n\r\n",
        "HTTP/1.1 401 No\r\nContent-Encoding: gzip\r\n\r\n",
    ] {
        let (report, code) = checked(&at_once(head, vec![b'a'; 65536]), &["--only", "2,5"]);
        assert_eq!((code, &report["summary"]["passed"]["must"]), (Some(0), &2.into()), "{head}: {report:#}");
    }
}

#[test]
fn a_head_without_end_fails_its_checks() {
    let expected = "an answer with more than 64 KiB or 128 lines of headers";
    let line = [&b"A: "[..], &[b'a'; 1000], b"\r\n"].concat();
    assert_fails_with(&at_once("HTTP/1.1 401 No\r\nA: ", vec![b'a'; 65536]), expected);
    assert_fails_with(&at_once("HTTP/1.1 401 No\r\n", b"A: b\r\n".repeat(1000)), expected);
    assert_fails_with(&at_once("HTTP/1.1 401 No\r\n", line), expected);
    assert_fails_with(
        &at_once("HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100)),
        expected,
    );
}

#[test]
fn a_chunk_whose_first_line_does_not_end_fails_its_checks() {
    let head = "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n1;";
    assert_fails_with(&at_once(head, vec![b'a'; 65536]), "an answer that is not HTTP/1.1");
}

#[test]
fn an_answer_that_trickles_fails_its_checks_in_time() {
    for head in ["HTTP/1.1 401 No\r\nA: ", "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n", ""] {
        let start = now();
        assert_fails_with(&endless(head, b"a".to_vec(), Duration::from_millis(50)), expected_of(head));
        // Each of some forty requests may take a second at most, and those in a row that took it ever less.
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}

/// A trickle that does not begin like HTTP is found out before its time is over.
fn expected_of(head: &str) -> &'static str {
    if head.is_empty() { "an answer that is not HTTP/1.1" } else { "no answer in time" }
}

#[test]
fn a_handshake_that_trickles_ends_in_time() {
    // The head of a TLS record that is longer than what ever comes of it.
    let url = endless("\u{16}\u{3}\u{3}", vec![0x3f, 0xff], Duration::from_millis(50)).replace("http:", "https:");
    let start = now();
    let output = clerk_edge(&["test", &url, "--timeout", "1"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{}", said(&output));
    assert!(said(&output).contains("no secure connection"), "{}", said(&output));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn the_memory_of_a_run_does_not_grow_with_what_it_is_sent() {
    let url = at_once("HTTP/1.1 401 No\r\n\r\n", vec![b'a'; 1 << 20]);
    let mut child = Command::new(BINARY)
        .args(["test", &url, "--timeout", "5", "--only", "2,3,5,6,7,11,12"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(peak_kib(child.id()).unwrap_or_default());
        std::thread::sleep(Duration::from_millis(5));
    }
    if cfg!(target_os = "linux") {
        assert!((1..PEAK_KIB).contains(&peak), "{peak} KiB");
    }
}

/// The most that a process has held, where the system tells.
fn peak_kib(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[test]
fn what_a_hostile_answer_says_reaches_no_terminal_as_it_stands() {
    let url = server(|mut stream: TcpStream| {
        drop(stream.read(&mut [0; 4096]));
        drop(stream.write_all(b"HTTP/1.1 302 No\r\nLocation: /\xc2\x9b2J\xe2\x80\xaex\r\nContent-Length: 0\r\n\r\n"));
    });
    let output = clerk_edge(&["test", &url, "--only", "2"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("got       302, location: / 2J x"), "{text}");
    assert!(!text.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{text:?}");
}

#[test]
fn what_an_answer_says_breaks_no_report() {
    // Two characters that XML has no way to write, what ends its elements, and a long rest.
    let url = server(|mut stream: TcpStream| {
        drop(stream.read(&mut [0; 4096]));
        let location = format!("/\u{ffff}\u{fffe}]]>\"'&<a\\{}", "ä".repeat(5000));
        drop(write!(stream, "HTTP/1.1 302 No\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"));
    });
    for format in ["json", "sarif"] {
        let output = clerk_edge(&["test", &url, "--only", "2", "--format", format]);
        serde_json::from_slice::<Value>(&output.stdout).unwrap();
    }
    let output = clerk_edge(&["test", &url, "--only", "2", "--format", "junit"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("got 302, location: /  ]]&gt;&quot;&apos;&amp;&lt;a\\äää") && text.len() < 4000, "{text}");
    let is_xml = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(is_xml), "{text:?}");
}
