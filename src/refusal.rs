//! Every way to say no: one closed list of codes, each with its status, its public text and its challenge.
//!
//! The codes are stable and are metric labels too. Public text holds nothing of the request, of its token or of the
//! caller's rights (RFC 9457 section 5). What is the caller's fault and what is ours are different types, so that an
//! outage is never told as a bad token.

use serde::Serialize;

use crate::assertion::AssertionError;
use crate::authorization::{Reverification, Unmet};
use crate::credentials::CredentialsError;
use crate::json::to_text;
use crate::method::MethodSet;
use crate::token::TokenError;
use crate::verifier::VerifyError;
use crate::webhook::WebhookError;

/// A request that is not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The caller's to mend: 4xx.
    Theirs(Fault),
    /// Ours or an origin's to mend: 5xx.
    Ours(Outage),
}

/// What is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // Each is its code in words; the table of codes is `details`.
pub enum Fault {
    CredentialsMissing,
    CredentialsMalformed,
    CredentialsAmbiguous,
    TokenInvalid,
    TokenInvalidAlgorithm,
    TokenTypeMismatch,
    JwkKidMismatch,
    TokenInvalidSignature,
    TokenInvalidIssuer,
    TokenInvalidAudience,
    TokenInvalidAuthorizedParties,
    TokenInvalidSubject,
    TokenExpired,
    TokenNotActiveYet,
    TokenIatInTheFuture,
    SessionPending,
    InsufficientRole,
    InsufficientPermission,
    InsufficientFeature,
    InsufficientPlan,
    InsufficientClaim,
    ReverificationRequired(Reverification),
    CrossSiteRequest,
    OriginNotAllowed,
    PathInvalid,
    RouteNotFound,
    MethodNotAllowed(MethodSet),
    BodyNotAllowed,
    UpgradeNotAllowed,
    RateLimited { retry_after: u32 },
    WebhookHeadersMissing,
    WebhookSignatureInvalid,
    WebhookTimestampOutOfRange,
    WebhookBodyTooLarge,
}

/// What is wrong on this side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // As above.
pub enum Outage {
    KeysUnavailable { retry_after: u32 },
    ConfigurationInvalid,
    OriginUnreachable,
    OriginTimeout,
    HandlerFailed,
}

/// One row of the table: code, status, title, and the challenge's `error` where there is a challenge.
struct Details {
    code: &'static str,
    status: u16,
    title: &'static str,
    challenge: Challenge,
}

