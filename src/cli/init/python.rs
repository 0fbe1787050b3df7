//! A Python project: where its application is, what declares its dependencies, and what installs them.

mod layout;
mod manifest;
mod pyproject;
mod requirements;

use std::path::Path;

use super::error::InitError;
use super::plan::read;
use super::toml_file::parsed;
use crate::cli::project::Part;

pub(super) use self::layout::Layout;
use self::manifest::Manifest;
pub(super) use self::requirements::Requirement;

/// The oldest Python that the code runs on; it has `asyncio.timeout`.
pub(super) const PYTHON_MINOR: u32 = 11;

/// What is known of a Python project.
#[derive(Debug)]
pub(super) struct PythonProject {
    name: String,
    pub(super) layout: Layout,
    manifest: Manifest,
    manager: Manager,
    /// The Python that pip belongs to.
    python: String,
    has_pytest_settings: bool,
    /// Whether there is a lock file of Poetry's.
    is_locked: bool,
}

/// What installs packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manager {
    Uv,
    Poetry,
    Pip,
}

impl PythonProject {
    pub(super) fn read(root: &Path) -> Result<Self, InitError> {
        let text = read(&root.join(PYPROJECT))?;
        let document = text.as_deref().map(|text| parsed(Path::new(PYPROJECT), text)).transpose()?;
        let requirements = read(&root.join(requirements::FILE))?;
        let manifest = Manifest::of(document.as_ref(), requirements.as_deref());
        let has = |file: &str| root.join(file).is_file();
        let tool = |name: &str| document.as_ref().is_some_and(|document| pyproject::has_tool(document, name));
        let backend =
            document.as_ref().and_then(|document| document.get("build-system")?.get("build-backend")?.as_str());
        let is_built_by = |name: &str| backend.is_some_and(|backend| backend.starts_with(name));
        let manager = match () {
            () if has("uv.lock") || tool("uv") || is_built_by("uv") => Manager::Uv,
            () if has("poetry.lock") || tool("poetry") || is_built_by("poetry") => Manager::Poetry,
            () => Manager::Pip,
        };
        let names = [".venv/bin/python", "venv/bin/python", ".venv/Scripts/python.exe", "venv/Scripts/python.exe"];
        Ok(Self {
            name: name(root),
            layout: Layout::of(root)?,
            has_pytest_settings: tool("pytest") || has("pytest.ini") || has(".pytest.ini") || has("tox.ini"),
            python: names.into_iter().find(|name| has(name)).unwrap_or("python3").to_owned(),
            is_locked: has("poetry.lock"),
            manager,
            manifest,
        })
    }

    /// Whether it depends on a package.
    pub(super) fn has(&self, name: &str) -> bool {
        self.manifest.asked_for(name).is_some()
    }

    /// The manifest, with these packages and those of development added, and where pytest finds the sources.
    pub(super) fn parts(&self, packages: &[Requirement], for_development: &[Requirement]) -> Vec<Part> {
        let missing = |wanted: &[Requirement]| {
            wanted.iter().filter(|requirement| !self.has(requirement.name)).copied().collect::<Vec<_>>()
        };
        let (packages, for_development) = (missing(packages), missing(for_development));
        let source = (!self.has_pytest_settings).then(|| self.layout.source.clone());
        if self.manifest.is_requirements() {
            return requirements::parts(packages, for_development, source);
        }
        let is_poetry = self.manifest.is_poetry();
        let name = self.name.clone();
        vec![Part::edited(PYPROJECT, pyproject::Additions { name, is_poetry, packages, for_development, source })]
    }

    /// The command that installs what was added.
    pub(super) fn install(&self, packages: &[Requirement], for_development: &[Requirement]) -> Vec<String> {
        let words = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let files = format!("-r {} -r {}", requirements::FILE, requirements::DEVELOPMENT);
        match (self.manager, self.manifest.is_requirements()) {
            (Manager::Uv, false) => words("uv sync"),
            (Manager::Uv, true) => words(&format!("uv pip install {files}")),
            // It installs nothing by a lock file that is older than what it is asked for.
            (Manager::Poetry, false) => words(if self.is_locked { "poetry lock" } else { "poetry install" }),
            (_, true) => words(&format!("{} -m pip install {files}", self.python)),
            (Manager::Pip, false) => {
                let all = packages.iter().chain(for_development);
                let asked_for = |wanted: &Requirement| self.manifest.asked_for(wanted.name).unwrap_or(wanted.exact());
                words(&format!("{} -m pip install", self.python)).into_iter().chain(all.map(asked_for)).collect()
            }
        }
    }

    /// What is left to do after that, where it is a command of its own.
    pub(super) fn after_installation(&self) -> Option<&'static str> {
        (self.manager == Manager::Poetry && self.is_locked).then_some("poetry install")
    }

    /// Whether it says that it runs on a Python that is too old.
    pub(super) const fn is_too_old(&self) -> bool {
        matches!(self.manifest.minor(), Some(minor) if minor < PYTHON_MINOR)
    }

    /// How a module of the project is run.
    pub(super) fn run(&self, words: &str) -> String {
        match self.manager {
            Manager::Uv => format!("uv run {words}"),
            Manager::Poetry => format!("poetry run {words}"),
            Manager::Pip => format!("{} -m {words}", self.python),
        }
    }
}

const PYPROJECT: &str = "pyproject.toml";

/// The name of the folder, as a package's.
fn name(root: &Path) -> String {
    let name = root.file_name().map(|name| normalised(&name.to_string_lossy())).unwrap_or_default();
    if name.is_empty() { "api".to_owned() } else { name }
}

/// The name of a package as indexes compare it (PEP 503).
fn normalised(name: &str) -> String {
    let parts = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_lowercase()
}

#[cfg(test)]
mod tests;
