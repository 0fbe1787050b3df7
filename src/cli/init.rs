//! `clerk-edge init`: writes a framework's own code around the checks into a project that is there.
//!
//! A framework says what it wants of a project ([`Scaffold`]); a [`Plan`] compares that with what is there; only then is
//! anything written. So the same plan is shown by `--dry-run`, and a second run finds nothing left to do.

mod detect;
mod environment;
mod error;
mod framework;
mod node;
mod python;
mod scaffold;
mod templates;
mod toml_file;
mod wrangler;

mod express;
mod fastapi;
mod fastify;
mod hono;
mod nextjs;
mod worker;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;

pub(super) use self::error::InitError;
use self::framework::Framework;
use self::scaffold::Scaffold;
use super::project::showing::{carry_out, show, tell_kept};
use super::project::{Plan, lines, package_json, package_manager, plan, programs, tsconfig};
use super::{CliError, say};

/// What `clerk-edge init` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing that is there is overwritten: names and dependencies are added where they are missing, and a file of another
content is kept and told of. What was written is printed, a path a line; a second run prints nothing.

Examples:
  Set up the project in this folder, whatever its framework is:
    $ clerk-edge init
  See first what would change:
    $ clerk-edge init --dry-run
  Say which framework and where, and install what is added:
    $ clerk-edge init express ./api --install
  Make a gateway, in a folder that is there:
    $ clerk-edge init worker ./gateway")]
pub(super) struct InitArgs {
    /// express, fastapi, fastify, hono, nextjs or worker [default: the one among the project's dependencies]
    #[arg(value_name = "FRAMEWORK")]
    first: Option<OsString>,
    /// The project's folder [default: this one]
    #[arg(value_name = "PATH")]
    second: Option<PathBuf>,
    /// Print what would change as a unified diff, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Overwrite files that differ
    #[arg(long)]
    force: bool,
    /// Install the dependencies afterwards
    #[arg(long, conflicts_with = "dry_run")]
    install: bool,
    /// For worker: depend on the clerk-edge crate in this folder, and not on the published one
    #[arg(long, value_name = "PATH")]
    crate_path: Option<PathBuf>,
}

/// Brings a project to what its framework's scaffold wants, or shows the way there.
pub(super) fn run(args: InitArgs) -> Result<(), CliError> {
    let InitArgs { first, second, dry_run, force, install, crate_path } = args;
    let (framework, path) = asked_for(first, second)?;
    let root = folder(&path)?;
    let framework = framework.map_or_else(|| detect::framework(&root), Ok)?;
    let Scaffold { parts, next_steps, install_with } = framework.scaffold(&root, crate_path.as_deref())?;
    let plan = Plan::new(&root, &parts, force).map_err(InitError::Project)?;
    if dry_run {
        return show(&plan);
    }
    carry_out(&plan)?.map_err(InitError::Project)?;
    tell(&plan, framework);
    if install {
        programs::run(&root, &install_with).map_err(InitError::Project)?;
    } else if plan.changes().next().is_some() {
        say(&format!("next: {}", pasted(&install_with)));
    }
    if plan.changes().next().is_some() {
        next_steps.iter().for_each(|step| say(&format!("next: {step}")));
    }
    Ok(())
}

/// A lone word that names no framework is a path.
fn asked_for(first: Option<OsString>, second: Option<PathBuf>) -> Result<(Option<Framework>, PathBuf), InitError> {
    let here = || PathBuf::from(".");
    let Some(word) = first else { return Ok((None, here())) };
    if let Some(framework) = word.to_str().and_then(Framework::named) {
        return Ok((Some(framework), second.unwrap_or_else(here)));
    }
    let path = PathBuf::from(&word);
    match second {
        None if path.is_dir() => Ok((None, path)),
        _ => Err(InitError::NoFramework { got: word.to_string_lossy().into_owned() }),
    }
}

/// The folder itself: every path below it is compared with this.
fn folder(path: &Path) -> Result<PathBuf, InitError> {
    let root = path.canonicalize().ok().filter(|root| root.is_dir());
    root.ok_or_else(|| InitError::NoFolder(path.to_owned()))
}

fn tell(plan: &Plan, framework: Framework) {
    tell_kept(plan);
    match plan.changes().count() {
        0 => say(&format!("nothing to do: the project is set up for {}", framework.title())),
        count => say(&format!("wrote {count} file{} for {}", if count == 1 { "" } else { "s" }, framework.title())),
    }
}

/// A command as a shell takes it: to one, `fastapi>=0.160` writes a file.
fn pasted(words: &[String]) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:@+,%".contains(letter);
    let words = words.iter().map(|word| if word.chars().all(is_plain) { word.clone() } else { quoted(word) });
    words.collect::<Vec<_>>().join(" ")
}

/// In single quotes, between which nothing but another one means anything.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_a_shell_takes_it() {
        let words = ["pip", "fastapi>=0.160", "x; python_version < '3.13'"].map(str::to_owned);
        assert_eq!(pasted(&words), r"pip 'fastapi>=0.160' 'x; python_version < '\''3.13'\'''");
    }
}
