//! Sockets and streams beyond their first token: whose they are, when they end, and what a fresh token must meet.
//!
//! A client may send a fresh token as a message of its socket. It is verified as the first one was, and must be of the
//! same user, session and organisation, since that is what the origin was told when the socket was opened.

use std::rc::Rc;

use serde_json::{Value, json};

use super::Gateway;
use crate::authorization::Requirement;
use crate::claims::{Organization, Session};
use crate::config::Route;
use crate::json::parse_object;
use crate::lifetime::Lifetime;
use crate::limits::TOKEN_MESSAGE_BYTES;
use crate::ports::Host;
use crate::refusal::{Fault, Outage, Refusal};
use crate::time::UnixTime;

/// The `type` of the messages that are between a client and the gateway.
pub const TOKEN_MESSAGE: &str = "clerk-edge.token";

/// Whose socket it is.
#[derive(Debug, Clone)]
pub struct Holder {
    session: Rc<Session>,
    require: Option<Requirement>,
    same_origin: bool,
}

/// Why a socket does not go on with the token that its client sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenewalError {
    /// The token is not accepted, or not for this route.
    Refused(Refusal),
    /// It is another user's, session's or organisation's.
    SessionChanged,
    /// Whether it is good cannot be known at the moment, which says nothing about it.
    Unavailable {
        /// When to try again, in seconds.
        retry_after: u32,
    },
}

impl RenewalError {
    /// Why the socket is closed, in one stable word; the code where it is a refusal.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::SessionChanged => "session-changed",
            Self::Unavailable { retry_after } => Refusal::Ours(Outage::KeysUnavailable { retry_after }).code(),
        }
    }
}

impl Holder {
    pub(super) fn new(session: &Rc<Session>, require: Option<Requirement>, same_origin: bool) -> Self {
        Self { session: Rc::clone(session), require, same_origin }
    }

    fn is_held_by(&self, other: &Session) -> bool {
        let organization = |session: &Session| session.organization.as_ref().map(|Organization { id, .. }| id.clone());
        let own = self.session.as_ref();
        own.user_id == other.user_id && own.session_id == other.session_id && organization(own) == organization(other)
    }
}

impl<H: Host> Gateway<H> {
    /// How long a socket of this holder may stay open.
    #[must_use]
    pub fn lifetime(&self, holder: &Holder) -> Lifetime {
        Lifetime::new(holder.session.expires_at, self.config.stream_grace_seconds)
    }

    /// When an event stream of this route and session ends; `None` where it does not end with a token.
    #[must_use]
    pub fn stream_end(&self, route: &Route, session: Option<&Session>) -> Option<UnixTime> {
        let session = session.filter(|_| !route.streams.outlives_token)?;
        Some(Lifetime::new(session.expires_at, self.config.stream_grace_seconds).until())
    }

    /// Checks a fresh token, and says when it expires.
    ///
    /// # Errors
    /// When the socket cannot go on with it, or when that cannot be known.
    pub async fn renew(&self, holder: &Holder, token: &str, now: UnixTime) -> Result<UnixTime, RenewalError> {
        let verified = self.verifier().verify(token, holder.same_origin, now).await;
        let session = verified.map_err(|error| RenewalError::from(Refusal::from(error)))?.session;
        if !holder.is_held_by(&session) {
            return Err(RenewalError::SessionChanged);
        }
        if let Some(requirement) = &holder.require {
            requirement.check(&session).map_err(|unmet| RenewalError::Refused(unmet.into()))?;
        }
        Ok(session.expires_at)
    }
}

impl From<Refusal> for RenewalError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Ours(Outage::KeysUnavailable { retry_after }) => Self::Unavailable { retry_after },
            Refusal::Ours(_) | Refusal::Theirs(_) => Self::Refused(refusal),
        }
    }
}

/// The token in a client's text message, when it is a message to the gateway: a JSON object of this `type`. All else is
/// the origin's. So is what is longer than such a message can be.
///
/// # Errors
/// When it is to the gateway and holds no token.
pub fn token_of_message(text: &str) -> Result<Option<String>, RenewalError> {
    if text.len() > TOKEN_MESSAGE_BYTES || !text.contains(TOKEN_MESSAGE) {
        return Ok(None);
    }
    let Some(mut message) = parse_object(text.as_bytes()).ok() else {
        return Ok(None);
    };
    if message.get("type").and_then(Value::as_str) != Some(TOKEN_MESSAGE) {
        return Ok(None);
    }
    match message.remove("token") {
        Some(Value::String(token)) => Ok(Some(token)),
        _ => Err(RenewalError::Refused(Refusal::Theirs(Fault::TokenInvalid))),
    }
}

/// What a client is told whose token was accepted.
#[must_use]
pub fn renewed(expires_at: UnixTime) -> String {
    json!({"type": TOKEN_MESSAGE, "expiresAt": expires_at.seconds()}).to_string()
}

/// What a client is told whose token could not be verified: the socket goes on as before, and ends when it would have.
#[must_use]
pub fn not_renewed(error: RenewalError, retry_after: u32) -> String {
    json!({"type": TOKEN_MESSAGE, "code": error.code(), "retryAfter": retry_after}).to_string()
}
