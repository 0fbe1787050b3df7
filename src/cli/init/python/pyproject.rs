//! pyproject.toml: read for what it asks for, and added to without touching anything that is there.

use std::path::Path;

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value, value};

use super::super::toml_file::{malformed, parsed, written};
use super::requirements::{Requirement, name};
use super::{PYTHON_MINOR, normalised};
use crate::cli::project::{Edit, ProjectError};

/// What is added to a pyproject.toml.
#[derive(Debug)]
pub(super) struct Additions {
    /// The project's name, where the file is new.
    pub(super) name: String,
    pub(super) is_poetry: bool,
    pub(super) packages: Vec<Requirement>,
    pub(super) for_development: Vec<Requirement>,
    /// Where pytest looks for modules, unless that is settled.
    pub(super) source: Option<String>,
}

impl Edit for Additions {
    fn over(&self, path: &Path, before: &str) -> Result<String, ProjectError> {
        let Self { name, is_poetry, packages, for_development, source } = self;
        let new = format!(
            "[project]\nname = \"{name}\"\nversion = \"0.1.0\"\nrequires-python = \">=3.{PYTHON_MINOR}\"\ndependencies = []\n\n\
             [tool.mypy]\nstrict = true\n"
        );
        let is_new = before.trim().is_empty();
        let mut document = parsed(path, if is_new { &new } else { before })?;
        let root = document.as_table_mut();
        let done = if *is_poetry {
            add_to_table(root, &["tool", "poetry", "dependencies"], packages)
                .and_then(|()| add_to_table(root, &["tool", "poetry", "group", "dev", "dependencies"], for_development))
        } else {
            add_to_array(root, "project", "dependencies", packages)
                .and_then(|()| add_to_array(root, "dependency-groups", "dev", for_development))
        };
        let done = done.and_then(|()| set_source(root, source.as_deref()));
        done.ok_or_else(|| malformed(path, "a table or an array is something else"))?;
        Ok(written(&document, before))
    }
}

/// The table at a path, where there is one.
pub(super) fn table<'a>(document: &'a DocumentMut, path: &[&str]) -> Option<&'a dyn TableLike> {
    let found = path.iter().try_fold(document.as_item(), |item, name| item.get(name))?;
    found.as_table_like()
}

pub(super) fn has_tool(document: &DocumentMut, name: &str) -> bool {
    table(document, &["tool"]).is_some_and(|tools| tools.contains_key(name))
}

/// Every package that any of the tables asks for, by its name, and the whole of what is asked for.
pub(super) fn all_requirements(document: &DocumentMut) -> Vec<(String, String)> {
    let arrays = [&["project"][..], &["project", "optional-dependencies"], &["dependency-groups"], &["tool", "uv"]];
    let arrays = arrays.into_iter().filter_map(|path| table(document, path)).flat_map(TableLike::iter);
    let texts = arrays.filter_map(|(_, item)| item.as_array()).flatten().filter_map(Value::as_str);
    let poetry = [&["tool", "poetry", "dependencies"][..], &["tool", "poetry", "group", "dev", "dependencies"]];
    let of_poetry = poetry.into_iter().filter_map(|path| table(document, path)).flat_map(TableLike::iter);
    let of_poetry = of_poetry.map(|(name, _)| (normalised(name), name.to_owned()));
    texts.filter_map(|text| Some((name(text)?, text.to_owned()))).chain(of_poetry).collect()
}

/// Adds requirements to the array of this name, in the way that its elements are written.
fn add_to_array(root: &mut Table, parent: &str, member: &str, wanted: &[Requirement]) -> Option<()> {
    if wanted.is_empty() {
        return Some(());
    }
    let parent = root.entry(parent).or_insert(Item::Table(Table::new())).as_table_like_mut()?;
    let array = parent.entry(member).or_insert(value(Array::new())).as_array_mut()?;
    let prefix = array.iter().last().and_then(|last| last.decor().prefix()?.as_str().map(str::to_owned));
    // An empty array, and one whose elements stand on lines of their own, gets a line an element.
    let prefix =
        prefix.filter(|prefix| prefix.contains('\n')).or_else(|| array.is_empty().then(|| "\n    ".to_owned()));
    // What stands between the last element and the bracket stays there.
    let after = array.get_mut(array.len().wrapping_sub(1)).and_then(|last| {
        let after = last.decor().suffix()?.as_str()?.to_owned();
        last.decor_mut().set_suffix("");
        Some(after)
    });
    for requirement in wanted {
        match &prefix {
            Some(prefix) => array.push_formatted(Value::from(requirement.exact()).decorated(prefix, "")),
            None => array.push(requirement.exact()),
        }
    }
    if prefix.is_some() {
        let is_below = array.trailing().as_str().is_some_and(|trailing| trailing.contains('\n'));
        if !is_below {
            array.set_trailing(after.filter(|after| after.contains('\n')).unwrap_or_else(|| "\n".to_owned()));
        }
        array.set_trailing_comma(true);
    }
    Some(())
}

/// Adds packages to a table of names and versions. To Poetry a bare version is that one alone.
fn add_to_table(root: &mut Table, path: &[&str], wanted: &[Requirement]) -> Option<()> {
    if wanted.is_empty() {
        return Some(());
    }
    let table = in_tables(root, path)?;
    for requirement in wanted {
        table.entry(requirement.name).or_insert(value(requirement.version));
    }
    Some(())
}

fn set_source(root: &mut Table, source: Option<&str>) -> Option<()> {
    let Some(source) = source else { return Some(()) };
    let table = in_tables(root, &["tool", "pytest", "ini_options"])?;
    table.entry("pythonpath").or_insert(value(Array::from_iter([source])));
    Some(())
}

/// The table at a path; those on the way that are missing are made without a header of their own.
fn in_tables<'a>(root: &'a mut Table, path: &[&str]) -> Option<&'a mut dyn TableLike> {
    let (first, rest) = path.split_first()?;
    let mut new = Table::new();
    new.set_implicit(!rest.is_empty());
    let item = root.entry(first).or_insert(Item::Table(new));
    if rest.is_empty() { item.as_table_like_mut() } else { in_tables(item.as_table_mut()?, rest) }
}
