//! TOML that is added to without touching anything that is there.

use std::path::Path;

use toml_edit::DocumentMut;

use crate::cli::project::ProjectError;

pub(super) fn parsed(path: &Path, text: &str) -> Result<DocumentMut, ProjectError> {
    text.parse().map_err(|error: toml_edit::TomlError| malformed(path, error.message()))
}

pub(super) fn malformed(path: &Path, reason: &str) -> ProjectError {
    ProjectError::Malformed { path: path.to_owned(), reason: reason.lines().next().unwrap_or_default().to_owned() }
}

/// The text of a document with the line ends that the text before had; the editor writes line feeds alone.
pub(super) fn written(document: &DocumentMut, before: &str) -> String {
    let text = document.to_string();
    if before.contains("\r\n") { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text }
}
