//! Why a project cannot be set up.
//!
//! Everything is read, rendered and compared before the first byte is written, so each of these but
//! [`InitError::Write`] and the installer's leaves the project as it was.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::framework::Framework;

/// Why a project cannot be set up.
#[derive(Debug, Error)]
pub(in crate::cli) enum InitError {
    #[error("expected a framework ({}) or a folder, got {got}", Framework::NAMES)]
    NoFramework { got: String },
    #[error("{} is not a folder", .0.display())]
    NoFolder(PathBuf),
    #[error("no framework is named, and the project's dependencies have none of those that are known")]
    NothingDetected,
    #[error("no framework is named, and the project's dependencies have several: {}", .0.join(", "))]
    Ambiguous(Vec<&'static str>),
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot understand {}: {reason}", path.display())]
    Malformed { path: PathBuf, reason: String },
    #[error("{} leads out of the project through a symbolic link", .0.display())]
    Outside(PathBuf),
    #[error("{} is not a file", .0.display())]
    NotAFile(PathBuf),
    #[error("{} {reason}", path.display())]
    Unsuitable { path: PathBuf, reason: &'static str },
    #[error("{} is not the folder of a crate", .0.display())]
    NoCrate(PathBuf),
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot render {name}")]
    Template { name: String, source: Box<minijinja::Error> },
    #[error("cannot run {command}")]
    NoInstaller { command: String, source: io::Error },
    #[error("{command} failed ({status}), and the files are written")]
    Installer { command: String, status: String },
}

impl InitError {
    /// Whether the command was asked for wrongly, rather than asked for what cannot be done.
    pub(in crate::cli) const fn is_misuse(&self) -> bool {
        matches!(self, Self::NoFramework { .. } | Self::NoFolder(_) | Self::NothingDetected | Self::Ambiguous(_))
    }

    pub(in crate::cli) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NothingDetected | Self::Ambiguous(_) => Some("name one, as in `clerk-edge init express`"),
            Self::NoFolder(_) => Some("name the folder of a project that is there"),
            Self::Unsuitable { .. } => Some("make the gateway in a folder of its own, in front of this Worker"),
            Self::NoInstaller { .. } => Some("the files are written; install the dependencies by hand"),
            Self::NoFramework { .. }
            | Self::Read { .. }
            | Self::Malformed { .. }
            | Self::Outside(_)
            | Self::NoCrate(_)
            | Self::NotAFile(_)
            | Self::Write { .. }
            | Self::Template { .. }
            | Self::Installer { .. } => None,
        }
    }
}
