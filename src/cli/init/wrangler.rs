//! wrangler's configuration of a Worker in JavaScript, in TOML or in JSON: the variables that it is to hold.

use std::path::Path;

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstObject, CstRootNode};
use jsonc_parser::json;
use toml_edit::{Item, Table, value};

use super::toml_file::{malformed, parsed, written};
use crate::cli::project::{Edit, ProjectError, split_mark};

/// Placeholders, never values.
const VARS: [(&str, &str); 2] =
    [("CLERK_PUBLISHABLE_KEY", "pk_test_..."), ("CLERK_AUTHORIZED_PARTIES", "http://localhost:3000")];

/// The variables of the API, where they are missing, and where the Worker starts.
#[derive(Debug)]
pub(super) struct WranglerVars {
    /// The whole of a new file, in JSON.
    pub(super) template: String,
    /// The file that the Worker starts with, where that is ours.
    pub(super) main: Option<String>,
}

impl Edit for WranglerVars {
    fn over(&self, path: &Path, before: &str) -> Result<String, ProjectError> {
        if is_toml(path) {
            return self.in_toml(path, before);
        }
        if before.trim().is_empty() { Ok(self.template.clone()) } else { self.in_json(path, before) }
    }
}

impl WranglerVars {
    fn in_toml(&self, path: &Path, before: &str) -> Result<String, ProjectError> {
        let mut document = parsed(path, before)?;
        if let Some(main) = &self.main {
            document.entry("main").or_insert(value(main));
        }
        let vars = document.entry("vars").or_insert(Item::Table(Table::new())).as_table_like_mut();
        let vars = vars.ok_or_else(|| malformed(path, "expected vars to be a table"))?;
        for (name, placeholder) in VARS {
            vars.entry(name).or_insert(value(placeholder));
        }
        Ok(written(&document, before))
    }

    fn in_json(&self, path: &Path, before: &str) -> Result<String, ProjectError> {
        let (mark, before) = split_mark(before);
        let root = tree(path, before)?;
        let object = object(path, &root)?;
        if let Some(main) = self.main.as_ref().filter(|_| object.get("main").is_none()) {
            object.append("main", json!(main.as_str()));
        }
        let vars = object.object_value_or_create("vars");
        let vars = vars.ok_or_else(|| malformed(path, "expected vars to be an object"))?;
        let missing: Vec<_> = VARS.into_iter().filter(|(name, _)| vars.get(name).is_none()).collect();
        if missing.is_empty() {
            return Ok(format!("{mark}{root}"));
        }
        for (name, placeholder) in missing {
            vars.append(name, json!(placeholder));
        }
        vars.ensure_multiline();
        Ok(format!("{mark}{root}"))
    }
}

/// The file that the Worker starts with, where the configuration names one.
pub(super) fn main(name: &str, text: &str) -> Result<Option<String>, ProjectError> {
    let path = Path::new(name);
    if is_toml(path) {
        return Ok(parsed(path, text)?.get("main").and_then(Item::as_str).map(str::to_owned));
    }
    let root = tree(path, split_mark(text).1)?;
    let found = object(path, &root)?.get("main").and_then(|property| property.value()?.as_string_lit());
    Ok(found.and_then(|literal| literal.decoded_value().ok()))
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "toml")
}

fn tree(path: &Path, text: &str) -> Result<CstRootNode, ProjectError> {
    CstRootNode::parse(text, &ParseOptions::default()).map_err(|error| malformed(path, &error.to_string()))
}

fn object(path: &Path, root: &CstRootNode) -> Result<CstObject, ProjectError> {
    root.object_value().ok_or_else(|| malformed(path, "expected an object"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn edited(name: &str, before: &str) -> String {
        let vars = WranglerVars { template: String::new(), main: Some("src/index.ts".to_owned()) };
        let after = vars.over(Path::new(name), before).unwrap();
        assert_eq!(vars.over(Path::new(name), &after).unwrap(), after, "again");
        after
    }

    #[test]
    fn variables_are_added_beside_what_is_there() {
        assert_eq!(
            edited(
                "wrangler.toml",
                "name = \"a\" # mine\r\nmain = \"a.ts\"\r\n\r\n[vars]\r\nCLERK_PUBLISHABLE_KEY = \"pk\"\r\n"
            ),
            "name = \"a\" # mine\r\nmain = \"a.ts\"\r\n\r\n[vars]\r\nCLERK_PUBLISHABLE_KEY = \"pk\"\r\nCLERK_AUTHORIZED_PARTIES = \"http://localhost:3000\"\r\n"
        );
        assert_eq!(
            edited("wrangler.jsonc", "{\n  // mine\n  \"name\": \"a\",\n}\n"),
            "{\n  // mine\n  \"name\": \"a\",\n  \"main\": \"src/index.ts\",\n  \"vars\": {\n    \"CLERK_PUBLISHABLE_KEY\": \"pk_test_...\",\n    \"CLERK_AUTHORIZED_PARTIES\": \"http://localhost:3000\"\n  },\n}\n"
        );
    }

    #[test]
    fn what_is_no_table_is_told() {
        for (name, text) in [("w.toml", "vars = 1"), ("w.jsonc", "{\"vars\": 1}"), ("w.jsonc", "[]"), ("w.json", "{")] {
            assert!(
                WranglerVars { template: String::new(), main: Some("src/index.ts".to_owned()) }
                    .over(Path::new(name), text)
                    .is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn the_start_is_what_the_configuration_names() {
        for (name, text) in [("w.toml", "main = \"a.ts\""), ("w.jsonc", "{ /* */ \"main\": \"a.ts\" }")] {
            assert_eq!(main(name, text).unwrap().as_deref(), Some("a.ts"));
        }
        assert_eq!(main("w.jsonc", "{}").unwrap(), None);
    }
}
