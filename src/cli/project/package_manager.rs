//! The package manager of a Node project: what package.json names, else what left a lock file.

use std::path::Path;

use super::package_json::PackageJson;

/// A package manager that installs what package.json asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum PackageManager {
    Npm,
    Pnpm,
    Yarn,
    Bun,
}

/// Who leaves which file; the first that is there decides.
const LOCK_FILES: [(&str, PackageManager); 6] = [
    ("pnpm-lock.yaml", PackageManager::Pnpm),
    ("yarn.lock", PackageManager::Yarn),
    ("bun.lock", PackageManager::Bun),
    ("bun.lockb", PackageManager::Bun),
    ("package-lock.json", PackageManager::Npm),
    ("npm-shrinkwrap.json", PackageManager::Npm),
];

impl PackageManager {
    /// Of a project: a workspace has its lock file above, but no project looks beyond its repository.
    pub(in crate::cli) fn of(root: &Path, package: &PackageJson) -> Self {
        let named = package.package_manager.as_deref().and_then(Self::named);
        named.or_else(|| folders_of_repository(root).find_map(Self::by_lock_file)).unwrap_or(Self::Npm)
    }

    /// As `packageManager` has it: `pnpm@10.1.0`.
    fn named(specification: &str) -> Option<Self> {
        let name = specification.split('@').next().unwrap_or_default();
        [Self::Npm, Self::Pnpm, Self::Yarn, Self::Bun].into_iter().find(|manager| manager.name() == name)
    }

    fn by_lock_file(folder: &Path) -> Option<Self> {
        LOCK_FILES.into_iter().find(|(file, _)| folder.join(file).is_file()).map(|(_, manager)| manager)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pnpm => "pnpm",
            Self::Yarn => "yarn",
            Self::Bun => "bun",
        }
    }

    /// The command that installs what package.json asks for.
    pub(in crate::cli) fn install(self) -> Vec<String> {
        vec![self.name().to_owned(), "install".to_owned()]
    }

    /// The command that runs a script of package.json.
    pub(in crate::cli) fn run(self, script: &str) -> String {
        format!("{} run {script}", self.name())
    }
}

/// A folder and those above it, up to the one that holds the repository; the folder alone where there is none.
fn folders_of_repository(root: &Path) -> impl Iterator<Item = &Path> {
    let depth = root.ancestors().position(|folder| folder.join(".git").exists()).unwrap_or(0);
    root.ancestors().take(depth + 1)
}