#[derive(Clone, Copy)]
enum Challenge {
    /// No `WWW-Authenticate`.
    None,
    /// The realm alone: the request had no credentials (RFC 6750 section 3.1).
    Realm,
    /// An `error` of RFC 6750 section 3.1.
    Error(&'static str),
}

const INVALID_TOKEN: Challenge = Challenge::Error("invalid_token");
const INSUFFICIENT_SCOPE: Challenge = Challenge::Error("insufficient_scope");

const fn row(code: &'static str, status: u16, challenge: Challenge, title: &'static str) -> Details {
    Details { code, status, title, challenge }
}

impl Fault {
    const fn details(self) -> Details {
        match self {
            Self::CredentialsMissing => row("credentials-missing", 401, Challenge::Realm, "A bearer token is needed"),
            Self::CredentialsMalformed => {
                row("credentials-malformed", 401, INVALID_TOKEN, "The Authorization header is not a bearer token")
            }
            Self::CredentialsAmbiguous => row(
                "credentials-ambiguous",
                400,
                Challenge::Error("invalid_request"),
                "There is more than one Authorization value",
            ),
            Self::TokenInvalid => row("token-invalid", 401, INVALID_TOKEN, "The token is malformed"),
            Self::TokenInvalidAlgorithm => {
                row("token-invalid-algorithm", 401, INVALID_TOKEN, "The token's algorithm is not accepted")
            }
            Self::TokenTypeMismatch => {
                row("token-type-mismatch", 401, INVALID_TOKEN, "The token is not a session token")
            }
            Self::JwkKidMismatch => row("jwk-kid-mismatch", 401, INVALID_TOKEN, "The token's key is not known"),
            Self::TokenInvalidSignature => {
                row("token-invalid-signature", 401, INVALID_TOKEN, "The token's signature is not valid")
            }
            Self::TokenInvalidIssuer => {
                row("token-invalid-issuer", 401, INVALID_TOKEN, "The token's issuer is not accepted")
            }
            Self::TokenInvalidAudience => {
                row("token-invalid-audience", 401, INVALID_TOKEN, "The token is for another audience")
            }
            Self::TokenInvalidAuthorizedParties => {
                row("token-invalid-authorized-parties", 401, INVALID_TOKEN, "The token is for another origin")
            }
            Self::TokenInvalidSubject => {
                row("token-invalid-subject", 401, INVALID_TOKEN, "The token's subject is not a user")
            }
            Self::TokenExpired => row("token-expired", 401, INVALID_TOKEN, "The token has expired"),
            Self::TokenNotActiveYet => row("token-not-active-yet", 401, INVALID_TOKEN, "The token is not active yet"),
            Self::TokenIatInTheFuture => {
                row("token-iat-in-the-future", 401, INVALID_TOKEN, "The token was issued in the future")
            }
            Self::SessionPending => row("session-pending", 401, INVALID_TOKEN, "The session has tasks to complete"),
            Self::InsufficientRole => row("insufficient-role", 403, INSUFFICIENT_SCOPE, "A role is missing"),
            Self::InsufficientPermission => {
                row("insufficient-permission", 403, INSUFFICIENT_SCOPE, "A permission is missing")
            }
            Self::InsufficientFeature => row("insufficient-feature", 403, INSUFFICIENT_SCOPE, "A feature is missing"),
            Self::InsufficientPlan => row("insufficient-plan", 403, INSUFFICIENT_SCOPE, "A plan is missing"),
            Self::InsufficientClaim => row("insufficient-claim", 403, INSUFFICIENT_SCOPE, "A claim is missing"),
            Self::ReverificationRequired(_) => {
                row("reverification-required", 403, INSUFFICIENT_SCOPE, "The session must be verified again")
            }
            Self::CrossSiteRequest => {
                row("cross-site-request", 403, Challenge::None, "A cookie is not accepted from another site")
            }
            Self::OriginNotAllowed => row("origin-not-allowed", 403, Challenge::None, "The origin is not allowed here"),
            Self::PathInvalid => row("path-invalid", 400, Challenge::None, "The path is not accepted"),
            Self::RouteNotFound => row("route-not-found", 404, Challenge::None, "There is nothing here"),
            Self::MethodNotAllowed(_) => {
                row("method-not-allowed", 405, Challenge::None, "The method is not allowed here")
            }
            Self::UpgradeNotAllowed => {
                row("upgrade-not-allowed", 400, Challenge::None, "The connection cannot be upgraded to this")
            }
            Self::RateLimited { .. } => row("rate-limited", 429, Challenge::None, "There were too many requests"),
            Self::BodyNotAllowed => {
                row("body-not-allowed", 400, Challenge::None, "A request of this method has no body")
            }
            Self::WebhookHeadersMissing => {
                row("webhook-headers-missing", 400, Challenge::None, "A webhook header is missing or malformed")
            }
            Self::WebhookSignatureInvalid => {
                row("webhook-signature-invalid", 400, Challenge::None, "The webhook's signature is not valid")
            }
            Self::WebhookTimestampOutOfRange => row(
                "webhook-timestamp-out-of-range",
                400,
                Challenge::None,
                "The webhook's timestamp is too far from now",
            ),
            Self::WebhookBodyTooLarge => {
                row("webhook-body-too-large", 413, Challenge::None, "The webhook's body is too large")
            }
        }
    }
}

impl Outage {
    const fn details(self) -> Details {
        match self {
            Self::KeysUnavailable { .. } => {
                row("keys-unavailable", 503, Challenge::None, "The signing keys cannot be had at the moment")
            }
            Self::ConfigurationInvalid => {
                row("configuration-invalid", 503, Challenge::None, "The gateway is not configured")
            }
            Self::OriginUnreachable => row("origin-unreachable", 502, Challenge::None, "The origin cannot be reached"),
            Self::OriginTimeout => row("origin-timeout", 504, Challenge::None, "The origin did not answer in time"),
            Self::HandlerFailed => row("handler-failed", 502, Challenge::None, "The handler did not answer"),
        }
    }
}

impl Refusal {
    /// One of each, for whoever checks the list against something.
    #[must_use]
    pub fn examples() -> Vec<Self> {
        use Fault::*;
        let reverification =
            Reverification { level: crate::authorization::FactorLevel::SecondFactor, after_minutes: 10 };
        let theirs = [
            CredentialsMissing,
            CredentialsMalformed,
            CredentialsAmbiguous,
            TokenInvalid,
            TokenInvalidAlgorithm,
            TokenTypeMismatch,
            JwkKidMismatch,
            TokenInvalidSignature,
            TokenInvalidIssuer,
            TokenInvalidAudience,
            TokenInvalidAuthorizedParties,
            TokenInvalidSubject,
            TokenExpired,
            TokenNotActiveYet,
            TokenIatInTheFuture,
            SessionPending,
            InsufficientRole,
            InsufficientPermission,
            InsufficientFeature,
            InsufficientPlan,
            InsufficientClaim,
            ReverificationRequired(reverification),
            CrossSiteRequest,
            OriginNotAllowed,
            PathInvalid,
            RouteNotFound,
            MethodNotAllowed(MethodSet::ALL),
            BodyNotAllowed,
            UpgradeNotAllowed,
            RateLimited { retry_after: 60 },
            WebhookHeadersMissing,
            WebhookSignatureInvalid,
            WebhookTimestampOutOfRange,
            WebhookBodyTooLarge,
        ];
        let ours = [
            Outage::KeysUnavailable { retry_after: 30 },
            Outage::ConfigurationInvalid,
            Outage::OriginUnreachable,
            Outage::OriginTimeout,
            Outage::HandlerFailed,
        ];
        theirs.into_iter().map(Self::Theirs).chain(ours.into_iter().map(Self::Ours)).collect()
    }

