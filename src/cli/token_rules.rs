//! Which tokens count, told by options and the environment: what `verify` and `explain` share.
//!
//! The names of the environment are the gateway's. An instance that is named by an option takes the place of the one that
//! the environment names.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat};
use clap::Args;
use serde_json::{Value, json};
use thiserror::Error;

use super::wrangler::{Secrets, WranglerError};
use crate::config::{Environment, Mistake, TokenConfig};
use crate::instance::{InstanceKind, is_trusted_address, publishable_key};
use crate::keys::{KeySet, KeySetError, KeySource};
use crate::limits::{KEY_SET_BYTES, TOKEN_BYTES};
use crate::time::UnixTime;

/// What tokens must meet.
#[derive(Debug, Args)]
#[group(id = "rules", multiple = true)]
#[command(next_help_heading = "Tokens that count")]
pub(super) struct RuleArgs {
    /// Publishable key of the instance that issues them [default: CLERK_PUBLISHABLE_KEY]
    #[arg(long, value_name = "KEY")]
    pub(super) publishable_key: Option<String>,
    /// iss that they have, where no publishable key tells it [default: CLERK_ISSUER]
    #[arg(long, value_name = "URL")]
    pub(super) issuer: Option<String>,
    /// Origin that they may be made for, azp (repeatable)
    #[arg(long = "authorized-party", value_name = "ORIGIN")]
    pub(super) authorized_parties: Vec<String>,
    /// Audience of which aud must name one (repeatable)
    #[arg(long, value_name = "TEXT")]
    pub(super) audience: Vec<String>,
    /// By how much clocks may differ [default: 5]
    #[arg(long, value_name = "SECONDS")]
    pub(super) clock_skew: Option<u32>,
}

/// Why it cannot be said which tokens count, or what they are checked with.
#[derive(Debug, Error)]
pub(super) enum RuleError {
    /// Every mistake in options and environment.
    #[error("cannot tell which tokens count: {}", told(.0))]
    Mistakes(Vec<Mistake>),
    /// A file of secrets.
    #[error(transparent)]
    Secrets(#[from] WranglerError),
    /// A file of keys.
    #[error("cannot read {}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// Its content.
    #[error("cannot use the key set {}", path.display())]
    KeySet { path: PathBuf, source: KeySetError },
    /// Standard input.
    #[error("cannot read the token from standard input")]
    Token(#[source] io::Error),
}

fn told(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl RuleError {
    pub(super) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Mistakes(_) => Some("name the instance with --publishable-key or CLERK_PUBLISHABLE_KEY"),
            Self::KeySet { .. } => Some("expected a document such as an issuer's /.well-known/jwks.json"),
            Self::Secrets(_) | Self::File { .. } | Self::Token(_) => None,
        }
    }
}

impl RuleArgs {
    /// The rules, and where keys come from.
    pub(super) fn read(&self, jwks: Option<&JwksSource>, secrets: &Secrets) -> Result<TokenConfig, RuleError> {
        let options = json!({
            "authorized_parties": self.authorized_parties,
            "audience": self.audience,
            "clock_skew_seconds": self.clock_skew.unwrap_or(5),
        });
        let environment = Told { rules: self, secrets };
        let mut tokens = TokenConfig::read(&environment, &options, "options").map_err(RuleError::Mistakes)?;
        if let Some(jwks) = jwks {
            tokens.keys = jwks.read()?;
        }
        Ok(tokens)
    }
}

/// Options before files, and files before the environment.
struct Told<'a> {
    rules: &'a RuleArgs,
    secrets: &'a Secrets,
}

impl Told<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        let file = self.secrets.get(name).map(str::to_owned);
        file.or_else(|| std::env::var(name).ok()).filter(|value| !value.is_empty())
    }
}

impl Environment for Told<'_> {
    fn text(&self, name: &str) -> Option<String> {
        let RuleArgs { publishable_key, issuer, .. } = self.rules;
        match (name, publishable_key, issuer) {
            ("CLERK_PUBLISHABLE_KEY", Some(key), _) => Some(key.clone()),
            ("CLERK_PUBLISHABLE_KEY", None, Some(issuer)) => Some(key_of(issuer)),
            ("CLERK_ISSUER", _, Some(issuer)) => Some(issuer.clone()),
            ("CLERK_PUBLISHABLE_KEY", None, None) => {
                self.variable(name).or_else(|| self.variable("CLERK_ISSUER").map(|issuer| key_of(&issuer)))
            }
            ("CLERK_ISSUER" | "CLERK_PROXY_URL" | "CLERK_DOMAIN", Some(_), None) => None,
            _ => self.variable(name),
        }
    }

    fn json(&self, _name: &str) -> Option<Value> {
        None
    }

    fn has_service(&self, _name: &str) -> bool {
        false
    }
}

/// The publishable key of an issuer: its Frontend API, which has the key set, is at the same address.
fn key_of(issuer: &str) -> String {
    let host = issuer.split_once("://").map_or(issuer, |(_, host)| host);
    let is_development = issuer.starts_with("http://") || host.ends_with(".clerk.accounts.dev");
    publishable_key(if is_development { InstanceKind::Development } else { InstanceKind::Production }, host)
}

