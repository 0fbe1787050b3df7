//! Secrets on this machine: `.dev.vars`, or files that are named, read as wrangler reads them.
//!
//! Wrangler's reader takes what a shell would not, such as `A=b c` without quotes, and leaves lines out that it does not
//! understand. A reader of another kind would complain of secrets that the Worker gets, or read them otherwise.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use super::{Place, WranglerError, place_at};

/// Secrets by name. Their texts are shown nowhere.
#[derive(Default)]
pub(in crate::cli) struct Secrets(BTreeMap<String, (String, Option<Place>)>);

impl Secrets {
    /// The secrets that wrangler takes for a configuration in `folder`: of `files`, or without any of its own choice.
    pub(in crate::cli) fn read(
        folder: &Path,
        environment: Option<&str>,
        files: &[PathBuf],
    ) -> Result<Self, WranglerError> {
        let mut secrets = Self::default();
        if !files.is_empty() {
            for file in files {
                secrets.add_file(file)?;
            }
            return Ok(secrets);
        }
        let named = |name: &str| environment.map(|environment| folder.join(format!("{name}.{environment}")));
        let dev_vars = [named(".dev.vars"), Some(folder.join(".dev.vars"))];
        if let Some(file) = dev_vars.into_iter().flatten().find(|file| file.is_file()) {
            secrets.add_file(&file)?;
            return Ok(secrets);
        }
        let local = environment.map(|environment| folder.join(format!(".env.{environment}.local")));
        let dot_env = [Some(folder.join(".env")), Some(folder.join(".env.local")), named(".env"), local];
        for file in dot_env.into_iter().flatten().filter(|file| file.is_file()) {
            secrets.add_file(&file)?;
        }
        Ok(secrets)
    }

    /// Adds what a text has, in the place of what there is under the same names.
    pub(in crate::cli) fn add(&mut self, path: &Path, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        for captures in LINE.captures_iter(&text) {
            let (Some(name), value) = (captures.get(1), captures.get(2)) else { continue };
            let place = place_at(path, &text, name.start());
            let value = unquote(value.map_or("", |value| value.as_str()));
            self.0.insert(name.as_str().to_owned(), (value, Some(place)));
        }
    }

    /// Takes a secret for granted that is somewhere else, with a value that stands for its own.
    pub(in crate::cli) fn assume(&mut self, name: &str, value: &str) {
        self.0.entry(name.to_owned()).or_insert_with(|| (value.to_owned(), None));
    }

    /// A secret's text.
    pub(in crate::cli) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|(text, _)| text.as_str())
    }

    /// Where a secret stands.
    pub(in crate::cli) fn place(&self, name: &str) -> Option<&Place> {
        self.0.get(name).and_then(|(_, place)| place.as_ref())
    }

    /// Forgets the secrets whose names are not to be kept.
    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|name, _| keep(name));
    }

    fn add_file(&mut self, path: &Path) -> Result<(), WranglerError> {
        let read: io::Result<String> = fs::read_to_string(path);
        let text = read.map_err(|source| WranglerError::Read { path: path.to_owned(), source })?;
        self.add(path, &text);
        Ok(())
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// One `NAME=value`: in quotes of three kinds, which may span lines, or up to a `#` or the end of the line.
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    let quoted = r#"'(?:\\'|[^'])*'|"(?:\\"|[^"])*"|`(?:\\`|[^`])*`"#;
    let line = format!(r"(?m)^\s*(?:export\s+)?([\w.-]+)(?:\s*=|:\s)(\s*(?:{quoted})|[^#\n]*)\s*(?:#.*)?$");
    Regex::new(&line).unwrap_or_else(|error| unreachable!("{error}"))
});

/// A value without the white space and the quotes around it; in double quotes, `\n` is a line end.
fn unquote(value: &str) -> String {
    let value = value.trim();
    let quote = value.chars().next().filter(|first| matches!(first, '\'' | '"' | '`'));
    let inner = quote.and_then(|quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value);
    if quote == Some('"') { inner.replace("\\n", "\n").replace("\\r", "\r") } else { inner.to_owned() }
}
