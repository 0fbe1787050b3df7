//! Why a run does not come to a verdict.

use std::io;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use thiserror::Error;

use super::http::{CaFileError, TargetError, TlsError};
use crate::cli::signing_key::SigningKeyError;

/// Why a run does not come to a verdict.
#[derive(Debug, Error)]
pub(in crate::cli) enum TestError {
    #[error("cannot read {}", path.display())]
    ConfigFile { path: PathBuf, source: io::Error },
    #[error("cannot use {}: line {line}: {reason}", path.display())]
    Config { path: PathBuf, line: usize, reason: String },
    #[error("expected {name} from {} to {}, got {got}", range.start(), range.end())]
    Range { name: &'static str, range: RangeInclusive<i64>, got: i64 },
    #[error("expected a path that begins with /, got {0:?}")]
    Path(String),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("cannot trust {}", path.display())]
    CaFile { path: PathBuf, source: CaFileError },
    #[error("expected the number or the name of a check, got {0:?}")]
    UnknownCheck(String),
    #[error("no check is left to run")]
    NoChecks,
    #[error("nothing was checked: every check was skipped")]
    NothingChecked,
    #[error("nothing answers at {url}: {reason}")]
    NothingAnswers { url: String, reason: String },
    #[error("no secure connection to {url}: {reason}")]
    NotSecure { url: String, reason: TlsError },
    #[error("there is no {0} in the environment")]
    NoVariable(String),
    #[error("cannot read a token from stdin")]
    Stdin(#[source] io::Error),
    #[error("expected one token from stdin, not {0}")]
    StdinTwice(u8),
    #[error("expected a token, without Bearer before it and in one piece")]
    NotAToken,
    #[error("expected an origin, such as https://app.example.com, got {0:?}")]
    Origin(String),
    #[error("the secret key is a live one, and tests are for development instances")]
    LiveKey,
    #[error("expected a secret key that begins with sk_test_")]
    SecretKey,
    #[error("expected https or an address on this machine in CLERK_API_URL, got {0:?}")]
    ClerkApi(String),
    #[error("Clerk's Backend API did not do what was asked: {0}")]
    Clerk(String),
    #[error("the stand-in did not do what was asked: {0}")]
    StandIn(String),
    #[error("cannot make a key to forge with")]
    Key(#[from] SigningKeyError),
    #[error("cannot listen for callbacks")]
    Listener(#[source] io::Error),
    #[error("cannot use the webhook secret: {0}")]
    WebhookSecret(String),
    #[error("cannot write the report: {0}")]
    Report(String),
}

impl TestError {
    /// Whether it is in how the run was asked for, or in that there is nothing to test.
    pub(in crate::cli) const fn is_usage(&self) -> bool {
        !matches!(self, Self::Clerk(_) | Self::StandIn(_) | Self::Key(_) | Self::Listener(_) | Self::Report(_))
    }

    pub(in crate::cli) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Target(TargetError::NotAllowed(_)) => Some("allow it by its very name with --allow-host"),
            Self::NothingAnswers { .. } => Some("start the API first"),
            Self::NotSecure { reason: TlsError::Untrusted, .. } => {
                Some("name the certificate of its authority with --ca-file")
            }
            Self::NotSecure { reason: TlsError::Authority, .. } => {
                Some("mkcert makes an authority, and certificates that it signs")
            }
            Self::NotSecure { reason: TlsError::WrongName, .. } => {
                Some("use the name in the URL that the certificate has")
            }
            Self::UnknownCheck(_) => Some("--list prints them"),
            Self::NothingChecked => Some("the report says what each one lacks"),
            Self::LiveKey | Self::SecretKey => Some("put the one of a development instance into CLERK_SECRET_KEY"),
            Self::StandIn(_) => Some("start one with `clerk-edge issuer`"),
            Self::ConfigFile { .. }
            | Self::Config { .. }
            | Self::Range { .. }
            | Self::Path(_)
            | Self::Target(TargetError::Url(_) | TargetError::Credentials)
            | Self::CaFile { .. }
            | Self::NotSecure { .. }
            | Self::NoChecks
            | Self::NoVariable(_)
            | Self::Stdin(_)
            | Self::StdinTwice(_)
            | Self::NotAToken
            | Self::Origin(_)
            | Self::ClerkApi(_)
            | Self::Clerk(_)
            | Self::Key(_)
            | Self::Listener(_)
            | Self::WebhookSecret(_)
            | Self::Report(_) => None,
        }
    }
}
