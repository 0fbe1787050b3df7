//! `clerk-edge mint`: one token on stdout.
//!
//! From a running stand-in, or signed with a key file where nothing runs, as in a test of an origin by itself.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::session_token::{Category, KeyChoice, Organization, Status, TokenRequest, Version};
use super::signing_key::SigningKey;
use super::{CliError, print_result};
use crate::instance::is_trusted_address;
use crate::platform::native::{agent, now};

/// Longest wait for the stand-in, in seconds: it may have to make a key first, and an unoptimised build is slow at it.
const TIMEOUT_SECONDS: u64 = 60;

/// Longest answer of the stand-in that is read, in bytes: a token that no gateway would take any more is still printed.
const BODY_BYTES: u64 = 1024 * 1024;

/// What `clerk-edge mint` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  An administrator's token from the stand-in that `clerk-edge issuer` runs:
    $ clerk-edge mint --user user_1 --org org_1 --role admin --permission invoices:read
  A call with a token that ran out a minute ago:
    $ curl -H \"Authorization: Bearer $(clerk-edge mint --expires-in -60)\" http://127.0.0.1:8787/
  A token signed here, with a claim of your own:
    $ clerk-edge mint --key-file private.pem --kid ins_1 --issuer https://clerk.example.com --claim 'tier=\"gold\"'")]
pub(super) struct MintArgs {
    /// Stand-in to ask, on this machine
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8788", value_parser = loopback_url)]
    issuer_url: String,
    /// Private RSA key to sign with instead, as PEM (PKCS#8 or PKCS#1)
    #[arg(long, value_name = "FILE", requires_all = ["kid", "issuer"], conflicts_with_all = ["issuer_url", "key"])]
    key_file: Option<PathBuf>,
    /// kid of the key file
    #[arg(long, requires = "key_file")]
    kid: Option<String>,
    /// iss of a token signed with the key file
    #[arg(long, value_name = "URL", requires = "key_file")]
    issuer: Option<String>,
    #[command(flatten)]
    token: TokenArgs,
}

/// What the token says.
#[derive(Debug, Args)]
#[command(next_help_heading = "Token", allow_negative_numbers = true)]
struct TokenArgs {
    /// sub
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// sid
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Active organization; any option about it makes it active
    #[arg(long, value_name = "ID")]
    org: Option<String>,
    /// Its slug
    #[arg(long, value_name = "SLUG")]
    org_slug: Option<String>,
    /// The user's role in it [default: member]
    #[arg(long)]
    role: Option<String>,
    /// Permission in it, as feature:permission (repeatable)
    #[arg(long = "permission", value_name = "PERMISSION")]
    permissions: Vec<String>,
    /// Plan: name, o:name or u:name
    #[arg(long)]
    plan: Option<String>,
    /// Feature: name, o:name, u:name or ou:name (repeatable)
    #[arg(long = "feature", value_name = "FEATURE")]
    features: Vec<String>,
    /// azp, the origin that asked for the token
    #[arg(long, value_name = "ORIGIN")]
    azp: Option<String>,
    /// Who acts as the user: act.sub
    #[arg(long, value_name = "ID")]
    actor: Option<String>,
    /// iat, in seconds since 1970 [default: now]
    #[arg(long, value_name = "SECONDS")]
    issued_at: Option<i64>,
    /// Life after iat; a negative one has run out [default: 60]
    #[arg(long, value_name = "SECONDS")]
    expires_in: Option<i64>,
    /// sts
    #[arg(long, value_enum, default_value_t)]
    status: Status,
    /// cat, which tells kinds of token apart
    #[arg(long, value_enum, default_value_t)]
    category: Category,
    /// Layout of the claims: 1 or 2
    #[arg(long, value_name = "NUMBER", default_value = "2", value_parser = version)]
    token_version: Version,
    /// Which of the stand-in's keys signs
    #[arg(long, value_enum, default_value_t)]
    key: KeyChoice,
    /// Claim to set, or to leave out with null (repeatable)
    #[arg(long = "claim", value_name = "NAME=JSON", value_parser = member)]
    claims: Vec<(String, Value)>,
    /// Header member to set, or to leave out with null (repeatable)
    #[arg(long = "header", value_name = "NAME=JSON", value_parser = member)]
    headers: Vec<(String, Value)>,
}

/// Why the stand-in did not do it.
#[derive(Deserialize)]
struct Complaint {
    error: String,
}

