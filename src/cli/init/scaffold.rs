//! What a framework wants of a project: files that are its own, and additions to files that belong to the project.

use crate::cli::project::{Content, Part};

/// What a framework wants of a project.
#[derive(Debug, Default)]
pub(super) struct Scaffold {
    pub(super) parts: Vec<Part>,
    /// What the user does next, a sentence each.
    pub(super) next_steps: Vec<String>,
    /// The command that installs the dependencies, a word each.
    pub(super) install_with: Vec<String>,
}

impl Scaffold {
    /// Adds a script to the package.json that the scaffold has additions for.
    pub(super) fn add_script(&mut self, name: &'static str, script: Option<String>) {
        for part in &mut self.parts {
            if let Content::Package(additions) = &mut part.content {
                additions.scripts.extend(script.clone().map(|script| (name, script)));
            }
        }
    }
}
