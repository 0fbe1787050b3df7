//! The state of the stand-in: who it says it is, its keys, its outage and its counter.
//!
//! Handlers hold a lock for one statement and never across an await.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::OnceCell;
use tokio::task::{JoinError, spawn_blocking};

use super::key_ring::{KeyRing, KeyRingError, NamedKey};
use super::webhooks::SigningSecret;
use crate::cli::session_token::KeyChoice;
use crate::cli::signing_key::{SigningKey, SigningKeyError};
use crate::instance::{Instance, InstanceKind, PublishableKeyError, publishable_key};

/// Longest wait of a slow key set, in milliseconds: longer than any time-out that is worth a test.
pub(super) const DELAY_MS_MAX: u32 = 120_000;

/// Wait of a slow key set whose request names none, in milliseconds: past the five seconds a gateway waits for keys.
const DELAY_MS: u32 = 10_000;

/// Why no key could be made.
#[derive(Debug, Error)]
pub(super) enum NewKeyError {
    /// The thread that makes it ended early.
    #[error("the key generator stopped")]
    Stopped(#[source] JoinError),
    /// No key came out.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
}

/// Why the key that a request names cannot sign.
#[derive(Debug, Error)]
pub(super) enum ChooseError {
    /// It does not exist.
    #[error(transparent)]
    Ring(#[from] KeyRingError),
    /// It cannot be made.
    #[error(transparent)]
    New(#[from] NewKeyError),
}

/// Who the stand-in says it is: what a user copies into a configuration.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identity {
    pub(super) url: String,
    pub(super) issuer: String,
    pub(super) publishable_key: String,
    pub(super) secret_key: String,
    pub(super) key_set_url: String,
    pub(super) backend_key_set_url: String,
    pub(super) kid: String,
    pub(super) webhook_secret: String,
}

/// What is wrong with the key set's endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum OutageMode {
    /// Nothing.
    None,
    /// The connection closes without an answer.
    Down,
    /// The answer comes late.
    Slow,
    /// The answer is 200 and a page of HTML.
    Rubbish,
    /// The answer is 500.
    Error,
    /// The answer is a set of no keys.
    Empty,
}

/// An outage, as asked for and shown over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outage {
    pub(super) mode: OutageMode,
    /// How late an answer comes when `mode` is slow; no other mode waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u32>,
}

/// Everything behind the stand-in's endpoints.
pub(super) struct StandIn {
    url: String,
    issuer: String,
    publishable_key: String,
    key_set_url: String,
    secret_key: String,
    webhook_secret: SigningSecret,
    keys: Mutex<KeyRing>,
    unpublished: OnceCell<Arc<SigningKey>>,
    outage: Mutex<Outage>,
    requests: AtomicU64,
}

impl Outage {
    /// How late an answer comes, in milliseconds.
    pub(super) fn delay_ms(self) -> u32 {
        self.delay_ms.unwrap_or(DELAY_MS)
    }
}

impl StandIn {
    /// The stand-in for the development instance at `host`, which is `127.0.0.1` and a port.
    pub(super) fn new(
        host: &str,
        secret_key: String,
        webhook_secret: SigningSecret,
        key: Arc<SigningKey>,
    ) -> Result<Self, PublishableKeyError> {
        let publishable_key = publishable_key(InstanceKind::Development, host);
        let instance = Instance::from_publishable_key(&publishable_key)?;
        Ok(Self {
            url: instance.frontend_api().to_owned(),
            issuer: instance.issuer(),
            publishable_key,
            key_set_url: instance.key_set_url(),
            secret_key,
            webhook_secret,
            keys: Mutex::new(KeyRing::new(key)),
            unpublished: OnceCell::new(),
            outage: Mutex::new(Outage { mode: OutageMode::None, delay_ms: None }),
            requests: AtomicU64::new(0),
        })
    }

    /// Who it says it is, with the kid that signs now.
    pub(super) fn identity(&self) -> Identity {
        Identity {
            url: self.url.clone(),
            issuer: self.issuer.clone(),
            publishable_key: self.publishable_key.clone(),
            secret_key: self.secret_key.clone(),
            key_set_url: self.key_set_url.clone(),
            backend_key_set_url: format!("{}/v1/jwks", self.url),
            kid: self.keys().current().kid.clone(),
            webhook_secret: self.webhook_secret.text().to_owned(),
        }
    }

    /// The `iss` of its tokens.
    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether an `Authorization` header holds the secret key. That key is on show at `/stand-in`, so nothing is lost by
    /// a comparison that ends early.
    pub(super) fn is_authorized(&self, header: Option<&[u8]>) -> bool {
        header.and_then(|value| value.strip_prefix(b"Bearer ")) == Some(self.secret_key.as_bytes())
    }

    /// What its webhooks are signed with.
    pub(super) fn webhook_secret(&self) -> &SigningSecret {
        &self.webhook_secret
    }

    /// The keys.
    pub(super) fn keys(&self) -> MutexGuard<'_, KeyRing> {
        lock(&self.keys)
    }

    /// The key that a request names, with the kid that goes into its header.
    pub(super) async fn choose(&self, choice: KeyChoice) -> Result<NamedKey, ChooseError> {
        match choice {
            KeyChoice::Current => Ok(self.keys().current().clone()),
            KeyChoice::Previous => Ok(self.keys().previous()?.clone()),
            KeyChoice::Unpublished => {
                let key = Arc::clone(self.unpublished.get_or_try_init(new_key).await?);
                Ok(NamedKey { kid: self.keys().current().kid.clone(), key })
            }
        }
    }

    /// The outage.
    pub(super) fn outage(&self) -> Outage {
        *lock(&self.outage)
    }

    /// Begins or ends an outage.
    pub(super) fn set_outage(&self, outage: Outage) {
        *lock(&self.outage) = outage;
    }

    /// How often a key set was asked for.
    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Counts one request for a key set.
    pub(super) fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts from nought again.
    pub(super) fn reset_requests(&self) {
        self.requests.store(0, Ordering::Relaxed);
    }
}

/// Makes a key on a thread of its own: it takes long enough for every other request to be late.
pub(super) async fn new_key() -> Result<Arc<SigningKey>, NewKeyError> {
    Ok(Arc::new(spawn_blocking(SigningKey::generate).await.map_err(NewKeyError::Stopped)??))
}

/// No statement under a lock can leave half a change behind, so a poisoned lock guards a good value.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
