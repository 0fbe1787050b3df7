//! package.json: read once for what it tells, and added to without touching anything that is there.

use std::borrow::Cow;
use std::path::Path;

use jsonc_parser::cst::{CstObject, CstRootNode};
use jsonc_parser::json;
use jsonc_parser::{ParseOptions, cst::CstInputValue};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::ProjectError;
use super::plan::read;
use super::split_mark;

/// As much of a package.json as decides anything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct PackageJson {
    #[serde(rename = "type")]
    pub(in crate::cli) module_type: Option<String>,
    pub(in crate::cli) main: Option<String>,
    #[serde(rename = "packageManager")]
    pub(in crate::cli) package_manager: Option<String>,
    dependencies: Map<String, Value>,
    #[serde(rename = "devDependencies")]
    dev_dependencies: Map<String, Value>,
    #[serde(rename = "peerDependencies")]
    peer_dependencies: Map<String, Value>,
    #[serde(rename = "optionalDependencies")]
    optional_dependencies: Map<String, Value>,
    pub(in crate::cli) scripts: Map<String, Value>,
}

/// What is added to a package.json where it is missing.
#[derive(Debug, Default)]
pub(in crate::cli) struct PackageAdditions {
    /// The whole file, where there is none.
    pub(in crate::cli) name: String,
    pub(in crate::cli) dependencies: Vec<(&'static str, Cow<'static, str>)>,
    pub(in crate::cli) dev_dependencies: Vec<(&'static str, Cow<'static, str>)>,
    pub(in crate::cli) scripts: Vec<(&'static str, String)>,
}

impl PackageJson {
    /// The package of a folder; none where there is no file.
    pub(in crate::cli) fn read(root: &Path) -> Result<Option<Self>, ProjectError> {
        let path = Path::new("package.json");
        let Some(text) = read(&root.join(path))? else { return Ok(None) };
        let parsed = serde_json::from_str(split_mark(&text).1);
        parsed.map(Some).map_err(|error| malformed(path, error))
    }

    /// Whether it depends on a package, in whatever way.
    pub(in crate::cli) fn has(&self, name: &str) -> bool {
        self.version(name).is_some()
    }

    /// The range of versions that it asks for.
    pub(in crate::cli) fn version(&self, name: &str) -> Option<&str> {
        let groups = [&self.dependencies, &self.dev_dependencies, &self.peer_dependencies, &self.optional_dependencies];
        groups.into_iter().find_map(|group| group.get(name)?.as_str())
    }
}

/// The text of a package.json with what is missing in it; a new one where there is none.
pub(in crate::cli) fn with_additions(
    path: &Path,
    before: &str,
    additions: &PackageAdditions,
) -> Result<String, ProjectError> {
    let PackageAdditions { name, dependencies, dev_dependencies, scripts } = additions;
    let new =
        format!("{{\n  \"name\": {},\n  \"private\": true,\n  \"type\": \"module\"\n}}\n", Value::from(name.as_str()));
    let text = if before.trim().is_empty() { &new } else { before };
    let (mark, text) = split_mark(text);
    let package: PackageJson = serde_json::from_str(text).map_err(|error| malformed(path, error))?;
    let root = CstRootNode::parse(text, &ParseOptions::default()).map_err(|error| malformed(path, error))?;
    let object = root.object_value().ok_or_else(|| malformed(path, "not an object"))?;
    add(&object, "scripts", scripts.iter().filter(|(name, _)| !package.scripts.contains_key(*name)), false);
    add(&object, "dependencies", dependencies.iter().filter(|(name, _)| !package.has(name)), true);
    add(&object, "devDependencies", dev_dependencies.iter().filter(|(name, _)| !package.has(name)), true);
    Ok(format!("{mark}{root}"))
}

/// Adds entries to a member, which is made where it is missing; among names in order as npm would keep them.
fn add<'a, T: AsRef<str> + 'a>(
    object: &CstObject,
    member: &str,
    entries: impl Iterator<Item = &'a (&'static str, T)>,
    in_order: bool,
) {
    let mut entries = entries.peekable();
    if entries.peek().is_none() {
        return;
    }
    let member = object.object_value_or_set(member);
    for (name, value) in entries {
        let names: Vec<String> = member.properties().iter().filter_map(|property| property.decoded_name()).collect();
        let index = if in_order && names.is_sorted() {
            names.partition_point(|there| there.as_str() < *name)
        } else {
            names.len()
        };
        let value: CstInputValue = json!(value.as_ref());
        member.insert(index, name, value);
    }
    member.ensure_multiline();
}

fn malformed(path: &Path, reason: impl ToString) -> ProjectError {
    ProjectError::Malformed { path: path.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn additions() -> PackageAdditions {
        PackageAdditions {
            name: "api".to_owned(),
            dependencies: vec![("clerk-edge", "0.1.0".into()), ("express", "5.3.0".into())],
            dev_dependencies: vec![("tsx", "4.0.0".into())],
            scripts: vec![("dev", "node .".to_owned())],
        }
    }

    #[track_caller]
    fn added(before: &str) -> String {
        let after = with_additions(Path::new("package.json"), before, &additions()).unwrap();
        assert_eq!(with_additions(Path::new("package.json"), &after, &additions()).unwrap(), after, "again");
        after
    }

    #[test]
    fn a_package_that_is_not_there_is_made() {
        assert_eq!(
            added(""),
            r#"{
  "name": "api",
  "private": true,
  "type": "module",
  "scripts": {
    "dev": "node ."
  },
  "dependencies": {
    "clerk-edge": "0.1.0",
    "express": "5.3.0"
  },
  "devDependencies": {
    "tsx": "4.0.0"
  }
}
"#
        );
    }

    #[test]
    fn order_indentation_line_ends_and_what_is_asked_for_stay() {
        let before = "\u{feff}{\r\n\t\"version\": \"1.0.0\",\r\n\t\"devDependencies\": {\r\n\t\t\"tsx\": \"^3\"\r\n\t},\r\n\
            \t\"dependencies\": {\r\n\t\t\"a\": \"1\",\r\n\t\t\"express\": \"^4\"\r\n\t},\r\n\t\"scripts\": {\"dev\": \"x\"},\r\n\t\"name\": \"n\"\r\n}";
        let after = added(before);
        assert_eq!(after, before.replace("\"a\": \"1\",", "\"a\": \"1\",\r\n\t\t\"clerk-edge\": \"0.1.0\","));
    }

    #[test]
    fn names_out_of_order_are_left_so() {
        let after = added("{\n    \"dependencies\": {\n        \"z\": \"1\",\n        \"a\": \"1\"\n    }\n}\n");
        assert!(after.contains("\"z\": \"1\",\n        \"a\": \"1\",\n        \"clerk-edge\": \"0.1.0\""), "{after}");
    }

    #[test]
    fn what_is_no_package_is_told() {
        for text in ["{", "[]", "{\"dependencies\": 1}", "{} {}"] {
            let told = with_additions(Path::new("package.json"), text, &additions()).unwrap_err().to_string();
            assert!(told.starts_with("cannot understand package.json: "), "{told}");
        }
    }
}
