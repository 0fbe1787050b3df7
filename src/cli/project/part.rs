//! What is wanted of a project: files that are a command's own, and additions to files that belong to the project.

use std::path::{Path, PathBuf};

use super::error::ProjectError;
use super::package_json::{PackageAdditions, with_additions};

/// One file, by its path below the project's folder.
#[derive(Debug)]
pub(in crate::cli) struct Part {
    pub(in crate::cli) path: PathBuf,
    pub(in crate::cli) content: Content,
}

/// What a file shall hold.
#[derive(Debug)]
pub(in crate::cli) enum Content {
    /// This and nothing else. A file that differs is kept unless told otherwise.
    Whole(String),
    /// What package.json holds, and these entries.
    Package(PackageAdditions),
}

impl Part {
    pub(in crate::cli) fn whole(path: impl Into<PathBuf>, text: String) -> Self {
        Self { path: path.into(), content: Content::Whole(text) }
    }

    pub(in crate::cli) fn package(additions: PackageAdditions) -> Self {
        Self { path: "package.json".into(), content: Content::Package(additions) }
    }
}

impl Content {
    /// The file as it shall be, from the file as it is.
    pub(super) fn over(&self, path: &Path, before: Option<&str>) -> Result<String, ProjectError> {
        match self {
            Self::Whole(text) => Ok(text.clone()),
            Self::Package(additions) => with_additions(path, before.unwrap_or_default(), additions),
        }
    }

    /// Whether what is there stays in it whatever is added.
    pub(super) const fn is_addition(&self) -> bool {
        !matches!(self, Self::Whole(_))
    }
}
