//! What the tests of the command line share: a running stand-in, and ways to ask it and to read what was said.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_compact::alg::{Rsa, RsaPublicKey};
use jwt_compact::jwk::JsonWebKey;
use jwt_compact::{AlgorithmExt as _, UntrustedToken};
use serde_json::Value;
use ureq::Agent;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_clerk-edge");

/// A running `clerk-edge issuer`, killed when dropped.
pub(crate) struct StandIn {
    pub(crate) child: Child,
    pub(crate) stdout: BufReader<ChildStdout>,
    pub(crate) identity: Value,
    pub(crate) url: String,
}

impl StandIn {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// With a proxy in the environment that nobody answers: a target on this machine is not sent to through it.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let mut child = Command::new(BINARY)
            .env("ALL_PROXY", "http://127.0.0.1:1")
            .args(["issuer", "--port", "0", "--secret-key", "sk_test_abc"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        // Whole before anything can fail, so that the process is killed whatever happens.
        let mut stand_in = Self { child, stdout, identity: Value::Null, url: String::new() };
        let mut line = String::new();
        stand_in.stdout.read_line(&mut line).unwrap();
        stand_in.identity = serde_json::from_str(&line).unwrap();
        stand_in.url = stand_in.identity["url"].as_str().unwrap().to_owned();
        stand_in
    }

    pub(crate) fn get(&self, path: &str) -> Result<(u16, String), ureq::Error> {
        read(agent().get(format!("{}{path}", self.url)).call())
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> (u16, String) {
        read(agent().post(format!("{}{path}", self.url)).send(body)).unwrap()
    }

    #[track_caller]
    pub(crate) fn done(&self, path: &str, body: Value) -> Value {
        let (status, text) = self.post(path, &body.to_string());
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    #[track_caller]
    pub(crate) fn refused(&self, path: &str, body: &str) -> String {
        let (status, text) = self.post(path, body);
        assert_eq!(status, 400, "{text}");
        let answer: Value = serde_json::from_str(&text).unwrap();
        answer["error"].as_str().unwrap().to_owned()
    }

    pub(crate) fn token(&self, request: Value) -> String {
        self.done("/stand-in/tokens", request).as_str().unwrap().to_owned()
    }

    pub(crate) fn keys(&self) -> Vec<Value> {
        let (status, text) = self.get("/.well-known/jwks.json").unwrap();
        assert_eq!(status, 200, "{text}");
        let set: Value = serde_json::from_str(&text).unwrap();
        set["keys"].as_array().unwrap().clone()
    }

    /// Mints with a proxy in the environment that nobody answers: a stand-in on this machine must not be asked through it.
    pub(crate) fn mint(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        command.env("ALL_PROXY", "http://127.0.0.1:1").args(["mint", "--issuer-url", &self.url]);
        command.args(arguments).output().unwrap()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into()
}

pub(crate) fn read(
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<(u16, String), ureq::Error> {
    let mut answer = answer?;
    Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?))
}

pub(crate) fn clerk_edge(arguments: &[&str]) -> Output {
    Command::new(BINARY).args(arguments).output().unwrap()
}

#[track_caller]
pub(crate) fn printed(output: &Output) -> &str {
    let stdout = std::str::from_utf8(&output.stdout).unwrap();
    assert_eq!((output.status.code(), said(output)), (Some(0), ""));
    let line = stdout.strip_suffix('\n').unwrap();
    assert!(!line.contains('\n'), "{line}");
    line
}

pub(crate) fn said(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

pub(crate) fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

pub(crate) fn verifies(token: &str, jwk: &Value) -> bool {
    let jwk: JsonWebKey<'_> = serde_json::from_value(jwk.clone()).unwrap();
    let key = RsaPublicKey::try_from(&jwk).unwrap();
    Rsa::rs256().validator::<Value>(&key).validate(&UntrustedToken::new(token).unwrap()).is_ok()
}

pub(crate) fn kids(keys: &[Value]) -> Vec<&str> {
    keys.iter().map(|key| key["kid"].as_str().unwrap()).collect()
}

/// A file that is gone with the test.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn file(name: &str, text: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }

    pub(crate) fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

/// An address of this machine where nothing listens.
pub(crate) fn free_address() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[allow(clippy::disallowed_methods)] // How long a process takes is measured from outside it.
pub(crate) fn now() -> Instant {
    Instant::now()
}
