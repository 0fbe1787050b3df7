//! A `wrangler.toml`, or a `wrangler.jsonc`, as the Worker gets it: its variables, its bindings by name, and the place of
//! every one.
//!
//! Wrangler hands a variable over as text where it is text and as JSON where it is anything else. An environment,
//! `[env.NAME]`, inherits some keys of the top level and others not; variables and bindings are among those that it does
//! not, so that an environment without variables of its own has none.

mod environment;
mod secrets;
mod tree;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub(super) use self::environment::WranglerEnvironment;
pub(super) use self::secrets::Secrets;
pub(super) use self::tree::Node;
use super::project::split_mark;

/// Where something stands: a file, and a line counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) file: PathBuf,
    pub(super) line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file.display(), self.line)
    }
}

/// Why there is no configuration to look at.
#[derive(Debug, Error)]
pub(super) enum WranglerError {
    /// A file that cannot be read.
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// Text that is neither TOML nor JSON.
    #[error("{}", complaints(.0))]
    Syntax(Vec<(Place, String)>),
    /// An environment that the file does not have.
    #[error("there is no [env.{name}] in {}; it has {known}", path.display())]
    Environment { path: PathBuf, name: String, known: String },
}

/// A file's content, and which of its environments counts.
#[derive(Debug)]
pub(super) struct Wrangler {
    path: PathBuf,
    text: String,
    root: Node,
    environment: Option<String>,
}

impl Wrangler {
    /// Reads the file at `path`, for an environment of it or, without one, for its top level.
    pub(super) fn read(path: &Path, environment: Option<&str>) -> Result<Self, WranglerError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(path, text, environment),
            Err(source) => Err(WranglerError::Read { path: path.to_owned(), source }),
        }
    }

    /// The same from a text that is at hand; `path` is what places in it are named by.
    pub(super) fn parse(path: &Path, text: String, environment: Option<&str>) -> Result<Self, WranglerError> {
        let read = if is_json(path, &text) { Node::parse_json } else { Node::parse };
        let root = read(path, &text).map_err(WranglerError::Syntax)?;
        let wrangler = Self { path: path.to_owned(), text, root, environment: environment.map(str::to_owned) };
        match environment {
            Some(name) if wrangler.environment_table().is_none() => Err(WranglerError::Environment {
                path: path.to_owned(),
                name: name.to_owned(),
                known: match wrangler.environments() {
                    known if known.is_empty() => "none".to_owned(),
                    known => known.join(", "),
                },
            }),
            _ => Ok(wrangler),
        }
    }

    /// The path that it was read from.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What to write into it, in the language that it is in.
    pub(super) fn spelled(&self, toml: String, json: String) -> String {
        if is_json(&self.path, &self.text) { json } else { toml }
    }

    /// The environment that counts, if it is not the top level.
    pub(super) fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    /// The names of its environments.
    pub(super) fn environments(&self) -> Vec<&str> {
        let environments = self.root.get("env").map_or(&[][..], Node::members);
        environments.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The variables, where there are any.
    pub(super) fn vars(&self) -> Option<&Node> {
        self.own("vars").filter(|vars| vars.is_table())
    }

    /// The variables of the top level and of every environment, each by its name.
    pub(super) fn all_vars(&self) -> impl Iterator<Item = (&str, &Node)> {
        let environments = self.root.get("env").map_or(&[][..], Node::members).iter().map(|(_, node)| node);
        let vars = std::iter::once(&self.root).chain(environments).filter_map(|node| node.get("vars"));
        vars.flat_map(Node::members).map(|(name, node)| (name.as_str(), node))
    }

    /// The value of a key that environments do not inherit, such as `vars`, `services` or `kv_namespaces`.
    pub(super) fn own(&self, key: &str) -> Option<&Node> {
        match self.environment {
            Some(_) => self.environment_table()?.get(key),
            None => self.root.get(key),
        }
    }

    /// The value of a key that environments inherit, such as `compatibility_flags` or `triggers`.
    pub(super) fn inherited(&self, key: &str) -> Option<&Node> {
        self.environment_table().and_then(|table| table.get(key)).or_else(|| self.root.get(key))
    }

    /// The names in a list of bindings: what each of its tables has under `key`.
    pub(super) fn bindings(&self, list: &str, key: &str) -> Vec<&str> {
        let bindings = self.own(list).map_or(&[][..], Node::elements);
        bindings.iter().filter_map(|binding| binding.get(key)?.as_str()).collect()
    }

    /// Where a node of this file stands.
    pub(super) fn place_of(&self, node: &Node) -> Place {
        place_at(&self.path, &self.text, node.start)
    }

    /// Where the variables begin: their table, or else the environment's, or else the file.
    pub(super) fn place_of_vars(&self) -> Place {
        let start = self.own("vars").or_else(|| self.environment_table()).map_or(0, |node| node.start);
        place_at(&self.path, &self.text, start)
    }

    /// Where a place of a mistake stands, such as `GATEWAY.routes[2].require.role`: the key itself, or, where it is
    /// missing, the nearest table around it. `None` where there is no such variable.
    pub(super) fn find(&self, place: &str) -> Option<Place> {
        self.vars()?.find(place).map(|node| self.place_of(node))
    }

    fn environment_table(&self) -> Option<&Node> {
        self.root.get("env")?.get(self.environment.as_deref()?)
    }
}

/// The names of a configuration, in the order in which wrangler looks for them.
const NAMES: [&str; 3] = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

/// The configuration that wrangler takes in this folder; where there is none, the name that most know.
pub(super) fn found() -> PathBuf {
    let there = NAMES.into_iter().find(|name| Path::new(name).is_file());
    there.unwrap_or("wrangler.toml").into()
}

/// Whether a text is JSON: it is called so or, where it has no such name, begins as no TOML does.
fn is_json(path: &Path, text: &str) -> bool {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("json" | "jsonc") => true,
        Some("toml") => false,
        _ => split_mark(text).1.trim_start().starts_with(['{', '/']),
    }
}

/// The place of a byte of a text.
pub(super) fn place_at(path: &Path, text: &str, start: usize) -> Place {
    let before = text.as_bytes().get(..start).unwrap_or(text.as_bytes());
    Place { file: path.to_owned(), line: 1 + before.iter().filter(|byte| **byte == b'\n').count() }
}

fn complaints(list: &[(Place, String)]) -> String {
    list.iter().map(|(place, text)| format!("{place}: {text}")).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
