//! The stand-in as a source of tokens that are signed with the right key, whatever they say.

use serde::Deserialize;
use serde_json::{Value, json};
use ureq::Agent;

use super::TestError;
use super::redact::redact;
use super::tokens::Token;
use crate::cli::session_token::{KeyChoice, TokenRequest};
use crate::platform::native::agent;

/// Longest wait for it, in seconds: it may have to make a key first, and an unoptimised build is slow at it.
const TIMEOUT_SECONDS: u64 = 60;

/// A running `clerk-edge issuer`.
pub(super) struct StandIn {
    url: String,
    agent: Agent,
}

/// Its state, as far as checks need it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Overview {
    pub(super) issuer: String,
    pub(super) webhook_secret: String,
}

/// How often its key set was asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Requests {
    key_set: u64,
}

impl StandIn {
    pub(super) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), agent: agent(url, TIMEOUT_SECONDS) }
    }

    /// A token made from `request`.
    pub(super) fn mint(&self, request: &TokenRequest, kind: &str) -> Result<Token, TestError> {
        Ok(Token::new(self.post("/stand-in/tokens", &json!(request))?, kind))
    }

    /// A token of exactly these parts.
    pub(super) fn sign(&self, header: &str, payload: &str, kind: &str) -> Result<Token, TestError> {
        let body = json!({"header": header, "payload": payload, "key": KeyChoice::Current});
        Ok(Token::new(self.post("/stand-in/tokens/sign", &body)?, kind))
    }

    pub(super) fn overview(&self) -> Result<Overview, TestError> {
        read(&self.get("/stand-in")?)
    }

    /// The published keys.
    pub(super) fn key_set(&self) -> Result<Value, TestError> {
        read(&self.get("/.well-known/jwks.json")?)
    }

    /// How often the key set was asked for.
    pub(super) fn requests(&self) -> Result<u64, TestError> {
        Ok(read::<Requests>(&self.get("/stand-in/requests")?)?.key_set)
    }

    /// Signs with a new key from now on, under a new kid.
    pub(super) fn rotate(&self, keep_old: bool) -> Result<(), TestError> {
        self.post("/stand-in/keys/rotate", &json!({"kid": "new", "keep_old": keep_old})).map(drop)
    }

    /// Begins or ends an outage of the key set.
    pub(super) fn set_outage(&self, mode: &str) -> Result<(), TestError> {
        self.post("/stand-in/outage", &json!({"mode": mode})).map(drop)
    }

    fn get(&self, path: &str) -> Result<String, TestError> {
        self.done(self.agent.get(format!("{}{path}", self.url)).call())
    }

    fn post(&self, path: &str, body: &Value) -> Result<String, TestError> {
        self.done(self.agent.post(format!("{}{path}", self.url)).send_json(body))
    }

    fn done(&self, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<String, TestError> {
        let failed = |error: ureq::Error| TestError::StandIn(format!("{}: {error}", self.url));
        let mut answer = answer.map_err(failed)?;
        let text = answer.body_mut().read_to_string().map_err(failed)?;
        if answer.status().is_success() {
            return Ok(text);
        }
        // Whoever it is that answers there, no more is shown of it than of an API.
        Err(TestError::StandIn(format!("{}: {}", answer.status().as_u16(), redact(text.trim(), &[]))))
    }
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, TestError> {
    serde_json::from_str(text).map_err(|error| TestError::StandIn(format!("what answers is not the stand-in: {error}")))
}