/// Prints one token.
pub(super) fn run(args: MintArgs) -> Result<(), CliError> {
    let MintArgs { issuer_url, key_file, kid, issuer, token } = args;
    let request = TokenRequest::from(token);
    let token = match (key_file, kid, issuer) {
        (Some(path), Some(kid), Some(issuer)) => request.sign(&read_key(path)?, &kid, &issuer, now())?,
        _ => ask(&issuer_url, &request)?,
    };
    print_result(&token)
}

fn read_key(path: PathBuf) -> Result<SigningKey, CliError> {
    match std::fs::read_to_string(&path) {
        Ok(pem) => Ok(SigningKey::from_pem(&pem)?),
        Err(source) => Err(CliError::KeyFile { path, source }),
    }
}

/// Asks the stand-in at `url`, and only it.
fn ask(url: &str, request: &TokenRequest) -> Result<String, CliError> {
    let unreachable = |source| CliError::Unreachable { url: url.to_owned(), source: Box::new(source) };
    let mut response =
        agent(url, TIMEOUT_SECONDS).post(format!("{url}/stand-in/tokens")).send_json(request).map_err(unreachable)?;
    let body = response.body_mut().with_config().limit(BODY_BYTES).read_to_string().map_err(unreachable)?;
    if response.status().is_success() && body.split('.').count() == 3 && !body.contains(char::is_whitespace) {
        return Ok(body);
    }
    match serde_json::from_str(&body) {
        Ok(Complaint { error }) => Err(CliError::Refused(error)),
        Err(_) => Err(CliError::NotStandIn(url.to_owned())),
    }
}

impl From<TokenArgs> for TokenRequest {
    fn from(args: TokenArgs) -> Self {
        let organization =
            Organization { id: args.org, slug: args.org_slug, role: args.role, permissions: args.permissions };
        Self {
            claims: args.claims.into_iter().collect(),
            header: args.headers.into_iter().collect(),
            lifetime_seconds: args.expires_in,
            issued_at: args.issued_at,
            key: args.key,
            category: args.category,
            version: args.token_version,
            user: args.user,
            session: args.session,
            authorized_party: args.azp,
            organization: (organization != Organization::default()).then_some(organization),
            plan: args.plan,
            features: args.features,
            status: args.status,
            actor: args.actor.map(|id| Map::from_iter([("sub".to_owned(), Value::String(id))])),
        }
    }
}

/// A token can be had by anyone who reaches the stand-in, so one that is not on this machine is a mistake. Plain http is
/// trusted on this machine alone, which makes that the test.
pub(super) fn loopback_url(text: &str) -> Result<String, &'static str> {
    if text.starts_with("http://") && is_trusted_address(text) {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err("expected the address of a stand-in on this machine, such as http://127.0.0.1:8788")
    }
}

fn version(text: &str) -> Result<Version, String> {
    let number: u64 = text.parse().map_err(|_| "expected 1 or 2".to_owned())?;
    Version::try_from(number).map_err(|error| error.to_string())
}

fn member(text: &str) -> Result<(String, Value), String> {
    let example = "expected NAME=JSON, such as 'tier=\"gold\"' or seats=5";
    let (name, json) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or(example)?;
    let value = serde_json::from_str(json).map_err(|error| format!("{example}; not JSON: {error}"))?;
    Ok((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_on_this_machine_is_asked() {
        assert_eq!(loopback_url("http://127.0.0.1:8788/").unwrap(), "http://127.0.0.1:8788");
        assert_eq!(loopback_url("http://localhost:1").unwrap(), "http://localhost:1");
        for bad in ["https://127.0.0.1", "http://example.com", "http://127.0.0.1@example.com", "127.0.0.1:8788", ""] {
            assert!(loopback_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_member_is_a_name_and_json() {
        assert_eq!(member("a=null").unwrap(), ("a".to_owned(), Value::Null));
        assert_eq!(member("a=\"b=c\"").unwrap(), ("a".to_owned(), Value::from("b=c")));
        for bad in ["a", "=1", "a=", "a=gold", ""] {
            assert!(member(bad).unwrap_err().starts_with("expected NAME=JSON"), "{bad}");
        }
    }

    #[test]
    fn a_version_is_1_or_2() {
        assert_eq!(version("1"), Ok(Version::One));
        assert_eq!(version("3"), Err("expected token version 1 or 2, got 3".to_owned()));
        assert_eq!(version("two"), Err("expected 1 or 2".to_owned()));
    }
}
