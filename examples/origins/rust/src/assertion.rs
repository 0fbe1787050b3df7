//! Checks the assertion that clerk-edge puts on each request, with jwt-compact.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use jwt_compact::alg::Ed25519;
use jwt_compact::jwk::JsonWebKey;
use jwt_compact::{Algorithm, AlgorithmExt as _, TimeOptions, UntrustedToken};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// How long keys are used before they are fetched again, as their document says.
const FRESH: Duration = Duration::from_secs(300);
/// How often an unknown key may make them be fetched.
const COOLDOWN: Duration = Duration::from_secs(30);
/// How long the gateway may take to answer with them.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How far apart two clocks may be.
const LEEWAY: TimeDelta = TimeDelta::seconds(5);

type VerifyingKey = <Ed25519 as Algorithm>::VerifyingKey;

/// The check of one server.
pub struct AssertionCheck {
    keys_url: String,
    audience: String,
    keys: Mutex<Option<(Instant, HashMap<String, VerifyingKey>)>>,
}

/// Whose request a path takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// A signed-in user's.
    User,
    /// Any that came through the gateway, but no webhook.
    Anyone,
    /// A webhook of Clerk's.
    Webhook,
}

/// What the gateway says of the caller, and which request it says it of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Assertion {
    iss: String,
    aud: String,
    htm: String,
    htu: String,
    jti: String,
    pub sub: Option<String>,
    pub sid: Option<String>,
    pub azp: Option<String>,
    pub org_id: Option<String>,
    pub org_slug: Option<String>,
    pub org_role: Option<String>,
    pub org_permissions: Option<Vec<String>>,
    pub webhook: Option<Webhook>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Webhook {
    pub id: String,
}

/// Why there is no assertion to go by.
#[derive(Debug)]
pub enum Failure {
    /// There is none, or not a good one for this request.
    Refused(&'static str),
    /// The keys cannot be had, which says nothing about the request.
    Outage(String),
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    kid: String,
    #[serde(flatten)]
    jwk: JsonWebKey<'static>,
}

impl AssertionCheck {
    /// `keys_url`: where the gateway publishes its keys, `https://…/.well-known/clerk-edge/jwks.json`.
    /// `audience`: this server's `https://host:port` as the gateway's route has it.
    pub fn new(keys_url: String, audience: String) -> Self {
        Self { keys_url, audience, keys: Mutex::new(None) }
    }

    /// The claims of a good assertion of this request. `path`: as it came, without the query.
    pub async fn check(&self, assertion: &str, method: &str, path: &str, sender: Sender) -> Result<Assertion, Failure> {
        let token = UntrustedToken::new(assertion).map_err(|_| Failure::Refused("no JWT"))?;
        let header = token.header();
        if header.token_type.as_deref() != Some("clerk-edge-assertion+jwt") {
            return Err(Failure::Refused("typ"));
        }
        let key = self.key(header.key_id.as_deref().unwrap_or_default()).await?;
        // The validator takes EdDSA alone, whatever the header says.
        let token = Ed25519.validator(&key).validate(&token).map_err(|_| Failure::Refused("signature"))?;
        token.claims().validate_expiration(&TimeOptions::from_leeway(LEEWAY)).map_err(|_| Failure::Refused("exp"))?;
        let claims: &Assertion = &token.claims().custom;
        let expected = [
            ("iss", claims.iss == "clerk-edge"),
            ("aud", claims.aud == self.audience),
            ("htm", claims.htm == method),
            ("htu", claims.htu.strip_prefix(&self.audience) == Some(path)),
            ("sender", sender.sent(claims)),
        ];
        match expected.into_iter().find(|(_, is_met)| !is_met) {
            Some((claim, _)) => Err(Failure::Refused(claim)),
            None => Ok(claims.clone()),
        }
    }

    /// The key of this id, from memory or from the gateway.
    async fn key(&self, id: &str) -> Result<VerifyingKey, Failure> {
        let mut keys = self.keys.lock().await;
        let find = |keys: &Option<(Instant, HashMap<String, VerifyingKey>)>| keys.as_ref()?.1.get(id).copied();
        let found = find(&keys);
        let limit = if found.is_some() { FRESH } else { COOLDOWN };
        if keys.as_ref().is_some_and(|(fetched, _)| fetched.elapsed() < limit) {
            return found.ok_or(Failure::Refused("kid"));
        }
        *keys = Some((Instant::now(), fetch(self.keys_url.clone()).await?));
        find(&keys).ok_or(Failure::Refused("kid"))
    }
}

impl Sender {
    fn sent(self, claims: &Assertion) -> bool {
        match self {
            Self::User => claims.sub.is_some() && claims.webhook.is_none(),
            Self::Anyone => claims.webhook.is_none(),
            Self::Webhook => claims.sub.is_none() && claims.webhook.is_some(),
        }
    }
}

async fn fetch(url: String) -> Result<HashMap<String, VerifyingKey>, Failure> {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).max_redirects(0).build().into();
    let read = move || -> Result<KeySet, ureq::Error> { agent.get(&url).call()?.body_mut().read_json() };
    let set = tokio::task::spawn_blocking(read).await.map_err(|error| Failure::Outage(error.to_string()))?;
    let set = set.map_err(|error| Failure::Outage(error.to_string()))?;
    let usable = |Key { kid, jwk }: Key| Some((kid, VerifyingKey::try_from(&jwk).ok()?));
    Ok(set.keys.into_iter().filter_map(usable).collect())
}
