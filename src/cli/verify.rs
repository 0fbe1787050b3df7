//! `clerk-edge verify`: a session, or an assertion, on stdout when its token is good.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pollster::block_on;
use serde_json::{Value, json};
use thiserror::Error;

use super::token_rules::{JwksSource, RuleArgs, RuleError, moment, read_token, secrets_of};
use super::{CliError, print_result, say};
use crate::assertion::{Asserted, AssertedRequest, AssertionError, AssertionVerifier, Sender};
use crate::platform::native::{LocalHost, now};
use crate::refusal::Refusal;
use crate::time::UnixTime;
use crate::verifier::{Verifier, VerifyError};

/// What `clerk-edge verify` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  A token on the clipboard, which stays out of the shell's history:
    $ pbpaste | clerk-edge verify - --publishable-key pk_test_aGFwcHktY2F0LTEuY2xlcmsuYWNjb3VudHMuZGV2JA
  Without a network, by the instance's public key:
    $ CLERK_JWT_KEY=\"$(cat clerk.pem)\" clerk-edge verify - --issuer https://clerk.example.com < token.txt
  What a gateway asserts to an origin:
    $ clerk-edge verify - --assertion --jwks https://api.example.com/.well-known/clerk-edge/jwks.json \\
        --audience https://origin.example.com --method GET --url https://origin.example.com/orders")]
pub(super) struct VerifyArgs {
    /// Token, - for standard input or @FILE [default: -]
    #[arg(default_value = "-", hide_default_value = true)]
    token: String,
    /// Key set to check with [default: the instance's own, or CLERK_JWT_KEY]
    #[arg(long, value_name = "FILE|URL", value_parser = JwksSource::parse)]
    jwks: Option<JwksSource>,
    /// Time to check at, RFC 3339 or in seconds since 1970 [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment, allow_negative_numbers = true)]
    at: Option<UnixTime>,
    /// File of variables, such as .dev.vars (repeatable)
    #[arg(long, value_name = "FILE")]
    env_file: Vec<PathBuf>,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    assertion: AssertionArgs,
}

/// What an assertion must be for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Assertions of a gateway")]
struct AssertionArgs {
    /// Verify what a gateway asserts to an origin instead; --audience is the origin
    #[arg(
        long,
        requires_all = ["jwks", "audience"],
        conflicts_with_all = ["publishable_key", "issuer", "authorized_parties", "clock_skew"]
    )]
    assertion: bool,
    /// Method of the request that it must be for
    #[arg(long, requires_all = ["assertion", "url"])]
    method: Option<String>,
    /// Address of that request, as the gateway sent it
    #[arg(long, requires_all = ["assertion", "method"])]
    url: Option<String>,
    /// Whom the request must come from
    #[arg(long, value_enum, default_value_t, requires = "assertion")]
    sender: SenderName,
}

/// The names of [`Sender`].
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum SenderName {
    /// A signed-in user
    #[default]
    Session,
    /// A user, or nobody
    Anyone,
    /// Clerk, by a webhook
    Webhook,
}

/// Why a token is not verified.
#[derive(Debug, Error)]
pub(super) enum VerifyCommandError {
    /// It cannot be said what to verify it by.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// An assertion is for one origin.
    #[error("expected one --audience with --assertion: it is the origin that the gateway forwards to")]
    Audiences,
    /// The token is refused.
    #[error("{}", .0.code())]
    Refused(Refusal, #[source] VerifyError),
    /// The assertion is refused.
    #[error("{}", .0.code())]
    AssertionRefused(Refusal, #[source] AssertionError),
}

impl VerifyCommandError {
    pub(super) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Rules(error) => error.hint(),
            Self::Refused(..) => Some("`clerk-edge explain --token -` tells every check, the cause and the cure"),
            Self::AssertionRefused(..) | Self::Audiences => None,
        }
    }
}

/// Prints what a good token says.
pub(super) fn run(args: &VerifyArgs) -> Result<(), CliError> {
    let said = if args.assertion.assertion { verify_assertion(args)? } else { verify_session(args)? };
    print_result(&serde_json::to_string_pretty(&said).map_err(CliError::Json)?)
}

fn verify_session(args: &VerifyArgs) -> Result<Value, CliError> {
    let secrets = secrets_of(&args.env_file).map_err(VerifyCommandError::from)?;
    let tokens = args.rules.read(args.jwks.as_ref(), &secrets).map_err(VerifyCommandError::from)?;
    let token = read_token(&args.token).map_err(VerifyCommandError::from)?;
    let verifier = Verifier::new(LocalHost(say), tokens.policy, tokens.keys);
    let verified = block_on(verifier.verify(&token, false, args.at.unwrap_or_else(now)));
    let verified = verified.map_err(|error| VerifyCommandError::Refused(error.into(), error))?;
    serde_json::to_value(&*verified.session).map_err(CliError::Json)
}

fn verify_assertion(args: &VerifyArgs) -> Result<Value, CliError> {
    let AssertionArgs { method, url, sender, .. } = &args.assertion;
    let (Some(jwks), [audience]) = (&args.jwks, args.rules.audience.as_slice()) else {
        return Err(VerifyCommandError::Audiences.into());
    };
    let keys = jwks.read().map_err(VerifyCommandError::from)?;
    let token = read_token(&args.token).map_err(VerifyCommandError::from)?;
    let request = method.as_deref().zip(url.as_deref()).map(|(method, url)| AssertedRequest { method, url });
    let verifier = AssertionVerifier::new(LocalHost(say), audience, keys);
    let asserted = block_on(verifier.verify(&token, request, (*sender).into(), args.at.unwrap_or_else(now)));
    let asserted = asserted.map_err(|error| VerifyCommandError::AssertionRefused(error.into(), error))?;
    let Asserted { session, webhook, request_id } = asserted;
    let webhook = webhook.map(|id| json!({"id": id}));
    Ok(json!({"session": session.as_deref(), "webhook": webhook, "requestId": request_id}))
}

impl From<SenderName> for Sender {
    fn from(name: SenderName) -> Self {
        match name {
            SenderName::Session => Self::Session,
            SenderName::Anyone => Self::Anyone,
            SenderName::Webhook => Self::Webhook,
        }
    }
}
