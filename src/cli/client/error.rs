//! Why a client cannot be written, or is found wanting.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::cli::project::ProjectError;

/// Why a client cannot be written, or is found wanting.
#[derive(Debug, Error)]
pub(in crate::cli) enum ClientError {
    #[error("a {kind} client needs {option}")]
    Missing { option: &'static str, kind: &'static str },
    #[error("{option} describes no {kind} client")]
    NotOfKind { option: &'static str, kind: &'static str },
    #[error("there is no file {}", .0.display())]
    NoFile(PathBuf),
    #[error("{} is in no project: there is no package.json in it or above it", .0.display())]
    NoProject(PathBuf),
    #[error("expected a folder within a project, of letters, digits and - _ . / @ + ~, got {}", .0.display())]
    Place(PathBuf),
    #[error("{count} file{} differ{} from what would be written and generated", plural(*.count, "s", ""), plural(*.count, "", "s"))]
    Differs { count: usize },
    #[error("cannot compare what is generated")]
    Compare(#[source] io::Error),
    #[error(transparent)]
    Project(#[from] ProjectError),
}

const fn plural(count: usize, several: &'static str, one: &'static str) -> &'static str {
    if count == 1 { one } else { several }
}

impl ClientError {
    /// Whether the command was asked for wrongly, rather than asked for what cannot be done.
    pub(in crate::cli) const fn is_misuse(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. } | Self::NotOfKind { .. } | Self::NoFile(_) | Self::NoProject(_) | Self::Place(_)
        )
    }

    pub(in crate::cli) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing { .. } | Self::NotOfKind { .. } => Some("see `clerk-edge client --help`"),
            Self::NoProject(_) => Some("make one with `npm init`"),
            Self::Differs { .. } => Some("run it with --force in place of --check, and `npm run gen:api`"),
            Self::Place(_) => Some("name one as in `clerk-edge client rest src/api`"),
            Self::Project(ProjectError::NotRun { .. } | ProjectError::Failed { .. }) => {
                Some("the files are written; install the dependencies by hand")
            }
            Self::NoFile(_) | Self::Compare(_) | Self::Project(_) => None,
        }
    }
}
