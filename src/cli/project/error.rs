//! Why a project cannot be read or written.
//!
//! Everything is read, rendered and compared before the first byte is written, so each of these but
//! [`ProjectError::Write`] and those of programs leaves the project as it was.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a project cannot be read or written.
#[derive(Debug, Error)]
pub(in crate::cli) enum ProjectError {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot understand {}: {reason}", path.display())]
    Malformed { path: PathBuf, reason: String },
    #[error("{} leads out of the project through a symbolic link", .0.display())]
    Outside(PathBuf),
    #[error("{} is not a file", .0.display())]
    NotAFile(PathBuf),
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot render {name}")]
    Template { name: String, source: Box<minijinja::Error> },
    #[error("cannot run {command}")]
    NotRun { command: String, source: io::Error },
    #[error("{command} failed ({status})")]
    Failed { command: String, status: String },
}
