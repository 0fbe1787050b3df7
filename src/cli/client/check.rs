//! `--check`: whether what would be written and generated is what is there.
//!
//! What would be generated goes into a temporary folder, by the very script of the project, so that nothing of it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::ClientError;
use super::place::Place;
use super::wanted::Wanted;
use crate::cli::project::{Plan, diff, programs};
use crate::cli::{CliError, print_result, say};

/// Prints how the project differs as unified diffs; an error where it does.
pub(super) fn run(place: &Place, wanted: &Wanted) -> Result<(), CliError> {
    let plan = Plan::new(&place.root, &wanted.parts, true).map_err(ClientError::Project)?;
    let written: Vec<String> = plan.changes().map(diff::unified).collect();
    // A script that is not as it would be written generates who knows what.
    let is_comparable = written.is_empty();
    let generated = match wanted.generator {
        Some(generator) if is_comparable => generated(place, generator)?,
        _ => Vec::new(),
    };
    let differences = [written, generated].concat();
    for difference in &differences {
        print_result(difference.trim_end_matches('\n'))?;
    }
    match differences.len() {
        0 => say("the client is as it would be written"),
        count => return Err(ClientError::Differs { count }.into()),
    }
    Ok(())
}

fn generated(place: &Place, generator: &str) -> Result<Vec<String>, ClientError> {
    if !is_installed(&place.root, generator) {
        say(&format!("the generated types are not compared: {generator} is not installed"));
        return Ok(Vec::new());
    }
    let folder = tempfile::tempdir().map_err(ClientError::Compare)?;
    let wanted = folder.path().join("gen");
    let script = format!("{}/generate.mjs", place.out);
    programs::run(&place.root, &["node".to_owned(), script, wanted.display().to_string()])?;
    let shown = PathBuf::from(&place.out).join("gen");
    differences(&place.root.join(&shown), &wanted, &shown).map_err(ClientError::Compare)
}

/// Packages may be those of a workspace above.
fn is_installed(root: &Path, package: &str) -> bool {
    root.ancestors().any(|folder| folder.join("node_modules").join(package).is_dir())
}

fn differences(there: &Path, wanted: &Path, shown: &Path) -> io::Result<Vec<String>> {
    let (there, wanted) = (texts(there)?, texts(wanted)?);
    let names: BTreeSet<&PathBuf> = there.keys().chain(wanted.keys()).collect();
    let of = |name: &PathBuf| diff::of_texts(&shown.join(name), there.get(name), wanted.get(name));
    Ok(names.into_iter().filter_map(of).collect())
}

/// The files of a folder, by their paths below it; none where it is not there.
fn texts(folder: &Path) -> io::Result<BTreeMap<PathBuf, String>> {
    let mut found = BTreeMap::new();
    let mut folders = if folder.is_dir() { vec![folder.to_owned()] } else { Vec::new() };
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(name) = path.strip_prefix(folder) {
                found.insert(name.to_owned(), String::from_utf8_lossy(&fs::read(&path)?).into_owned());
            }
        }
    }
    Ok(found)
}
