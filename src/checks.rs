//! The checks that a token goes through, in their one order, and how somebody watches them being made.
//!
//! What explains a decision must not make it a second time by rules of its own. So it watches the one that is made: the
//! verifier says which check it comes to, and the last that it came to is the one that failed. Where nobody watches, the
//! watching compiles to nothing.

use std::cell::Cell;

/// A check of a token. The order is the verifier's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Three canonical base64url parts, the first of them a JSON object; not too long; no opaque token.
    Form,
    /// No `crit`.
    Critical,
    /// `typ`.
    Type,
    /// `alg`.
    Algorithm,
    /// `cat`.
    Category,
    /// A key for `kid`.
    Key,
    /// The signature.
    Signature,
    /// The claims are a JSON object.
    Claims,
    /// `sub`.
    Subject,
    /// `iss`.
    Issuer,
    /// `aud`.
    Audience,
    /// `sid`, and every claim that this verifier reads of the kind that it should be.
    Session,
    /// `azp`.
    AuthorizedParty,
    /// `exp`.
    Expiry,
    /// `nbf`.
    NotBefore,
    /// `iat`.
    IssuedAt,
    /// `sts`.
    Status,
}

impl Check {
    /// Every one, in order.
    pub const ALL: [Self; 17] = [
        Self::Form,
        Self::Critical,
        Self::Type,
        Self::Algorithm,
        Self::Category,
        Self::Key,
        Self::Signature,
        Self::Claims,
        Self::Subject,
        Self::Issuer,
        Self::Audience,
        Self::Session,
        Self::AuthorizedParty,
        Self::Expiry,
        Self::NotBefore,
        Self::IssuedAt,
        Self::Status,
    ];

    /// The name in explanations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Critical => "crit",
            Self::Type => "typ",
            Self::Algorithm => "alg",
            Self::Category => "cat",
            Self::Key => "kid",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Subject => "sub",
            Self::Issuer => "iss",
            Self::Audience => "aud",
            Self::Session => "sid",
            Self::AuthorizedParty => "azp",
            Self::Expiry => "exp",
            Self::NotBefore => "nbf",
            Self::IssuedAt => "iat",
            Self::Status => "sts",
        }
    }

    /// The codes of the refusals that a token may get at this check.
    #[must_use]
    pub const fn codes(self) -> &'static [&'static str] {
        match self {
            Self::Critical | Self::Claims => &["token-invalid"],
            Self::Form | Self::Type | Self::Category | Self::Session => &["token-invalid", "token-type-mismatch"],
            Self::Algorithm => &["token-invalid-algorithm"],
            Self::Key => &["token-invalid", "jwk-kid-mismatch", "keys-unavailable"],
            Self::Signature => &["token-invalid-signature", "jwk-kid-mismatch", "keys-unavailable"],
            Self::Subject => &["token-type-mismatch", "token-invalid-subject"],
            Self::Issuer => &["token-invalid-issuer"],
            Self::Audience => &["token-invalid-audience"],
            Self::AuthorizedParty => &["token-invalid-authorized-parties"],
            Self::Expiry => &["token-expired"],
            Self::NotBefore => &["token-not-active-yet"],
            Self::IssuedAt => &["token-iat-in-the-future"],
            Self::Status => &["session-pending"],
        }
    }
}

/// Watches a decision being made. It is told and never asked, so it changes nothing; `()` watches nothing.
pub trait Watch {
    /// The verifier comes to a check.
    fn comes_to(&self, _check: Check) {}
}

impl Watch for () {}

/// Keeps the check that a verifier came to last.
#[derive(Debug, Default)]
pub struct Reached(Cell<Option<Check>>);

impl Watch for Reached {
    fn comes_to(&self, check: Check) {
        self.0.set(Some(check));
    }
}

impl Reached {
    /// The last check that was come to, if a token was looked at.
    #[must_use]
    pub fn last(&self) -> Option<Check> {
        self.0.get()
    }

    /// What became of each check. With `failed`, the last one reached is the one that refused the token.
    pub fn outcomes(&self, failed: bool) -> impl Iterator<Item = (Check, Outcome)> {
        let last = self.last();
        Check::ALL.into_iter().map(move |check| {
            let outcome = match last {
                Some(last) if check < last || check == last && !failed => Outcome::Passed,
                Some(last) if check == last => Outcome::Failed,
                Some(_) | None => Outcome::NotReached,
            };
            (check, outcome)
        })
    }
}

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The token met it.
    Passed,
    /// The token did not.
    Failed,
    /// Another check failed before.
    NotReached,
}
