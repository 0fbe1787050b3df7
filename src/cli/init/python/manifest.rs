//! What declares a Python project's dependencies.

use toml_edit::{DocumentMut, Item};

use super::normalised;
use super::pyproject::{all_requirements, table};
use super::requirements::names;

/// Where dependencies are declared, with those that are.
#[derive(Debug)]
pub(super) struct Manifest {
    kind: Kind,
    /// Each package's name, normalised, and what is asked for of it, as it is written.
    asked_for: Vec<(String, String)>,
    /// The oldest minor version of Python 3 that the project runs on.
    minor: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `[project]` of pyproject.toml (PEP 621), also in a new one.
    Project,
    /// `[tool.poetry.dependencies]`.
    Poetry,
    /// requirements.txt.
    Requirements,
}

impl Manifest {
    pub(super) fn of(document: Option<&DocumentMut>, requirements: Option<&str>) -> Self {
        let project = document.and_then(|document| table(document, &["project"]));
        let poetry = document.and_then(|document| table(document, &["tool", "poetry", "dependencies"]));
        let is_dynamic = project.and_then(|project| project.get("dynamic")).is_some_and(|dynamic| {
            dynamic.as_array().is_some_and(|names| names.iter().any(|name| name.as_str() == Some("dependencies")))
        });
        let kind = match (document, project, poetry) {
            (_, Some(_), _) if !is_dynamic => Kind::Project,
            (_, None, Some(_)) => Kind::Poetry,
            (None, ..) if requirements.is_none() => Kind::Project,
            _ => Kind::Requirements,
        };
        let python = project.and_then(|project| project.get("requires-python")).or_else(|| poetry?.get("python"));
        let mut asked_for = document.map(all_requirements).unwrap_or_default();
        asked_for.extend(requirements.map(names).unwrap_or_default());
        Self { kind, asked_for, minor: python.and_then(Item::as_str).and_then(oldest_minor) }
    }

    pub(super) fn is_requirements(&self) -> bool {
        self.kind == Kind::Requirements
    }

    pub(super) fn is_poetry(&self) -> bool {
        self.kind == Kind::Poetry
    }

    pub(super) const fn minor(&self) -> Option<u32> {
        self.minor
    }

    /// What is asked for of a package, where anything is.
    pub(super) fn asked_for(&self, name: &str) -> Option<String> {
        let name = normalised(name);
        self.asked_for.iter().find(|(there, _)| *there == name).map(|(_, asked_for)| asked_for.clone())
    }
}

/// The lowest version of `>=3.9`, `^3.9` or `~=3.9`.
fn oldest_minor(versions: &str) -> Option<u32> {
    let bounds = versions.split(',').filter_map(|bound| {
        let version = bound.trim().trim_start_matches(['>', '=', '^', '~', ' ']).strip_prefix("3.")?;
        let is_lower = !bound.trim().starts_with(['<', '!']);
        version.split('.').next()?.trim_end_matches('*').parse().ok().filter(|_| is_lower)
    });
    bounds.min()
}