    const fn details(self) -> Details {
        match self {
            Self::Theirs(fault) => fault.details(),
            Self::Ours(outage) => outage.details(),
        }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.details().code
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.details().status
    }

    /// What it says to the caller.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.details().title
    }

    /// The headers that go with it, `X-Request-Id` aside.
    #[must_use]
    pub fn headers(self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("content-type", "application/problem+json".to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("vary", "Authorization, Cookie, Origin".to_owned()),
        ];
        let details = self.details();
        match details.challenge {
            Challenge::None => {}
            Challenge::Realm => headers.push(("www-authenticate", "Bearer realm=\"clerk-edge\"".to_owned())),
            Challenge::Error(error) => headers.push((
                "www-authenticate",
                format!("Bearer realm=\"clerk-edge\", error=\"{error}\", error_description=\"{}\"", details.title),
            )),
        }
        match self {
            Self::Theirs(Fault::MethodNotAllowed(allowed)) => headers.push(("allow", allowed.allow())),
            Self::Theirs(Fault::RateLimited { retry_after }) | Self::Ours(Outage::KeysUnavailable { retry_after }) => {
                headers.push(("retry-after", retry_after.to_string()))
            }
            Self::Theirs(_) | Self::Ours(_) => {}
        }
        headers
    }

    /// The body: a problem of RFC 9457.
    #[must_use]
    pub fn body(self, request_id: &str) -> String {
        let details = self.details();
        let asked = match self {
            Self::Theirs(Fault::ReverificationRequired(asked)) => Some(ClerkError::new(asked)),
            Self::Theirs(_) | Self::Ours(_) => None,
        };
        to_text(&Problem {
            clerk_error: asked,
            code: details.code,
            request_id,
            status: details.status,
            title: details.title,
            problem_type: &format!("urn:clerk-edge:problem:{}", details.code),
        })
    }
}

/// A problem (RFC 9457 section 3).
#[derive(Serialize)]
struct Problem<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    clerk_error: Option<ClerkError>,
    code: &'a str,
    #[serde(rename = "requestId")]
    request_id: &'a str,
    status: u16,
    title: &'a str,
    #[serde(rename = "type")]
    problem_type: &'a str,
}

/// The shape that Clerk's `useReverification()` reacts to.
#[derive(Serialize)]
struct ClerkError {
    metadata: ClerkErrorMetadata,
    reason: &'static str,
    #[serde(rename = "type")]
    error_type: &'static str,
}

