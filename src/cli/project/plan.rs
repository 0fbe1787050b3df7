//! What would become of each file, decided before anything is written.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::error::ProjectError;
use super::part::Part;
use super::write::{resolved, write};

/// Every file that a scaffold names, as it is and as it shall be.
#[derive(Debug)]
pub(in crate::cli) struct Plan {
    items: Vec<Item>,
}

/// One file.
#[derive(Debug)]
pub(in crate::cli) struct Item {
    /// Below the project's folder, as it is shown.
    pub(in crate::cli) path: PathBuf,
    /// Where it is on the disk, behind links.
    target: PathBuf,
    pub(in crate::cli) before: Option<String>,
    pub(in crate::cli) after: String,
    pub(in crate::cli) fate: Fate,
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Fate {
    /// It is as it shall be.
    Same,
    /// It is written.
    Changed,
    /// It differs, and is not ours to change.
    Kept,
}

impl Plan {
    pub(in crate::cli) fn new(root: &Path, parts: &[Part], force: bool) -> Result<Self, ProjectError> {
        let items = parts.iter().map(|part| Item::new(root, part, force)).collect::<Result<_, _>>()?;
        Ok(Self { items })
    }

    pub(in crate::cli) fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.iter()
    }

    pub(in crate::cli) fn changes(&self) -> impl Iterator<Item = &Item> {
        self.items().filter(|item| item.fate == Fate::Changed)
    }

    /// Writes what changes. Returns the paths as they are shown.
    pub(in crate::cli) fn write(&self) -> Result<Vec<&Path>, ProjectError> {
        self.changes().map(|item| write(&item.target, &item.after).map(|()| item.path.as_path())).collect()
    }
}

impl Item {
    fn new(root: &Path, Part { path, content }: &Part, force: bool) -> Result<Self, ProjectError> {
        let target = resolved(root, path)?;
        let before = read(&target)?;
        let after = content.over(path, before.as_deref())?;
        let fate = match before.as_deref() {
            Some(before) if before == after => Fate::Same,
            Some(_) if !force && !content.is_addition() => Fate::Kept,
            _ => Fate::Changed,
        };
        Ok(Self { path: path.clone(), target, before, after, fate })
    }
}

/// The text of a file, where there is one.
pub(in crate::cli) fn read(path: &Path) -> Result<Option<String>, ProjectError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ProjectError::Read { path: path.to_owned(), source }),
    }
}
