//! The origin's side of an assertion: whether this gateway's key signed it, for this origin, for this request, just now.
//!
//! It is as strict as a session token's check, and in the same order: form, `typ`, `alg`, key, signature, and only then
//! the claims. An assertion that says nobody is signed in, or that Clerk is the sender, is good as well; so what it is
//! worth depends on what was asked for, and unless something else is asked for that is a session.

use std::rc::Rc;

use thiserror::Error;

use super::{ISSUER, TOKEN_TYPE};
use crate::algorithm::Algorithm;
use crate::claims::{Session, SignedClaims};
use crate::json::{Members, Read};
use crate::keys::{Found, KeyError, KeySource, Keys};
use crate::limits::ASSERTION_SKEW_SECONDS;
use crate::ports::Host;
use crate::time::UnixTime;
use crate::token::{TokenError, UntrustedToken};

/// Whom a request must come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sender {
    /// A signed-in user.
    #[default]
    Session,
    /// Anyone but a webhook: a user, or nobody that is known.
    Anyone,
    /// Clerk, by a webhook's signature.
    Webhook,
}

/// The request that an assertion must be for.
#[derive(Debug, Clone, Copy)]
pub struct AssertedRequest<'a> {
    /// Its method, compared exactly.
    pub method: &'a str,
    /// Its address as the gateway sent it, compared exactly, but for its query.
    pub url: &'a str,
}

/// What a good assertion says.
#[derive(Debug, Clone, PartialEq)]
pub struct Asserted {
    /// The session; `None` for an anonymous request and for a webhook.
    pub session: Option<Rc<Session>>,
    /// The id of the webhook, where Clerk is the sender.
    pub webhook: Option<String>,
    /// The id of the request at the gateway (`jti`).
    pub request_id: String,
}

/// Why an assertion is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AssertionError {
    /// Not an assertion in form, `typ` or algorithm, or with claims of the wrong kind.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// No key of the gateway has its `kid`.
    #[error("no key of the gateway has its kid")]
    KeyId,
    /// The signature is not the key's.
    #[error("the signature is not the key's")]
    Signature,
    /// `iss` is not the gateway.
    #[error("issued by another")]
    Issuer,
    /// `aud` is another origin.
    #[error("made for another origin")]
    Audience,
    /// `exp` has passed.
    #[error("expired")]
    Expired,
    /// `nbf` has not come.
    #[error("not active yet")]
    NotActiveYet,
    /// `iat` has not come.
    #[error("issued in the future")]
    IssuedInTheFuture,
    /// `htm` or `htu` is of another request.
    #[error("made for another request")]
    Request,
    /// Nobody is signed in, where a session is asked for.
    #[error("nobody is signed in")]
    Anonymous,
    /// A webhook's where a caller's is asked for, or the other way round.
    #[error("of another kind of sender")]
    Sender,
    /// No key set can be had, so nothing can be said of the assertion.
    #[error("no key set can be had")]
    KeysUnavailable {
        /// When to try again, in seconds.
        retry_after: u32,
    },
}

/// Verifies what one gateway asserts to one origin.
pub struct AssertionVerifier<H: Host> {
    host: H,
    audience: String,
    keys: Keys<H>,
}

impl<H: Host> AssertionVerifier<H> {
    /// For an origin that is `https://host:port`, or `service:BINDING`, in the gateway's routes.
    #[must_use]
    pub fn new(host: H, audience: impl Into<String>, source: KeySource) -> Self {
        // Several gateways may share a store, where each has its keys under its own address.
        let name = if let KeySource::KeySet { url, .. } = &source { url.clone() } else { ISSUER.to_owned() };
        Self { host, audience: audience.into(), keys: Keys::new(name, source) }
    }

    /// Verifies an assertion at the time `now`, for the request if one is given.
    ///
    /// # Errors
    /// The first check that fails; [`AssertionError::KeysUnavailable`] when that cannot be known.
    pub async fn verify(
        &self,
        text: &str,
        request: Option<AssertedRequest<'_>>,
        sender: Sender,
        now: UnixTime,
    ) -> Result<Asserted, AssertionError> {
        let token = UntrustedToken::parse_of_type(text, TOKEN_TYPE, &[Algorithm::EdDsa])?;
        self.check_signature(&token, now).await?;
        let claims = token.claims_of_good_signature()?;
        self.check_issuer_and_audience(&claims.members)?;
        check_times(&claims.members, now)?;
        check_request(&claims.members, request)?;
        let request_id =
            claims.members.text("jti").filter(|id| !id.is_empty()).ok_or(TokenError::Malformed)?.to_owned();
        let (session, webhook) = said_of_sender(&claims)?;
        match (sender, &session, &webhook) {
            (Sender::Session | Sender::Anyone, Some(_), None)
            | (Sender::Anyone, None, None)
            | (Sender::Webhook, None, Some(_)) => Ok(Asserted { session, webhook, request_id }),
            (Sender::Session, None, None) => Err(AssertionError::Anonymous),
            _ => Err(AssertionError::Sender),
        }
    }