#[derive(Serialize)]
struct ClerkErrorMetadata {
    reverification: AskedReverification,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AskedReverification {
    after_minutes: u32,
    level: &'static str,
}

impl ClerkError {
    fn new(asked: Reverification) -> Self {
        let reverification = AskedReverification { after_minutes: asked.after_minutes, level: asked.level.name() };
        let metadata = ClerkErrorMetadata { reverification };
        Self { metadata, reason: "reverification-error", error_type: "forbidden" }
    }
}

impl From<CredentialsError> for Refusal {
    fn from(error: CredentialsError) -> Self {
        Self::Theirs(match error {
            CredentialsError::Malformed => Fault::CredentialsMalformed,
            CredentialsError::Ambiguous => Fault::CredentialsAmbiguous,
        })
    }
}

impl From<VerifyError> for Refusal {
    fn from(error: VerifyError) -> Self {
        Self::Theirs(match error {
            VerifyError::Token(TokenError::Malformed) => Fault::TokenInvalid,
            VerifyError::Token(TokenError::Algorithm) => Fault::TokenInvalidAlgorithm,
            VerifyError::Token(TokenError::Type) => Fault::TokenTypeMismatch,
            VerifyError::KeyId => Fault::JwkKidMismatch,
            VerifyError::Signature => Fault::TokenInvalidSignature,
            VerifyError::Issuer => Fault::TokenInvalidIssuer,
            VerifyError::Audience => Fault::TokenInvalidAudience,
            VerifyError::AuthorizedParty => Fault::TokenInvalidAuthorizedParties,
            VerifyError::Subject => Fault::TokenInvalidSubject,
            VerifyError::Expired => Fault::TokenExpired,
            VerifyError::NotActiveYet => Fault::TokenNotActiveYet,
            VerifyError::IssuedInTheFuture => Fault::TokenIatInTheFuture,
            VerifyError::SessionPending => Fault::SessionPending,
            VerifyError::KeysUnavailable { retry_after } => return Self::Ours(Outage::KeysUnavailable { retry_after }),
        })
    }
}

impl From<AssertionError> for Refusal {
    fn from(error: AssertionError) -> Self {
        Self::Theirs(match error {
            AssertionError::Token(TokenError::Malformed) => Fault::TokenInvalid,
            AssertionError::Token(TokenError::Algorithm) => Fault::TokenInvalidAlgorithm,
            AssertionError::Token(TokenError::Type) | AssertionError::Sender => Fault::TokenTypeMismatch,
            AssertionError::KeyId => Fault::JwkKidMismatch,
            AssertionError::Signature => Fault::TokenInvalidSignature,
            AssertionError::Issuer => Fault::TokenInvalidIssuer,
            AssertionError::Audience | AssertionError::Request => Fault::TokenInvalidAudience,
            AssertionError::Expired => Fault::TokenExpired,
            AssertionError::NotActiveYet => Fault::TokenNotActiveYet,
            AssertionError::IssuedInTheFuture => Fault::TokenIatInTheFuture,
            AssertionError::Anonymous => Fault::CredentialsMissing,
            AssertionError::KeysUnavailable { retry_after } => {
                return Self::Ours(Outage::KeysUnavailable { retry_after });
            }
        })
    }
}

impl From<Unmet> for Refusal {
    fn from(unmet: Unmet) -> Self {
        Self::Theirs(match unmet {
            Unmet::Role => Fault::InsufficientRole,
            Unmet::Permission => Fault::InsufficientPermission,
            Unmet::Feature => Fault::InsufficientFeature,
            Unmet::Plan => Fault::InsufficientPlan,
            Unmet::Claim => Fault::InsufficientClaim,
            Unmet::Reverification(asked) => Fault::ReverificationRequired(asked),
        })
    }
}

impl From<WebhookError> for Refusal {
    fn from(error: WebhookError) -> Self {
        Self::Theirs(match error {
            WebhookError::Headers => Fault::WebhookHeadersMissing,
            WebhookError::Timestamp => Fault::WebhookTimestampOutOfRange,
            WebhookError::BodyTooLarge => Fault::WebhookBodyTooLarge,
            WebhookError::Signature => Fault::WebhookSignatureInvalid,
        })
    }
}
