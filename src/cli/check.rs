//! `clerk-edge check`: what is wrong with a configuration before it is deployed.
//!
//! The mistakes are those that the Worker would log, found by the same code; the lints are about what works and is weaker
//! than it looks; the policy tests ask the Worker's own code for decisions.

mod allowances;
mod lints;
mod report;
pub(super) mod secrets;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use thiserror::Error;

use self::allowances::Allowances;
use self::lints::Subject;
use self::report::Report;
use super::finding::{Finding, Severity};
use super::policy_tests::{FILE_NAME, PolicyTests};
use super::rehearsal::{Rehearsal, RehearsalError, ThrowawayKey};
use super::wrangler::{Secrets, Wrangler, WranglerEnvironment, WranglerError};
use super::{CliError, print_result, say, wrangler};
use crate::config::{Config, Mistake};
use crate::gateway::BUILT_IN_HANDLERS;
use crate::platform::native::now;

/// What `clerk-edge check` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code: 0 nothing wrong, 1 a mistake, a failed test or, with --deny-warnings, a warning, 2 asked for wrongly.

gateway.tests.toml, beside the configuration, may hold tests, and what a check cannot know from there:
    secrets = [\"CLERK_WEBHOOK_SIGNING_SECRET\"]      # that the deployed Worker has
    handlers = [\"orders\"]                           # that this Worker adds, for routes with serve
    environment = \"production\"                      # that these tests are of; [[tests]] may each name one
    allow = [\"public-in-protected /api/public/*\"]   # findings that are meant to be: a name, or a name and a subject

    [[tests]]
    name = \"a member deletes nothing\"
    request = \"DELETE /api/admin/users/7\"
    session = { org = \"org_1\", role = \"member\" }
    expect = 403
    code = \"insufficient-role\"

Examples:
  What is wrong with the configuration in this folder, and do its tests pass:
    $ clerk-edge check
  An environment of it, whose webhook secret only the deployed Worker has:
    $ clerk-edge check --env production --secret CLERK_WEBHOOK_SIGNING_SECRET
  In CI, where warnings count and a program reads:
    $ clerk-edge check --deny-warnings --format json")]
pub(super) struct CheckArgs {
    /// Configuration to look at [default: the first that is there of wrangler.json, wrangler.jsonc and wrangler.toml]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Environment of it: [env.NAME]
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Secrets on this machine, in the place of .dev.vars (repeatable)
    #[arg(long = "env-file", value_name = "FILE")]
    env_files: Vec<PathBuf>,
    /// Secret that the deployed Worker has, by `wrangler secret put`; its value is not checked (repeatable)
    #[arg(long = "secret", value_name = "NAME", value_delimiter = ',')]
    secrets: Vec<String>,
    /// Handler that this Worker adds, for routes with serve (repeatable)
    #[arg(long = "handler", value_name = "NAME", value_delimiter = ',')]
    handlers: Vec<String>,
    /// Lint that does not count, by its name or by 'NAME SUBJECT' (repeatable)
    #[arg(long = "allow", value_name = "LINT", value_parser = allowances::parse)]
    allow: Vec<String>,
    /// Tests and settings [default: gateway.tests.toml beside the configuration, where there is one]
    #[arg(long, value_name = "FILE")]
    tests: Option<PathBuf>,
    /// Fail on warnings too
    #[arg(long)]
    deny_warnings: bool,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How a result is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Pretty,
    /// For programs.
    Json,
}

/// Why nothing could be checked.
#[derive(Debug, Error)]
pub(super) enum CheckError {
    /// No configuration.
    #[error(transparent)]
    Wrangler(#[from] WranglerError),
    /// Tests that cannot be read.
    #[error("cannot read {}", path.display())]
    Tests { path: PathBuf, source: std::io::Error },
    /// Tests that cannot be run.
    #[error("cannot run the tests")]
    Rehearsal(#[from] RehearsalError),
}

/// Looks at the configuration and tells what was found.
pub(super) fn run(args: &CheckArgs) -> Result<ExitCode, CliError> {
    let report = look(args)?;
    match args.format {
        Format::Pretty => report.pretty().iter().try_for_each(|line| print_result(line))?,
        Format::Json => print_result(&report.json())?,
    }
    say(&report.summary());
    Ok(if report.is_bad(args.deny_warnings) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Everything that is found, and how the tests ended.
fn look(args: &CheckArgs) -> Result<Report, CheckError> {
    let file = args.file.clone().unwrap_or_else(wrangler::found);
    let tests = read_tests(args, &file)?;
    let mut findings = tests.mistakes.clone();
    let wrangler = match Wrangler::read(&file, args.env.as_deref()) {
        Ok(wrangler) => wrangler,
        Err(WranglerError::Syntax(complaints)) => {
            findings.extend(complaints.into_iter().map(|(place, text)| lints::syntax(place, text)));
            return Ok(Report { findings, ran: Vec::new(), untested: tests.len(), elsewhere: tests.elsewhere });
        }
        Err(error) => return Err(error.into()),
    };
    findings.extend(tests.unknown_environments(&wrangler.environments()));
    let folder = folder_of(&file);
    let on_this_machine = Secrets::read(folder, args.env.as_deref(), &args.env_files)?;
    let mut environment = WranglerEnvironment::new(wrangler, on_this_machine);
    let asked: Vec<&str> = args.secrets.iter().chain(&tests.settings.secrets).map(String::as_str).collect();
    findings.extend(secrets::assume(&mut environment, &asked));
    let own = args.handlers.iter().chain(&tests.settings.handlers).map(String::as_str);
    let handlers: Vec<&str> = BUILT_IN_HANDLERS.into_iter().chain(own).collect();
    let config = Config::read(&environment, &handlers);
    findings.extend(config.as_ref().err().into_iter().flatten().map(|mistake| told(mistake, &environment)));
    findings.extend(lints::all(&Subject { environment: &environment, config: config.as_ref().ok(), folder }));
    let is_alone = config.is_ok() && environment.wrangler.environments().is_empty();
    let (ran, untested) = match config {
        Ok(config) if tests.len() > 0 => {
            let key = ThrowawayKey::generate()?;
            (tests.run(&Rehearsal::new(config, &key)?, &key, now()), 0)
        }
        Ok(_) => (Vec::new(), 0),
        Err(_) => (Vec::new(), tests.len()),
    };
    let allowances = Allowances::new(&args.allow, &tests);
    Ok(Report { findings: allowances.apply(findings, is_alone), ran, untested, elsewhere: tests.elsewhere })
}

fn read_tests(args: &CheckArgs, file: &Path) -> Result<PolicyTests, CheckError> {
    let beside = folder_of(file).join(FILE_NAME);
    let path = match &args.tests {
        Some(path) => path.clone(),
        None if beside.is_file() => beside,
        None => return Ok(PolicyTests::default()),
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(PolicyTests::parse(&path, &text, args.env.as_deref())),
        Err(source) => Err(CheckError::Tests { path, source }),
    }
}

/// A mistake as the Worker would log it, with its line.
fn told(mistake: &Mistake, environment: &WranglerEnvironment) -> Finding {
    Finding {
        severity: Severity::Mistake,
        name: lints::CONFIGURATION,
        subject: mistake.place.clone(),
        place: environment.find(&mistake.place),
        text: mistake.to_string(),
        cure: lints::cure_of_mistake(mistake, environment),
    }
}

/// The folder that a file is in, without a `./` that nobody wrote.
pub(super) fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

impl CheckError {
    /// Whether the command was asked for wrongly, rather than that something was found.
    pub(super) const fn is_asked_wrongly(&self) -> bool {
        matches!(self, Self::Wrangler(_) | Self::Tests { .. })
    }

    pub(super) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Wrangler(WranglerError::Read { .. }) => {
                Some("name the configuration, as in clerk-edge check api/wrangler.toml")
            }
            Self::Wrangler(_) | Self::Tests { .. } | Self::Rehearsal(_) => None,
        }
    }
}
