//! requirements.txt, and the one for development beside it.

use std::path::Path;

use super::normalised;
use crate::cli::project::{Edit, Part, ProjectError};

pub(super) const FILE: &str = "requirements.txt";
pub(super) const DEVELOPMENT: &str = "requirements-dev.txt";

/// A package of one version.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Requirement {
    pub(in super::super) name: &'static str,
    pub(in super::super) version: &'static str,
}

impl Requirement {
    pub(super) fn exact(&self) -> String {
        format!("{}=={}", self.name, self.version)
    }
}

/// Each package that a text asks for, by its name, and the whole of what is asked for.
pub(super) fn names(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
    lines.filter_map(|line| Some((name(line)?, line.to_owned()))).collect()
}

/// The name that a requirement (PEP 508) starts with, normalised.
pub(super) fn name(requirement: &str) -> Option<String> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let end = requirement.find(|letter| !is_letter(letter)).unwrap_or(requirement.len());
    let name = &requirement[..end];
    name.starts_with(|first: char| first.is_ascii_alphanumeric()).then(|| normalised(name))
}

/// The files with what is missing in them.
pub(super) fn parts(
    packages: Vec<Requirement>,
    for_development: Vec<Requirement>,
    source: Option<String>,
) -> Vec<Part> {
    let mut parts = vec![Part::edited(FILE, Lines(packages)), Part::edited(DEVELOPMENT, Lines(for_development))];
    parts.extend(source.map(|source| Part::whole("pytest.ini", format!("[pytest]\npythonpath = {source}\n"))));
    parts
}

/// Requirements to add, a line each.
#[derive(Debug)]
struct Lines(Vec<Requirement>);

impl Edit for Lines {
    fn over(&self, _path: &Path, before: &str) -> Result<String, ProjectError> {
        let there = names(before);
        let end = if before.contains("\r\n") { "\r\n" } else { "\n" };
        let mut text = before.to_owned();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push_str(end);
        }
        for requirement in self.0.iter().filter(|wanted| !there.iter().any(|(name, _)| name == wanted.name)) {
            text.push_str(&requirement.exact());
            text.push_str(end);
        }
        Ok(if text.trim_end() == before.trim_end() { before.to_owned() } else { text })
    }
}
