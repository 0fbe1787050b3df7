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

    /// Writes what changes, and tells the path of each file, as it is shown, once it is written.
    pub(in crate::cli) fn write<'a>(&'a self, mut written: impl FnMut(&'a Path)) -> Result<(), ProjectError> {
        self.changes().try_for_each(|item| write(&item.target, &item.after).map(|()| written(&item.path)))
    }
}

impl Item {
    fn new(root: &Path, Part { path, content }: &Part, force: bool) -> Result<Self, ProjectError> {
        let target = resolved(root, path)?;
        let before = read(&target)?;
        let after = content.over(path, before.as_deref())?;
        let fate = match before.as_deref() {
            Some(before) if before == after => Fate::Same,
            Some(before) if !content.is_addition() && is_same_text(before, &after) => Fate::Same,
            Some(_) if !force && !content.is_addition() => Fate::Kept,
            _ => Fate::Changed,
        };
        Ok(Self { path: path.clone(), target, before, after, fate })
    }
}

/// Whether a file holds a text, whatever its line ends are.
pub(in crate::cli) fn is_held_by(path: &Path, text: &str) -> Result<bool, ProjectError> {
    Ok(read(path)?.is_some_and(|there| is_same_text(&there, text)))
}

/// On Windows, git gives a file other line ends than it was written with.
fn is_same_text(there: &str, text: &str) -> bool {
    there.replace("\r\n", "\n") == text
}

/// The text of a file, where there is one.
pub(in crate::cli) fn read(path: &Path) -> Result<Option<String>, ProjectError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ProjectError::Read { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_told_even_where_not_all_could_be() {
        let folder = tempfile::tempdir().unwrap();
        let item = |name: &str, target: PathBuf| Item {
            path: name.into(),
            target,
            before: None,
            after: "new".to_owned(),
            fate: Fate::Changed,
        };
        let there = folder.path().join("a");
        // Nothing can be made below a file.
        let items = vec![item("a", there.clone()), item("b", there.join("b")), item("c", folder.path().join("c"))];
        let plan = Plan { items };
        let mut written = Vec::new();
        let ended = plan.write(|path| written.push(path));
        assert!(matches!(ended, Err(ProjectError::Write { path, .. }) if path == there.join("b")));
        assert_eq!((written, fs::read_to_string(there).unwrap().as_str()), (vec![Path::new("a")], "new"));
        assert!(!folder.path().join("c").exists());
    }
}
