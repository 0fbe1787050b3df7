//! What a token says, for a forger to begin with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::Token;

/// How long what a forger begins with must still live, in seconds.
const LEFT_SECONDS: i64 = 30;

/// The header and claims that a good token has, for a forger to begin with.
#[derive(Clone)]
pub(in crate::cli::probe) struct Pattern {
    pub(in crate::cli::probe) header: Map<String, Value>,
    pub(in crate::cli::probe) claims: Map<String, Value>,
}

impl Pattern {
    /// What a token says, where it says anything.
    pub(in crate::cli::probe) fn of(token: &Token) -> Option<Self> {
        let [header, claims, _] = token.parts()?;
        let read = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        Some(Self { header: read(header)?, claims: read(claims)? })
    }

    /// What a token of Clerk's would say.
    pub(in crate::cli::probe) fn likely(now: i64) -> Self {
        let header =
            json!({"alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": "ins_Forged0000000000000000000", "typ": "JWT"});
        let claims = json!({
            "exp": now + 60, "iat": now, "iss": "https://clerk.example.com", "nbf": now - 10,
            "sid": "sess_Forged00000000000000000000", "sub": "user_Forged00000000000000000000", "v": 2,
        });
        Self { header: members(header), claims: members(claims) }
    }

    /// The header with these members over its own.
    pub(in crate::cli::probe) fn header_with(&self, over: &Value) -> String {
        let mut header = self.header.clone();
        merge(&mut header, over);
        Value::Object(header).to_string()
    }

    /// The claims with these members over their own.
    pub(in crate::cli::probe) fn claims_with(&self, over: &Value) -> String {
        let mut claims = self.claims.clone();
        merge(&mut claims, over);
        Value::Object(claims).to_string()
    }

    /// The same, where its time is nearly over as of a token that lives on: or it would be turned away for its age.
    pub(in crate::cli::probe) fn lasting(mut self, now: i64) -> Self {
        if self.exp().is_some_and(|exp| exp < now + LEFT_SECONDS) {
            merge(&mut self.claims, &json!({"exp": now + 60, "iat": now, "nbf": now - 10}));
        }
        self
    }

    /// When it runs out, in seconds since 1970.
    pub(in crate::cli::probe) fn exp(&self) -> Option<i64> {
        self.claims.get("exp")?.as_i64()
    }

    /// The organization that the user acts for, in either version of Clerk's claims.
    pub(in crate::cli::probe) fn organization(&self) -> Option<&str> {
        let found = self.claims.get("org_id").or_else(|| self.claims.get("o")?.get("id"));
        found.and_then(Value::as_str)
    }

    /// The user.
    pub(in crate::cli::probe) fn subject(&self) -> Option<&str> {
        self.claims.get("sub")?.as_str()
    }
}

/// Members over members, where null takes one away.
fn merge(members: &mut Map<String, Value>, over: &Value) {
    for (name, value) in over.as_object().into_iter().flatten() {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
