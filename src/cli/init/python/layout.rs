//! Where a Python project's application is, and so where ours goes and how it is imported.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::error::InitError;
use super::super::plan::read;

/// Names of the files that an application is made in.
const ENTRIES: [&str; 6] = ["main.py", "app.py", "api.py", "server.py", "asgi.py", "__init__.py"];
const APPLICATION: &str = "FastAPI(";

/// Where things are in a Python project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Layout {
    /// The folder that the application is in, below the project's: empty where it is that itself.
    pub(in super::super) folder: PathBuf,
    /// Where the imports of the project start: `.` or `src`.
    pub(super) source: String,
    /// The folder as a module; empty where it is the source folder itself.
    module: String,
    /// The file that makes an application.
    pub(in super::super) entry: Option<String>,
}

impl Layout {
    pub(super) fn of(root: &Path) -> Result<Self, InitError> {
        let folders = folders(root);
        for folder in &folders {
            for name in ENTRIES {
                let is_ours = read(&root.join(folder).join(name))
                    .is_ok_and(|text| text.is_some_and(|text| text.contains(APPLICATION)));
                if is_ours {
                    return Ok(Self::at(root, folder, Some(name.to_owned())));
                }
            }
        }
        // Without an application, a package that is there; else a new one by the name that FastAPI's own documents use.
        let package = folders.iter().find(|folder| !folder.as_os_str().is_empty() && is_package(&root.join(folder)));
        Ok(Self::at(root, package.map_or(Path::new("app"), PathBuf::as_path), None))
    }

    fn at(root: &Path, folder: &Path, entry: Option<String>) -> Self {
        let below = folder.strip_prefix("src").ok().filter(|_| !is_package(&root.join("src")));
        let names = below.unwrap_or(folder).iter().map(|name| name.to_string_lossy().into_owned());
        Self {
            folder: folder.to_owned(),
            source: if below.is_some() { "src" } else { "." }.to_owned(),
            module: names.collect::<Vec<_>>().join("."),
            entry,
        }
    }

    /// A module of the application's folder, as it is imported.
    pub(in super::super) fn module(&self, name: &str) -> String {
        if self.module.is_empty() { name.to_owned() } else { format!("{}.{name}", self.module) }
    }

    /// A file of the application's folder, below the project's.
    pub(in super::super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Whether the application's folder is a package, or would be one.
    pub(in super::super) const fn is_package(&self) -> bool {
        !self.module.is_empty()
    }

    /// What uvicorn is told beside the application.
    pub(in super::super) fn uvicorn_options(&self) -> &'static str {
        if self.source == "src" { " --app-dir src" } else { "" }
    }
}

/// The folders that an application may be in, the likeliest first.
fn folders(root: &Path) -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("app"), PathBuf::new(), PathBuf::from("src")];
    folders.extend(inside(root, "src"));
    folders.extend(inside(root, "").into_iter().filter(|folder| is_package(&root.join(folder))));
    folders.retain(|folder| root.join(folder).is_dir());
    folders
}

/// The folders in a folder, in order, without those that are no code of the project's.
fn inside(root: &Path, folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join(folder)).into_iter().flatten().filter_map(Result::ok);
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let names = folders.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> =
        names.filter(|name| is_module(name) && !["tests", "test", "venv", "env"].contains(&name.as_str())).collect();
    names.sort();
    names.into_iter().map(|name| Path::new(folder).join(name)).collect()
}

/// Whether a name can be imported.
fn is_module(name: &str) -> bool {
    let is_letter = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
    name.chars().all(is_letter) && !name.starts_with(|first: char| first.is_ascii_digit() || first == '_')
}

fn is_package(folder: &Path) -> bool {
    folder.join("__init__.py").is_file()
}
