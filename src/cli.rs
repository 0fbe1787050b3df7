//! The command line: one file a command.
//!
//! Rules of speech: stdout carries the result and nothing else, so it can go into a pipe or a variable. Everything else is
//! said on stderr, in lower case and without a full stop, with a hint where one helps. Exit code 0 means done, 1 that it
//! could not be done or that what was looked for was found wanting, 2 that it was asked for wrongly.

mod check;
mod client;
mod completions;
mod diff;
mod finding;
mod explain;
#[cfg(fuzzing)]
pub mod fuzzing;
mod identifier;
mod init;
mod issuer;
mod keygen;
mod mint;
mod policy_tests;
mod probe;
mod project;
mod rehearsal;
mod session_token;
mod signing_key;
mod webhook;
mod token_rules;
mod verify;
mod wrangler;

use std::error::Error;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use thiserror::Error;

use self::check::{CheckArgs, CheckError};
use self::client::{ClientArgs, ClientError};
use self::completions::CompletionsArgs;
use self::diff::{DiffArgs, DiffError};
use self::explain::{ExplainArgs, ExplainError};
use self::init::{InitArgs, InitError};
use self::issuer::IssuerArgs;
use self::keygen::KeygenArgs;
use self::mint::MintArgs;
use self::probe::{TestArgs, TestError};
use self::session_token::TokenError;
use self::signing_key::SigningKeyError;
use self::verify::{VerifyArgs, VerifyCommandError};
use self::webhook::WebhookArgs;
use crate::assertion::AssertionKeyError;
use crate::instance::PublishableKeyError;
use crate::webhook::SecretError;

/// Protect APIs behind Clerk at the edge
#[derive(Debug, Parser)]
#[command(name = "clerk-edge", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tell step by step what a gateway decides on a request, or what is wrong with a token
    Explain(Box<ExplainArgs>),
    /// Print what a good token says
    Verify(Box<VerifyArgs>),
    /// Write the client of an API into a project: tokens, retries and types by well-kept libraries
    Client(Box<ClientArgs>),
    /// Set up a project: its framework's own code around the checks, dependencies, environment and tests
    Init(InitArgs),
    /// Run a stand-in for Clerk on this machine, for development and tests
    Issuer(IssuerArgs),
    /// Print a token of the stand-in, or one signed with a key file
    Mint(Box<MintArgs>),
    /// Make a key that a gateway signs its assertions with
    Keygen(KeygenArgs),
    /// Check how a running API treats tokens
    Test(Box<TestArgs>),
    /// Stand in for Clerk's webhooks
    Webhook(Box<WebhookArgs>),
    /// Find what is wrong with a configuration before it is deployed
    Check(Box<CheckArgs>),
    /// List the requests that two configurations decide differently
    Diff(DiffArgs),
    /// Print what makes a shell complete commands and options
    Completions(CompletionsArgs),
}

/// Why a command could not be done.
#[derive(Debug, Error)]
enum CliError {
    #[error("cannot write the result")]
    Print(#[source] io::Error),
    #[error("cannot write JSON")]
    Json(#[source] serde_json::Error),
    #[error("cannot listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("cannot serve")]
    Serve(#[source] io::Error),
    #[error("cannot name the stand-in")]
    Instance(#[source] PublishableKeyError),
    #[error("cannot read {}", path.display())]
    KeyFile { path: PathBuf, source: io::Error },
    #[error("cannot use the key")]
    Key(#[from] SigningKeyError),
    #[error("cannot compose the token")]
    Token(#[from] TokenError),
    #[error("cannot reach a stand-in at {url}")]
    Unreachable { url: String, source: Box<ureq::Error> },
    #[error("the stand-in refused: {0}")]
    Refused(String),
    #[error("what answers at {0} is not the stand-in")]
    NotStandIn(String),
    #[error("there is no signing secret")]
    NoSecret,
    #[error("cannot use the signing secret")]
    Secret(#[source] SecretError),
    #[error("there is no ASSERTION_KEY in the environment")]
    NoAssertionKey,
    #[error("cannot use ASSERTION_KEY")]
    AssertionKey(#[source] AssertionKeyError),
    #[error("cannot reach {url}")]
    NoAnswer { url: String, source: Box<ureq::Error> },
    #[error(transparent)]
    Explain(#[from] ExplainError),
    #[error(transparent)]
    Verify(#[from] VerifyCommandError),
    #[error("the delivery was answered {0}")]
    NotDelivered(u16),
    #[error(transparent)]
    Check(#[from] CheckError),
    #[error(transparent)]
    Diff(#[from] DiffError),
    #[error(transparent)]
    Test(#[from] TestError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Init(#[from] InitError),
}

/// Reads the arguments, does what they say, and tells how it went.
#[must_use]
pub fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Explain(args) => explain::run(&args).map(done),
        Command::Verify(args) => verify::run(&args).map(done),
        Command::Client(args) => client::run(*args).map(done),
        Command::Init(args) => init::run(args).map(done),
        Command::Issuer(args) => issuer::run(args).map(done),
        Command::Mint(args) => mint::run(*args).map(done),
        Command::Keygen(args) => keygen::run(&args).map(done),
        Command::Test(args) => probe::run(&args),
        Command::Webhook(args) => webhook::run(*args).map(done),
        Command::Check(args) => check::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Completions(args) => completions::run(&args).map(done),
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            let hint = error.hint().map(|hint| format!(" (hint: {hint})")).unwrap_or_default();
            say(&format!("{}{hint}", error_chain(&error)));
            error.exit_code()
        }
    }
}

/// The exit code of a command that knows no other good end.
fn done((): ()) -> ExitCode {
    ExitCode::SUCCESS
}

impl CliError {
    /// 2 where it was asked for wrongly, and else 1.
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Check(error) if error.is_asked_wrongly() => ExitCode::from(2),
            Self::Client(error) if error.is_misuse() => ExitCode::from(2),
            Self::Init(error) if error.is_misuse() => ExitCode::from(2),
            // As diff, which keeps 1 for differences.
            Self::Diff(_) => ExitCode::from(2),
            Self::Test(error) if error.is_usage() => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }

    const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Listen { .. } => Some("choose another port with --port"),
            Self::Unreachable { .. } => Some("start one with `clerk-edge issuer`"),
            Self::NoSecret => Some("give --secret or CLERK_WEBHOOK_SIGNING_SECRET the one that the gateway has"),
            Self::NoAssertionKey => Some("make one with `clerk-edge keygen`"),
            Self::Explain(error) => error.hint(),
            Self::Verify(error) => error.hint(),
            Self::Client(error) => error.hint(),
            Self::Init(error) => error.hint(),
            Self::NotStandIn(_) => Some("name the stand-in's address with --issuer-url"),
            Self::Check(error) => error.hint(),
            Self::Diff(error) => error.hint(),
            Self::Test(error) => error.hint(),
            Self::Print(_)
            | Self::Json(_)
            | Self::Serve(_)
            | Self::Instance(_)
            | Self::KeyFile { .. }
            | Self::Key(_)
            | Self::Token(_)
            | Self::Refused(_)
            | Self::Secret(_)
            | Self::AssertionKey(_)
            | Self::NoAnswer { .. }
            | Self::NotDelivered(_) => None,
        }
    }
}

/// An error and its causes on one line.
fn error_chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}

/// The one way to stderr: a line in the command's own voice.
fn say(line: &str) {
    eprintln!("clerk-edge: {line}");
}

/// The one way to stdout: a line, whole before anything else happens.
fn print_result(line: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush()).map_err(CliError::Print)
}