/// A key set: a file, or an address.
#[derive(Debug, Clone)]
pub(super) enum JwksSource {
    /// A document on this machine.
    File(PathBuf),
    /// One that is fetched.
    Url(String),
}

impl JwksSource {
    /// Reads `FILE|URL`.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if !text.contains("://") {
            return Ok(Self::File(text.into()));
        }
        let expected = "expected a file or an https address; http is for this machine alone";
        if is_trusted_address(text) { Ok(Self::Url(text.to_owned())) } else { Err(expected) }
    }

    /// The keys, or where they will be fetched from.
    pub(super) fn read(&self) -> Result<KeySource, RuleError> {
        let path = match self {
            Self::Url(url) => return Ok(KeySource::KeySet { url: url.clone(), bearer: None }),
            Self::File(path) => path,
        };
        let text =
            read_bounded(path, KEY_SET_BYTES).map_err(|source| RuleError::File { path: path.clone(), source })?;
        let set = KeySet::parse(&text).map_err(|source| RuleError::KeySet { path: path.clone(), source })?;
        Ok(KeySource::GivenSet(set))
    }
}

/// Reads one byte more than the limit, so that a longer document is seen to be too long.
fn read_bounded(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    read_to(fs::File::open(path)?, limit)
}

fn read_to(source: impl io::Read, limit: usize) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    source.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The variables of files; none without a file.
pub(super) fn secrets_of(files: &[PathBuf]) -> Result<Secrets, RuleError> {
    if files.is_empty() {
        return Ok(Secrets::default());
    }
    Ok(Secrets::read(Path::new("."), None, files)?)
}

/// A token that was given; for `-` that of standard input, and for `@FILE` that of a file. From there it comes into no
/// history of a shell and no list of processes.
pub(super) fn read_token(given: &str) -> Result<String, RuleError> {
    // Enough for one that is too long to be seen as such, with white space around it.
    const LIMIT: usize = 2 * TOKEN_BYTES;
    let text = match given.strip_prefix('@') {
        Some(path) => {
            let bytes = read_bounded(Path::new(path), LIMIT);
            bytes.map_err(|source| RuleError::File { path: path.into(), source })?
        }
        None if given == "-" => read_to(io::stdin().lock(), LIMIT).map_err(RuleError::Token)?,
        None => given.as_bytes().to_vec(),
    };
    Ok(String::from_utf8_lossy(&text).trim().to_owned())
}

/// A moment as RFC 3339 or in seconds since 1970.
pub(super) fn moment(text: &str) -> Result<UnixTime, &'static str> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(UnixTime::from_seconds(seconds));
    }
    let moment =
        DateTime::parse_from_rfc3339(text).map_err(|_| "expected 2026-01-31T12:00:00Z or seconds since 1970")?;
    Ok(UnixTime::from_seconds(moment.timestamp()))
}

/// A moment as RFC 3339, where it is one of a calendar.
pub(super) fn date(seconds: i64) -> Option<String> {
    let moment = DateTime::from_timestamp_secs(seconds)?;
    Some(moment.to_rfc3339_opts(SecondsFormat::Secs, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_date_or_a_number() {
        assert_eq!(moment("1750000000"), Ok(UnixTime::from_seconds(1_750_000_000)));
        assert_eq!(moment("2025-06-15T15:06:40Z"), Ok(UnixTime::from_seconds(1_750_000_000)));
        assert_eq!(moment("2025-06-15T17:06:40+02:00"), Ok(UnixTime::from_seconds(1_750_000_000)));
        for bad in ["", "now", "2025-06-15", "1.5"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_set_is_a_file_or_a_trusted_address() {
        assert!(matches!(JwksSource::parse("keys/jwks.json"), Ok(JwksSource::File(_))));
        assert!(matches!(JwksSource::parse("https://clerk.example.com/x"), Ok(JwksSource::Url(_))));
        assert!(matches!(JwksSource::parse("http://127.0.0.1:1/x"), Ok(JwksSource::Url(_))));
        for bad in ["http://clerk.example.com/x", "file:///etc/x", "https://user@clerk.example.com"] {
            assert!(JwksSource::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_key_set_of_an_issuer_is_at_its_own_address() {
        use crate::instance::Instance;
        for (issuer, url) in [
            ("https://clerk.example.com", "https://clerk.example.com/.well-known/jwks.json"),
            ("https://happy-cat-1.clerk.accounts.dev", "https://happy-cat-1.clerk.accounts.dev/.well-known/jwks.json"),
            ("http://127.0.0.1:8788", "http://127.0.0.1:8788/.well-known/jwks.json"),
        ] {
            let instance = Instance::from_publishable_key(&key_of(issuer)).unwrap();
            assert_eq!((instance.issuer().as_str(), instance.key_set_url().as_str()), (issuer, url));
        }
    }
}
