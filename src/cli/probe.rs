//! `clerk-edge test`: 45 checks of how a running API treats tokens.
//!
//! The table of checks is in `checks/`, one file a subject. A run sends to one host alone, follows no redirect, and shows no
//! token; what it cannot judge it says it skipped, and never counts as passed.

mod args;
mod check;
mod checks;
mod clerk;
mod equipment;
mod error;
mod framework;
mod hints;
mod http;
mod listener;
mod progress;
mod redact;
mod report;
mod run;
mod settings;
mod source;
mod stand_in;
mod tokens;
mod trial;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

pub(super) use self::args::TestArgs;
pub(super) use self::error::TestError;

use self::check::Check;
use self::clerk::Clerk;
use self::equipment::Probe;
use self::http::{Client, Target};
use self::settings::Settings;
use self::source::{Given, Source};
use self::stand_in::StandIn;
use self::tokens::Forge;
use super::{CliError, print_result};

/// Most requests in a second to a host that is not this machine.
const RATE: u32 = 20;
const SECRET_KEY_VARIABLE: &str = "CLERK_SECRET_KEY";

/// Runs the checks and prints what came of them.
pub(super) fn run(args: &TestArgs) -> Result<ExitCode, CliError> {
    let chosen = checks::choose(&args.only, &args.skip)?;
    if args.list {
        print_result(&list(&chosen))?;
        return Ok(ExitCode::SUCCESS);
    }
    let probe = probe(args)?;
    let run = run::run(&probe, &chosen, args.framework)?;
    print_result(&report::render(args.format, &run)?)?;
    if !run.has_verdict() {
        return Err(TestError::NothingChecked.into());
    }
    Ok(if run.is_good(args.strict) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The answer that comes out of a stream, for the fuzz target.
#[cfg(fuzzing)]
pub(super) fn answer(stream: &mut impl std::io::Read, is_head: bool) -> Option<(u16, Vec<(String, String)>, Vec<u8>)> {
    let answer = http::read(stream, is_head, crate::platform::native::instant()).ok()?;
    Some((answer.status, answer.headers, answer.body))
}

fn probe(args: &TestArgs) -> Result<Probe, TestError> {
    let settings = Settings::read(args)?;
    let target = Target::parse(args.url.as_deref().unwrap_or_default(), &args.allow_host)?;
    let rate = args.rate.or((!target.is_loopback()).then_some(RATE));
    let pause = rate.map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate);
    let flags = [&args.token, &args.admin_token, &args.expired_token].map(|flag| flag.as_deref());
    let variables =
        [&settings.token_env, &settings.admin_token_env, &settings.expired_token_env].map(|name| name.as_deref());
    let given = Given::read(flags, variables)?;
    let ca_file = settings.ca_file.as_deref();
    let client = Client::new(target, Duration::from_secs(args.timeout), pause, ca_file)
        .map_err(|source| TestError::CaFile { path: ca_file.unwrap_or(Path::new("")).into(), source })?;
    Ok(Probe {
        client,
        source: source(args, &settings)?,
        secrets: given.secrets(),
        given,
        settings,
        forge: Forge::default(),
        is_unsafe: args.r#unsafe,
    })
}

fn source(args: &TestArgs, settings: &Settings) -> Result<Source, TestError> {
    if let Some(url) = &args.issuer_url {
        let stand_in = StandIn::new(url);
        stand_in.overview()?;
        // A run that was broken off may have left it in one.
        stand_in.set_outage("none")?;
        return Ok(Source::StandIn(stand_in));
    }
    if !args.clerk {
        return Ok(Source::Forged);
    }
    let variable = settings.secret_key_env.as_deref().unwrap_or(SECRET_KEY_VARIABLE);
    let secret_key = std::env::var(variable).map_err(|_| TestError::NoVariable(variable.to_owned()))?;
    let api = std::env::var("CLERK_API_URL").ok();
    Ok(Source::Clerk(Clerk::new(&secret_key, api.as_deref(), settings.clerk_user.clone())?))
}

/// The table of checks, for reading.
fn list(checks: &[&'static Check]) -> String {
    let row =
        |check: &&Check| format!("{:>2}  {:<24} {:<6}  {}", check.id, check.slug, check.severity.name(), check.title);
    checks.iter().map(row).collect::<Vec<_>>().join("\n")
}