    /// Whether [`AssertionVerifier::settle`] has work to do after a request.
    pub fn is_unsettled(&self) -> bool {
        self.keys.is_unsettled()
    }

    /// Does what fell due, beside the request.
    pub async fn settle(&self, now: UnixTime) {
        self.keys.settle(&self.host, now).await;
    }

    /// The gateway names a key by its thumbprint, so a bad signature is never another key of the same name.
    async fn check_signature(&self, token: &UntrustedToken<'_>, now: UnixTime) -> Result<(), AssertionError> {
        let Found { key, .. } = self.keys.find(&self.host, token.key_id(), token.algorithm(), now).await?;
        let check = self.host.check(&key, token.algorithm(), token.signing_input(), token.signature());
        let is_good = check.await.map_err(|_| AssertionError::KeysUnavailable { retry_after: 1 })?;
        if is_good { Ok(()) } else { Err(AssertionError::Signature) }
    }

    fn check_issuer_and_audience(&self, claims: &Members<'_>) -> Result<(), AssertionError> {
        if claims.text("iss") != Some(ISSUER) {
            return Err(AssertionError::Issuer);
        }
        // The gateway names one origin; a list of several would be somebody else's idea.
        if claims.text("aud") == Some(&self.audience) { Ok(()) } else { Err(AssertionError::Audience) }
    }
}

fn check_times(claims: &Members<'_>, now: UnixTime) -> Result<(), AssertionError> {
    let (latest, earliest) = (now.plus(ASSERTION_SKEW_SECONDS), now.minus(ASSERTION_SKEW_SECONDS));
    if time_of(claims, "exp")?.ok_or(TokenError::Malformed)? <= earliest {
        return Err(AssertionError::Expired);
    }
    if time_of(claims, "nbf")?.is_some_and(|not_before| not_before > latest) {
        return Err(AssertionError::NotActiveYet);
    }
    if time_of(claims, "iat")?.ok_or(TokenError::Malformed)? > latest {
        return Err(AssertionError::IssuedInTheFuture);
    }
    Ok(())
}

/// Both must be there, whether they are compared or not.
fn check_request(claims: &Members<'_>, request: Option<AssertedRequest<'_>>) -> Result<(), AssertionError> {
    let (Some(method), Some(url)) = (claims.text("htm"), claims.text("htu")) else {
        return Err(TokenError::Malformed.into());
    };
    let is_it = |request: AssertedRequest<'_>| {
        request.method == method && request.url.split(['?', '#']).next().is_some_and(|asked| asked == url)
    };
    if request.is_none_or(is_it) { Ok(()) } else { Err(AssertionError::Request) }
}

/// The session or the webhook. The claims of a session have the names of a session token's first version.
fn said_of_sender(claims: &SignedClaims<'_>) -> Result<(Option<Rc<Session>>, Option<String>), TokenError> {
    let is_session = ["sub", "sid"].iter().any(|name| claims.members.get(name).is_some());
    let Some(webhook) = claims.members.get("webhook") else {
        let session =
            is_session.then(|| Session::from_claims(claims)).transpose().map_err(|_| TokenError::Malformed)?;
        return Ok((session.map(Rc::new), None));
    };
    let id = webhook.as_object().and_then(|webhook| webhook.text("id")).filter(|id| !id.is_empty() && !is_session);
    Ok((None, Some(id.ok_or(TokenError::Malformed)?.to_owned())))
}

/// A `NumericDate` where it is there at all.
fn time_of(claims: &Members<'_>, name: &str) -> Result<Option<UnixTime>, TokenError> {
    match claims.get(name) {
        None => Ok(None),
        Some(Read::Number(number)) => UnixTime::from_numeric_date(number).map(Some).ok_or(TokenError::Malformed),
        Some(_) => Err(TokenError::Malformed),
    }
}

impl From<KeyError> for AssertionError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Unknown => Self::KeyId,
            KeyError::Unavailable { retry_after } => Self::KeysUnavailable { retry_after },
        }
    }
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
