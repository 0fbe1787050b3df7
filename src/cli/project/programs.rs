//! Programs that are run in a project: its package manager, its generators.

use std::io::stderr;
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::say;
use super::error::ProjectError;

/// Runs a program to its end. What it prints is no result of a command of ours, so it goes where everything else is said.
pub(in crate::cli) fn run(root: &Path, words: &[String]) -> Result<(), ProjectError> {
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let command = words.join(" ");
    say(&format!("running {command}"));
    let ended = Command::new(program).args(arguments).current_dir(root).stdout(Stdio::from(stderr())).status();
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(ProjectError::Failed { command, status: status.to_string() }),
        Err(source) => Err(ProjectError::NotRun { command, source }),
    }
}
