//! Builds session tokens, good ones by default, and signs whatever a test puts into them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_edge::algorithm::Algorithm;
use clerk_edge::time::UnixTime;
use serde_json::{Value, json};

use super::key::{SigningKey, key};

/// The moment at which a default token was made, and at which tests begin.
pub const NOW: i64 = 1_750_000_000;
/// The issuer of a default token.
pub const ISSUER: &str = "https://clerk.example.com";
/// The origin that a default token was made for.
pub const APP: &str = "https://app.example.com";

/// `seconds` after [`NOW`].
pub fn after(seconds: i64) -> UnixTime {
    UnixTime::from_seconds(NOW + seconds)
}

/// A token in the making.
#[derive(Clone)]
pub struct Token {
    header: Value,
    claims: Value,
    key: &'static SigningKey,
    algorithm: Algorithm,
}

impl Token {
    /// A session token as Clerk makes it at [`NOW`], which lives a minute.
    pub fn new() -> Self {
        let claims = json!({
            "azp": APP, "exp": NOW + 60, "iat": NOW, "iss": ISSUER, "nbf": NOW - 10, "sid": "sess_1", "sub": "user_1",
        });
        let header = json!({"alg": "RS256", "kid": key().id, "typ": "JWT", "cat": "cl_B7d4PD111AAA"});
        Self { header, claims, key: key(), algorithm: Algorithm::Rs256 }
    }

    /// A token that is good for a day at least, whenever a test uses it.
    pub fn long_lived() -> Self {
        Self::new().claim("exp", json!(NOW + 1_000_000))
    }

    pub fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims[name] = value;
        self
    }

    /// Sets each member of `claims`; null stands for null.
    pub fn claims(mut self, claims: Value) -> Self {
        for (name, value) in claims.as_object().unwrap() {
            self.claims[name] = value.clone();
        }
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(name);
        self
    }

    pub fn header(mut self, name: &str, value: Value) -> Self {
        self.header[name] = value;
        self
    }

    pub fn without_header(mut self, name: &str) -> Self {
        self.header.as_object_mut().unwrap().remove(name);
        self
    }

    /// Signed by `key`, and named by its `kid`.
    pub fn by(mut self, key: &'static SigningKey) -> Self {
        self.key = key;
        self.header("kid", json!(key.id))
    }

    /// Signed by `key` under the `kid` that the header has already: a forgery, or a rotation that kept the `kid`.
    pub fn forged_by(mut self, key: &'static SigningKey) -> Self {
        self.key = key;
        self
    }

    /// Signed with another algorithm, which the header names.
    pub fn with(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self.header("alg", json!(algorithm.name()))
    }

    /// The token's text.
    pub fn text(&self) -> String {
        self.text_with_payload(self.claims.to_string().as_bytes())
    }

    /// The token's text with a payload that need not be JSON, rightly signed.
    pub fn text_with_payload(&self, payload: &[u8]) -> String {
        let message = format!("{}.{}", encode(self.header.to_string().as_bytes()), encode(payload));
        let signature = self.key.sign(self.algorithm, message.as_bytes());
        format!("{message}.{}", encode(&signature))
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
