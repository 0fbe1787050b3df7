//! A Clerk development instance as a source of real tokens, through its Backend API.
//!
//! Sessions can be opened for a user by the API in development instances alone. The one that a run opens it revokes.
//! Source: Clerk's Backend API reference, "Sessions" and "Users".

use std::cell::RefCell;

use serde_json::{Value, json};
use ureq::Agent;

use super::TestError;
use super::redact::redact;
use super::tokens::{Pattern, Token};
use crate::instance::is_trusted_address;
use crate::platform::native::{agent, now};

const API_URL: &str = "https://api.clerk.com";
const TIMEOUT_SECONDS: u64 = 15;
/// How long a token must still live to be used again, in seconds: half of its life.
const TOKEN_SECONDS: i64 = 30;

/// A development instance.
pub(super) struct Clerk {
    api: String,
    secret_key: String,
    user: Option<String>,
    agent: Agent,
    session: RefCell<Option<String>>,
    token: RefCell<Option<Token>>,
}

impl Clerk {
    /// The instance of a secret key, which must be a development one's.
    pub(super) fn new(secret_key: &str, api: Option<&str>, user: Option<String>) -> Result<Self, TestError> {
        if secret_key.starts_with("sk_live_") {
            return Err(TestError::LiveKey);
        }
        if secret_key.strip_prefix("sk_test_").is_none_or(str::is_empty) {
            return Err(TestError::SecretKey);
        }
        let api = api.unwrap_or(API_URL).trim_end_matches('/');
        if !is_trusted_address(api) {
            return Err(TestError::ClerkApi(api.to_owned()));
        }
        Ok(Self {
            api: api.to_owned(),
            secret_key: secret_key.to_owned(),
            user,
            agent: agent(api, TIMEOUT_SECONDS),
            session: RefCell::default(),
            token: RefCell::default(),
        })
    }

    /// A token of the run's session.
    pub(super) fn token(&self) -> Result<Token, TestError> {
        let held = self.token.borrow().clone();
        if let Some(token) = held.filter(|token| expires_at(token) > now().seconds() + TOKEN_SECONDS) {
            return Ok(token);
        }
        let token = self.new_token()?;
        *self.token.borrow_mut() = Some(token.clone());
        Ok(token)
    }

    /// A token of the run's session that nobody has used yet.
    pub(super) fn new_token(&self) -> Result<Token, TestError> {
        let session = self.session()?;
        let answer = self.post(&format!("/v1/sessions/{session}/tokens"), &json!({}))?;
        Ok(Token::new(text(&answer, "jwt")?, "good, from Clerk"))
    }

    /// Ends the session, where there is one; the next token is of a new one.
    pub(super) fn revoke(&self) -> Result<(), TestError> {
        *self.token.borrow_mut() = None;
        let Some(session) = self.session.borrow_mut().take() else { return Ok(()) };
        self.post(&format!("/v1/sessions/{session}/revoke"), &json!({})).map(drop)
    }

    /// The public keys, as PEM would hold them.
    pub(super) fn key_set(&self) -> Result<Value, TestError> {
        self.get("/v1/jwks")
    }

    fn session(&self) -> Result<String, TestError> {
        let held = self.session.borrow().clone();
        if let Some(session) = held {
            return Ok(session);
        }
        let user = match &self.user {
            Some(user) => user.clone(),
            None => self.first_user()?,
        };
        let session = text(&self.post("/v1/sessions", &json!({"user_id": user}))?, "id")?;
        *self.session.borrow_mut() = Some(session.clone());
        Ok(session)
    }

    fn first_user(&self) -> Result<String, TestError> {
        let users = self.get("/v1/users?limit=1")?;
        let first = users.get(0).ok_or_else(|| TestError::Clerk("the instance has no user yet".to_owned()))?;
        text(first, "id")
    }

    fn get(&self, path: &str) -> Result<Value, TestError> {
        let request = self.agent.get(format!("{}{path}", self.api));
        done(request.header("Authorization", format!("Bearer {}", self.secret_key)).call())
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, TestError> {
        let request = self.agent.post(format!("{}{path}", self.api));
        done(request.header("Authorization", format!("Bearer {}", self.secret_key)).send_json(body))
    }
}

fn done(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, TestError> {
    let failed = |error: ureq::Error| TestError::Clerk(error.to_string());
    let mut answer = answer.map_err(failed)?;
    let status = answer.status();
    let body = answer.body_mut().read_json();
    if status.is_success() {
        return body.map_err(failed);
    }
    // What stands between here and Clerk may refuse in words of its own, which are no JSON.
    let body: Value = body.unwrap_or_default();
    let said = body.pointer("/errors/0/message").and_then(Value::as_str).unwrap_or("no reason given");
    Err(TestError::Clerk(format!("{}: {}", status.as_u16(), redact(said, &[]))))
}

fn expires_at(token: &Token) -> i64 {
    Pattern::of(token).and_then(|pattern| pattern.exp()).unwrap_or(0)
}

fn text(value: &Value, name: &str) -> Result<String, TestError> {
    let found = value.get(name).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| TestError::Clerk(format!("an answer has no {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_key_is_refused_and_so_is_what_is_no_secret_key() {
        assert!(matches!(Clerk::new("sk_live_abc", None, None), Err(TestError::LiveKey)));
        for key in ["", "sk_test_", "pk_test_abc", "abc"] {
            assert!(matches!(Clerk::new(key, None, None), Err(TestError::SecretKey)), "{key}");
        }
        assert!(Clerk::new("sk_test_abc", None, None).is_ok());
    }

    #[test]
    fn the_secret_key_goes_over_plain_http_on_this_machine_alone() {
        let at = |url| Clerk::new("sk_test_abc", Some(url), None);
        assert!(at("http://127.0.0.1:1").is_ok() && at("https://api.example.com").is_ok());
        assert!(matches!(at("http://api.example.com"), Err(TestError::ClerkApi(_))));
    }
}
