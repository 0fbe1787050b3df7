//! What is wanted of a project: files that are a command's own, and additions to files that belong to the project.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use super::error::ProjectError;
use super::lines::{Variable, with_lines, with_variables};
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
    /// What it holds, and these lines.
    Lines(Vec<&'static str>),
    /// What it holds, and these names of environment variables.
    Variables(Vec<Variable>),
    /// What package.json holds, and these entries.
    Package(PackageAdditions),
    /// What it holds, and what an editor of its format adds.
    Edited(Box<dyn Edit>),
}

/// Adds to a file of some format.
pub(in crate::cli) trait Edit: Debug {
    /// The file as it shall be, from the file as it is, which is empty where there is none.
    fn over(&self, path: &Path, before: &str) -> Result<String, ProjectError>;
}

impl Part {
    pub(in crate::cli) fn whole(path: impl Into<PathBuf>, text: String) -> Self {
        Self { path: path.into(), content: Content::Whole(text) }
    }

    /// Lines of .gitignore.
    pub(in crate::cli) fn ignored(lines: Vec<&'static str>) -> Self {
        Self { path: ".gitignore".into(), content: Content::Lines(lines) }
    }

    /// Names in the example of an environment.
    pub(in crate::cli) fn variables(path: impl Into<PathBuf>, variables: Vec<Variable>) -> Self {
        Self { path: path.into(), content: Content::Variables(variables) }
    }

    pub(in crate::cli) fn edited(path: impl Into<PathBuf>, edit: impl Edit + 'static) -> Self {
        Self { path: path.into(), content: Content::Edited(Box::new(edit)) }
    }

    pub(in crate::cli) fn package(additions: PackageAdditions) -> Self {
        Self { path: "package.json".into(), content: Content::Package(additions) }
    }
}

impl Content {
    /// The file as it shall be, from the file as it is.
    pub(super) fn over(&self, path: &Path, before: Option<&str>) -> Result<String, ProjectError> {
        let before = before.unwrap_or_default();
        match self {
            Self::Whole(text) => Ok(text.clone()),
            Self::Lines(lines) => Ok(with_lines(before, lines)),
            Self::Variables(variables) => Ok(with_variables(before, variables)),
            Self::Package(additions) => with_additions(path, before, additions),
            Self::Edited(edit) => edit.over(path, before),
        }
    }

    /// Whether what is there stays in it whatever is added.
    pub(super) const fn is_addition(&self) -> bool {
        !matches!(self, Self::Whole(_))
    }
}
