//! Keys, tokens and the memory of verified tokens: the one entry every skin calls.
//!
//! The signature is checked before any claim is read, and claims in a fixed order: subject, issuer, audience,
//! authorized party, `exp`, `nbf`, `iat`, status. What was verified once is remembered by the token's whole text;
//! times and the authorized party are checked again on every use, and other keys empty the memory.

use std::cell::RefCell;
use std::rc::Rc;

use thiserror::Error;

use crate::algorithm::Algorithm;
use crate::apart::apart;
use crate::checks::{Check, Watch};
use crate::claims::{ClaimsError, Session};
use crate::json::{Members, Read};
use crate::keys::{Found, KeyError, KeyOrigin, KeySource, Keys};
use crate::ports::{Host, HostError};
use crate::time::UnixTime;
use crate::token::{TokenError, UntrustedToken};

mod parties;
mod remembered;

pub use parties::{MissingAzp, OriginPattern, OriginPatternError};
use remembered::Remembered;

/// What a token must meet beside its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPolicy {
    /// The `iss` that every token must have.
    pub issuer: String,
    /// The algorithms that count; RS256 alone by default.
    pub algorithms: Vec<Algorithm>,
    /// The origins that a token may have been made for (`azp`); any when empty.
    pub authorized_parties: Vec<OriginPattern>,
    /// What a missing `azp` means when `authorized_parties` are given.
    pub missing_azp: MissingAzp,
    /// The audiences of which `aud` must name one; not looked at when empty.
    pub audience: Vec<String>,
    /// By how much clocks may differ, in seconds.
    pub clock_skew_seconds: u32,
}

impl TokenPolicy {
    /// The policy of an instance's own session tokens, and nothing more.
    #[must_use]
    pub fn for_issuer(issuer: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            algorithms: vec![Algorithm::Rs256],
            authorized_parties: Vec::new(),
            missing_azp: MissingAzp::SameOrigin,
            audience: Vec::new(),
            clock_skew_seconds: 5,
        }
    }
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// Not a session token in form, algorithm or class.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// No key of the issuer has its `kid`.
    #[error("no key of the issuer has its kid")]
    KeyId,
    /// The signature is not the key's.
    #[error("the signature is not the key's")]
    Signature,
    /// `iss` is missing or another.
    #[error("issued by another instance")]
    Issuer,
    /// `aud` is missing or names none that is configured.
    #[error("made for another audience")]
    Audience,
    /// `azp` is missing or none that is configured.
    #[error("made for another origin")]
    AuthorizedParty,
    /// `sub` is not a user's id.
    #[error("its subject is not a user")]
    Subject,
    /// `exp` has passed.
    #[error("expired")]
    Expired,
    /// `nbf` has not come.
    #[error("not active yet")]
    NotActiveYet,
    /// `iat` has not come.
    #[error("issued in the future")]
    IssuedInTheFuture,
    /// The session has tasks to do first.
    #[error("the session is pending")]
    SessionPending,
    /// No key set can be had, so nothing can be said of the token.
    #[error("no key set can be had")]
    KeysUnavailable {
        /// When to try again, in seconds.
        retry_after: u32,
    },
}

/// A session, and how it was come by.
#[derive(Debug, Clone)]
pub struct Verified {
    /// What the token says.
    pub session: Rc<Session>,
    /// Where the key came from.
    pub key_origin: KeyOrigin,
    /// Whether the token was verified before.
    pub remembered: bool,
}

/// Verifies the tokens of one instance.
pub struct Verifier<H: Host> {
    host: H,
    policy: TokenPolicy,
    keys: Keys<H>,
    remembered: RefCell<Remembered>,
}

impl<H: Host> Verifier<H> {
    /// A verifier that has seen no token and holds no key.
    #[must_use]
    pub fn new(host: H, policy: TokenPolicy, source: KeySource) -> Self {
        let keys = Keys::new(policy.issuer.clone(), source);
        Self { host, policy, keys, remembered: RefCell::default() }
    }

    /// Where it runs, for what else is asked of that.
    pub(crate) fn host(&self) -> &H {
        &self.host
    }

    /// What tokens must meet.
    pub fn policy(&self) -> &TokenPolicy {
        &self.policy
    }

    /// Verifies a token at the time `now`. `same_origin` says whether the request proves that it comes from the
    /// application's own origin, which a missing `azp` may need.
    ///
    /// # Errors
    /// The first check that fails; [`VerifyError::KeysUnavailable`] when that cannot be known.
    pub fn verify(
        &self,
        text: &str,
        same_origin: bool,
        now: UnixTime,
    ) -> impl Future<Output = Result<Verified, VerifyError>> {
        self.verify_watched(text, same_origin, now, &())
    }

    /// The same, and says which check it comes to. A token that was verified before is checked in part, so whoever wants
    /// to see all of them asks a verifier that has seen no token.
    ///
    /// # Errors
    /// As above.
    pub async fn verify_watched(
        &self,
        text: &str,
        same_origin: bool,
        now: UnixTime,
        watch: &dyn Watch,
    ) -> Result<Verified, VerifyError> {
        if let Some(session) = self.recall(text, now) {
            self.check_use(&session, same_origin, now, watch)?;
            return Ok(Verified { session, key_origin: KeyOrigin::Memory, remembered: true });
        }
        let token = UntrustedToken::parse_watched(text, &self.policy.algorithms, watch)?;
        let Found { origin: key_origin, generation, .. } = self.check_signature(&token, now, watch).await?;
        watch.comes_to(Check::Claims);
        let claims = token.claims_of_good_signature()?;
        self.check_issuer_and_audience(&claims.members, watch)?;
        watch.comes_to(Check::Session);
        let session = Rc::new(Session::from_claims(&claims)?);
        self.check_use(&session, same_origin, now, watch)?;
        if generation == self.keys.generation() {
            self.remembered.borrow_mut().insert(text, &session, generation);
        }
        Ok(Verified { session, key_origin, remembered: false })
    }

