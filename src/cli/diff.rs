//! `clerk-edge diff`: the requests that two configurations decide differently.
//!
//! Requests are derived from both configurations: for every way in which a path can relate to their patterns one path, and
//! for every way to meet one of their requirements one session. Each is put to the Worker's own code twice.

mod changes;
mod paths;
mod report;
mod requests;
mod sessions;
mod settings;
mod tokens;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;
use thiserror::Error;

use self::report::Report;
use super::check::{Format, folder_of, secrets};
use super::rehearsal::{Rehearsal, RehearsalError, ThrowawayKey};
use super::session_token::TokenError;
use super::wrangler::{Secrets, Wrangler, WranglerEnvironment, WranglerError};
use super::{CliError, print_result, say};
use crate::config::{Config, Environment as _};
use crate::gateway::BUILT_IN_HANDLERS;
use crate::platform::native::now;
use crate::time::UnixTime;

/// What `clerk-edge diff` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code: 0 nothing changes, 1 something does, 2 they cannot be compared.

The requests are derived from the patterns, methods and requirements of both files: a path for every way to match or just
to miss a pattern, every method, and sessions that meet each alternative of each requirement, or nothing. So a change that
they decide on is found, and so are limits, time-outs and what pages may read. What no such request shows is not: where keys
come from, bodies, what an origin does, and rules of your own handlers.

Examples:
  What this branch changes:
    $ clerk-edge diff <(git show main:wrangler.toml) wrangler.toml
  What differs in production, for a program:
    $ clerk-edge diff --env production --format json old.toml new.toml")]
pub(super) struct DiffArgs {
    /// Configuration as it was
    old: PathBuf,
    /// Configuration as it is to be
    new: PathBuf,
    /// Environment of both: [env.NAME]
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Secrets on this machine, in the place of .dev.vars (repeatable)
    #[arg(long = "env-file", value_name = "FILE")]
    env_files: Vec<PathBuf>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Why two configurations cannot be compared.
#[derive(Debug, Error)]
pub(super) enum DiffError {
    /// A file that is not there, or is no TOML.
    #[error(transparent)]
    Wrangler(#[from] WranglerError),
    /// A configuration that no Worker would run with.
    #[error("{} has {count} mistake(s), the first of them {first}", path.display())]
    Mistakes { path: PathBuf, count: usize, first: String },
    /// Nothing to ask.
    #[error("cannot compare")]
    Rehearsal(#[from] RehearsalError),
    /// A session that cannot be told as a token.
    #[error("cannot compose a token")]
    Token(#[from] TokenError),
}

/// A configuration, and the gateway that it makes.
struct Side {
    config: Config,
    /// The table `GATEWAY` as it is written.
    gateway: Value,
}

/// Compares the two and tells what changes.
pub(super) fn run(args: &DiffArgs) -> Result<ExitCode, CliError> {
    let report = compare(args)?;
    match args.format {
        Format::Pretty => report.pretty().iter().try_for_each(|line| print_result(line))?,
        Format::Json => print_result(&report.json(&args.old, &args.new))?,
    }
    say(&report.summary());
    Ok(if report.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn compare(args: &DiffArgs) -> Result<Report, DiffError> {
    let sides = (Side::read(&args.old, args)?, Side::read(&args.new, args)?);
    compare_sides(sides, &ThrowawayKey::generate()?, now())
}

fn compare_sides((old, new): (Side, Side), key: &ThrowawayKey, now: UnixTime) -> Result<Report, DiffError> {
    let derived = requests::derive([&old, &new], now);
    let token_probes = tokens::probes(&old.config, &new.config);
    let settings = settings::changes([&old.config, &new.config], &derived);
    let gateways = [Rehearsal::new(old.config, key)?, Rehearsal::new(new.config, key)?];
    let mut changes = changes::of_tokens(&gateways, &token_probes, key, now)?;
    let signed = sessions::sign(&derived.callers, &gateways, key, now)?;
    changes.extend(changes::of_requests(&gateways, &derived, &signed, now));
    changes.extend(settings);
    let sessions = derived.callers.iter().filter(|caller| caller.is_session());
    let sessions = sessions.map(|caller| caller.label.clone()).collect();
    Ok(Report { changes, sessions, asked: derived.len(), is_complete: derived.is_complete })
}

impl Side {
    fn read(path: &Path, args: &DiffArgs) -> Result<Self, DiffError> {
        let wrangler = Wrangler::read(path, args.env.as_deref())?;
        Self::of(wrangler, Secrets::read(folder_of(path), args.env.as_deref(), &args.env_files)?)
    }

    /// The side of a configuration. Which secrets there are changes no decision, so all are taken for granted, and so are
    /// the handlers that routes name.
    fn of(wrangler: Wrangler, found: Secrets) -> Result<Self, DiffError> {
        let mut environment = WranglerEnvironment::new(wrangler, found);
        secrets::assume(&mut environment, &secrets::NAMES);
        let gateway = environment.json("GATEWAY").unwrap_or_default();
        let served: Vec<&str> =
            gateway["routes"].as_array().into_iter().flatten().filter_map(|route| route["serve"].as_str()).collect();
        let handlers: Vec<&str> = BUILT_IN_HANDLERS.into_iter().chain(served).collect();
        let config = Config::read(&environment, &handlers).map_err(|mistakes| DiffError::Mistakes {
            path: environment.wrangler.path().to_owned(),
            count: mistakes.len(),
            first: mistakes.first().map(ToString::to_string).unwrap_or_default(),
        })?;
        Ok(Self { config, gateway })
    }
}

impl DiffError {
    pub(super) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Mistakes { .. } => Some("`clerk-edge check` tells them all, with their lines"),
            Self::Wrangler(_) | Self::Rehearsal(_) | Self::Token(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
