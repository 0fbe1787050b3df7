//! Cargo.toml of a Worker: the template's, or the dependencies that one which is there does not have.

use std::path::Path;

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, value};

use super::super::error::InitError;
use super::super::plan::read;
use super::super::toml_file::{malformed, parsed, written};
use crate::cli::project::{Edit, ProjectError};

const FILE: &str = "Cargo.toml";

/// What is added to a Cargo.toml.
#[derive(Debug)]
pub(super) struct CargoAdditions {
    /// The whole of a new one.
    pub(super) template: String,
}

/// Whether a folder's package is a Worker's.
pub(super) fn is_worker(root: &Path) -> Result<bool, InitError> {
    let Some(text) = read(&root.join(FILE))? else { return Ok(false) };
    let document = parsed(Path::new(FILE), &text)?;
    let dependencies = document.get("dependencies").and_then(Item::as_table_like);
    Ok(dependencies.is_some_and(|names| names.contains_key("worker") || names.contains_key("clerk-edge")))
}

/// A workspace that is no package itself has no dependencies, and cargo takes none for it.
pub(super) fn check_package(root: &Path) -> Result<(), InitError> {
    let Some(text) = read(&root.join(FILE))? else { return Ok(()) };
    let document = parsed(Path::new(FILE), &text)?;
    let has = |name: &str| document.contains_key(name);
    if has("workspace") && !has("package") { Err(InitError::Workspace(FILE.into())) } else { Ok(()) }
}

impl Edit for CargoAdditions {
    fn over(&self, path: &Path, before: &str) -> Result<String, ProjectError> {
        if before.trim().is_empty() {
            return Ok(self.template.clone());
        }
        let mut document = parsed(path, before)?;
        let template = parsed(path, &self.template)?;
        let root = document.as_table_mut();
        let done = add_dependencies(root, &template).and_then(|()| make_library(root));
        done.ok_or_else(|| malformed(path, "a table is something else"))?;
        Ok(written(&document, before))
    }
}

fn add_dependencies(root: &mut Table, template: &DocumentMut) -> Option<()> {
    let dependencies = root.entry("dependencies").or_insert(Item::Table(Table::new())).as_table_like_mut()?;
    for (name, item) in template.get("dependencies")?.as_table_like()?.iter() {
        dependencies.entry(name).or_insert(item.clone());
    }
    Some(())
}

/// A Worker is a library that JavaScript can load.
fn make_library(root: &mut Table) -> Option<()> {
    let library: &mut dyn TableLike = root.entry("lib").or_insert(Item::Table(Table::new())).as_table_like_mut()?;
    let kinds = library.entry("crate-type").or_insert(value(Array::new())).as_array_mut()?;
    if !kinds.iter().any(|kind| kind.as_str() == Some("cdylib")) {
        kinds.push("cdylib");
    }
    Some(())
}