    /// Whether [`Verifier::settle`] has work to do after a request.
    pub fn is_unsettled(&self) -> bool {
        self.keys.is_unsettled()
    }

    /// Does what fell due, beside the request.
    pub async fn settle(&self, now: UnixTime) {
        self.keys.settle(&self.host, now).await;
    }

    /// Fetches the keys and keeps the store fresh: for a cron trigger.
    ///
    /// # Errors
    /// When no key set can be had.
    pub async fn refresh_keys(&self, now: UnixTime) -> Result<(), HostError> {
        self.keys.refresh_store(&self.host, now).await
    }

    fn recall(&self, text: &str, now: UnixTime) -> Option<Rc<Session>> {
        if !self.keys.are_usable(now) {
            return None;
        }
        self.remembered.borrow_mut().find(text, self.keys.generation())
    }

    /// The key that signed a token.
    async fn check_signature(
        &self,
        token: &UntrustedToken<'_>,
        now: UnixTime,
        watch: &dyn Watch,
    ) -> Result<Found<H::Key>, VerifyError> {
        let (key_id, algorithm) = (token.key_id(), token.algorithm());
        let found = self.keys.find(&self.host, key_id, algorithm, now).await?;
        watch.comes_to(Check::Signature);
        if self.is_signed_by(&found, token).await? {
            return Ok(found);
        }
        // Clerk's `kid` may stay the same over a rotation, so a bad signature may mean that the key is an old one.
        let other = match apart(self.keys.find_other(&self.host, key_id, algorithm, now)).await {
            Err(KeyError::Unknown) => return Err(VerifyError::Signature),
            other => other?,
        };
        if self.is_signed_by(&other, token).await? { Ok(other) } else { Err(VerifyError::Signature) }
    }

    async fn is_signed_by(&self, found: &Found<H::Key>, token: &UntrustedToken<'_>) -> Result<bool, VerifyError> {
        let check = self.host.check(&found.key, token.algorithm(), token.signing_input(), token.signature());
        check.await.map_err(|_| VerifyError::KeysUnavailable { retry_after: 1 })
    }

    fn check_issuer_and_audience(&self, claims: &Members<'_>, watch: &dyn Watch) -> Result<(), VerifyError> {
        watch.comes_to(Check::Subject);
        check_subject(claims)?;
        watch.comes_to(Check::Issuer);
        if claims.text("iss") != Some(&self.policy.issuer) {
            return Err(VerifyError::Issuer);
        }
        watch.comes_to(Check::Audience);
        if self.policy.audience.is_empty() || names_one_of(claims.get("aud"), &self.policy.audience) {
            Ok(())
        } else {
            Err(VerifyError::Audience)
        }
    }

    /// What holds at one moment and for one request, and so is checked on every use.
    fn check_use(
        &self,
        session: &Session,
        same_origin: bool,
        now: UnixTime,
        watch: &dyn Watch,
    ) -> Result<(), VerifyError> {
        watch.comes_to(Check::AuthorizedParty);
        let TokenPolicy { authorized_parties, missing_azp, clock_skew_seconds: skew, .. } = &self.policy;
        if !parties::is_authorized(session.authorized_party.as_deref(), authorized_parties, *missing_azp, same_origin) {
            return Err(VerifyError::AuthorizedParty);
        }
        watch.comes_to(Check::Expiry);
        if session.expires_at <= now.minus(*skew) {
            return Err(VerifyError::Expired);
        }
        watch.comes_to(Check::NotBefore);
        if session.not_before.is_some_and(|not_before| not_before > now.plus(*skew)) {
            return Err(VerifyError::NotActiveYet);
        }
        watch.comes_to(Check::IssuedAt);
        if session.issued_at.is_some_and(|issued_at| issued_at > now.plus(*skew)) {
            return Err(VerifyError::IssuedInTheFuture);
        }
        watch.comes_to(Check::Status);
        if session.pending { Err(VerifyError::SessionPending) } else { Ok(()) }
    }
}

/// The subject comes first: a machine's token is of another class whatever else it says.
fn check_subject(claims: &Members<'_>) -> Result<(), VerifyError> {
    match claims.text("sub") {
        Some(subject) if subject.starts_with("mch_") => Err(VerifyError::Token(TokenError::Type)),
        Some(subject) if subject.len() > "user_".len() && subject.starts_with("user_") => Ok(()),
        _ => Err(VerifyError::Subject),
    }
}

/// Whether `aud`, text or a list of texts alone (RFC 7519 section 4.1.3), names one of `audiences`.
fn names_one_of(aud: Option<&Read<'_>>, audiences: &[String]) -> bool {
    let is_ours =
        |value: &Read<'_>| value.as_text().is_some_and(|text| audiences.iter().any(|audience| audience == text));
    match aud {
        Some(Read::List(values)) => values.iter().all(|value| value.as_text().is_some()) && values.iter().any(is_ours),
        Some(value) => is_ours(value),
        None => false,
    }
}

impl From<KeyError> for VerifyError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Unknown => Self::KeyId,
            KeyError::Unavailable { retry_after } => Self::KeysUnavailable { retry_after },
        }
    }
}

impl From<ClaimsError> for VerifyError {
    fn from(error: ClaimsError) -> Self {
        match error {
            ClaimsError::Malformed => Self::Token(TokenError::Malformed),
            ClaimsError::Type => Self::Token(TokenError::Type),
            ClaimsError::Subject => Self::Subject,
        }
    }
}
