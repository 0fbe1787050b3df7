//! A gateway that decides on requests nobody sent, by the Worker's own code and with tokens of a key that is thrown away.
//!
//! It is the configuration's gateway in everything but its keys: those are of a key made here, so that a token can be
//! signed without any secret, and no network is needed.

use serde_json::json;
use thiserror::Error;

use super::session_token::{TokenError, TokenRequest};
use super::signing_key::{SigningKey, SigningKeyError};
use crate::algorithm::Algorithm;
use crate::config::{Config, Target};
use crate::gateway::{Decision, Forward, Gateway, Serve, Verdict};
use crate::head::Head;
use crate::keys::{KeySet, KeySource};
use crate::platform::native::Offline;
use crate::refusal::Refusal;
use crate::time::UnixTime;
use crate::verifier::TokenPolicy;

/// The `kid` of the key that is thrown away.
const KEY_ID: &str = "ins_Rehearsal";

/// The host that requests are sent to, unless they name another.
pub(super) const HOST: &str = "https://gateway.example";

/// Why nothing can be rehearsed.
#[derive(Debug, Error)]
pub(super) enum RehearsalError {
    /// No key to sign with.
    #[error("cannot make a key to sign tokens with")]
    Key(#[from] SigningKeyError),
    /// A key that its own reader does not take.
    #[error("cannot publish the key that signs tokens")]
    KeySet,
    /// Nothing to wait in.
    #[error("cannot start deciding")]
    Runtime(#[source] std::io::Error),
}

/// A key for as long as the command runs.
#[derive(Debug)]
pub(super) struct ThrowawayKey {
    signing: SigningKey,
    set: KeySet,
}

/// A gateway to ask.
pub(super) struct Rehearsal {
    gateway: Gateway<Offline>,
    cookie_suffix: Option<String>,
    runtime: tokio::runtime::Runtime,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is sent on.
    Sent(Sent),
    /// It is answered by a handler of the Worker.
    Served { handler: String },
    /// A preflight is answered.
    Preflight,
    /// A webhook's body is checked, and sent on when it is signed.
    Webhook(Sent),
    /// It is refused.
    Refused { status: u16, code: &'static str },
}

/// Where a request is sent, and with which headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    /// `https://host`, `zone` or `service:NAME`.
    pub(super) target: String,
    /// The whole address.
    pub(super) url: String,
    /// The headers, ours among them.
    pub(super) headers: Vec<(String, String)>,
}

impl ThrowawayKey {
    /// A new key.
    pub(super) fn generate() -> Result<Self, RehearsalError> {
        let signing = SigningKey::generate()?;
        let document = json!({"keys": [signing.public_jwk(KEY_ID)]}).to_string();
        let set = KeySet::parse(document.as_bytes()).map_err(|_| RehearsalError::KeySet)?;
        Ok(Self { signing, set })
    }

    /// A token under the key's own name.
    pub(super) fn sign(&self, request: &TokenRequest, issuer: &str, now: UnixTime) -> Result<String, TokenError> {
        request.sign(&self.signing, KEY_ID, issuer, now)
    }
}

impl Rehearsal {
    /// The gateway of a configuration, whose tokens are those of `key`.
    pub(super) fn new(mut config: Config, key: &ThrowawayKey) -> Result<Self, RehearsalError> {
        config.tokens.keys = KeySource::GivenSet(key.set.clone());
        config.tokens.policy.algorithms = vec![Algorithm::Rs256];
        let cookie_suffix = config.tokens.instance.as_ref().map(|instance| instance.cookie_suffix().to_owned());
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(RehearsalError::Runtime)?;
        Ok(Self { gateway: Gateway::new(config, Offline), cookie_suffix, runtime })
    }

    /// What tokens must meet.
    pub(super) fn policy(&self) -> &TokenPolicy {
        self.gateway.verifier().policy()
    }

    /// The cookies of a front end of this instance, with a token and since when there is a session.
    pub(super) fn cookies(&self, token: &str, now: UnixTime) -> String {
        match &self.cookie_suffix {
            Some(suffix) => format!("__client_uat_{suffix}={}; __session_{suffix}={token}", now.seconds()),
            None => format!("__session={token}"),
        }
    }

    /// Whether a token is taken, whatever the route.
    pub(super) fn verify(&self, token: &str, same_origin: bool, now: UnixTime) -> Result<(), Refusal> {
        let verified = self.runtime.block_on(self.gateway.verifier().verify(token, same_origin, now));
        verified.map(|_| ()).map_err(Refusal::from)
    }

    /// What becomes of a request, and the pattern of the route that it came to.
    pub(super) fn decide(&self, head: &Head, now: UnixTime) -> (Outcome, Option<String>) {
        let decision = self.runtime.block_on(self.gateway.decide(head, "rehearsal", now));
        (Outcome::of(&decision), decision.route.map(|route| route.pattern.as_str().to_owned()))
    }
}

impl Outcome {
    fn of(decision: &Decision<'_>) -> Self {
        match &decision.verdict {
            Verdict::Forward(forward) => Self::Sent(Sent::of(forward)),
            Verdict::Upgrade(upgrade) => Self::Sent(Sent::of(&upgrade.forward)),
            Verdict::Deliver(delivery) => Self::Sent(Sent::of(&delivery.forward)),
            Verdict::Webhook(webhook) => Self::Webhook(Sent::of(webhook.forward())),
            Verdict::Preflight(_) => Self::Preflight,
            Verdict::Serve(Serve { handler, .. }) => Self::Served { handler: (*handler).to_owned() },
            Verdict::AssertionKeys(_) => Self::Served { handler: "assertion keys".to_owned() },
            Verdict::Repeat => Self::Served { handler: "repeated webhook".to_owned() },
            Verdict::Refuse(refusal) => Self::refused(*refusal),
        }
    }

    /// Whether the request gets past the gateway.
    pub(super) fn is_let_in(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }

    fn refused(refusal: Refusal) -> Self {
        Self::Refused { status: refusal.status(), code: refusal.code() }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sent(sent) => write!(formatter, "forward to {sent}"),
            Self::Served { handler } => write!(formatter, "serve {handler}"),
            Self::Preflight => write!(formatter, "answer the preflight"),
            Self::Webhook(sent) => write!(formatter, "check the webhook for {sent}"),
            Self::Refused { status, code } => write!(formatter, "{status} {code}"),
        }
    }
}

impl Sent {
    fn of(forward: &Forward<'_>) -> Self {
        let target = match &forward.route.target {
            Target::Origin(origin) => origin.base.clone(),
            Target::Zone => "zone".to_owned(),
            Target::Service(name) => format!("service:{name}"),
            Target::Serve(name) => name.clone(),
        };
        Self { target, url: forward.url.clone(), headers: forward.headers.clone() }
    }

    /// Path and query at the target.
    pub(super) fn path(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        rest.find('/').map_or("/", |index| &rest[index..])
    }

    /// The value of a header; the last one counts, which is this gateway's own.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().rev().find(|(held, _)| held.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Display for Sent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}{}", self.target, self.path())
    }
}

/// The token with a signature of the right form that is not its own: that of before, backwards.
pub(super) fn forge(token: &str) -> String {
    match token.rsplit_once('.') {
        // The first character becomes the last, of which canonical base64 keeps only some; A is one of them.
        Some((message, signature)) => {
            let turned: String = signature.chars().rev().skip(1).chain(['A']).collect();
            format!("{message}.{turned}")
        }
        None => token.to_owned(),
    }
}
