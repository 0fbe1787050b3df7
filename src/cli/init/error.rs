//! Why a project cannot be set up.

use std::path::PathBuf;

use thiserror::Error;

use super::framework::Framework;
use crate::cli::project::ProjectError;

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
    #[error("{} {reason}", path.display())]
    Unsuitable { path: PathBuf, reason: &'static str },
    #[error("{} is of a workspace without a package", .0.display())]
    Workspace(PathBuf),
    #[error("{} is not the folder of a crate", .0.display())]
    NoCrate(PathBuf),
    #[error(transparent)]
    Project(#[from] ProjectError),
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
            Self::Workspace(_) => Some("make the gateway in a folder of its own, and that a member"),
            Self::Project(ProjectError::NotRun { .. } | ProjectError::Failed { .. }) => {
                Some("the files are written; install the dependencies by hand")
            }
            Self::NoFramework { .. } | Self::NoCrate(_) | Self::Project(_) => None,
        }
    }
}
