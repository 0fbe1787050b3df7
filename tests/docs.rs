//! The tables of README.md and SECURITY.md against the code, both ways: a name that is in one alone is a lie.
//!
//! A table's rows start with a name in backquotes, `` | `name` | ``, below one of three headings, in sections that end
//! at the next heading of two hashes or fewer:
//!
//! - `## Refusals`: the code; a second cell that is a number is its status;
//! - `## Configuration`: the key as a mistake names it, without `GATEWAY.` and with `[]` for any number, such as
//!   `missing_azp`, `routes[].path` or `routes[].require.reverification.level`;
//! - `## Environment`: the variable, secret or binding.
//!
//! README.md has all three whole; SECURITY.md has what it needs of them, and nothing that does not exist.

#![cfg(not(target_arch = "wasm32"))]

mod support;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clerk_edge::config::{Config, Environment};
use clerk_edge::instance::{InstanceKind, publishable_key};
use clerk_edge::refusal::Refusal;
use serde_json::{Value, json};
use support::request::{Variables, config};

/// A row of a table: its name, and its second cell.
type Row = (String, String);

fn document(name: &str) -> Option<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).ok();
    if text.is_none() {
        println!("{name} is not there yet, so it is not compared");
    }
    text
}

/// The rows of the tables below `## {heading}`.
fn rows(document: &str, heading: &str) -> Vec<Row> {
    let (mut rows, mut is_inside, mut is_code) = (Vec::new(), false, false);
    for line in document.lines() {
        is_code ^= line.trim_start().starts_with("```");
        if is_code {
            continue;
        }
        if line.starts_with("# ") || line.starts_with("## ") {
            is_inside = line.trim_end() == format!("## {heading}");
        } else if is_inside && let Some(rest) = line.strip_prefix("| `") {
            let (name, rest) = rest.split_once('`').expect("a closing backquote");
            let second = rest.split('|').nth(1).unwrap_or_default().trim();
            rows.push((name.to_owned(), second.to_owned()));
        }
    }
    rows
}

/// What is wrong with a document's table of these names; `whole` says whether each of them must be there.
fn complaints(document: &str, heading: &str, known: &BTreeSet<String>, whole: bool) -> Vec<String> {
    let rows = rows(document, heading);
    let mut complaints = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, second) in &rows {
        if !known.contains(name) {
            complaints.push(format!("{heading}: {name} does not exist"));
        } else if !seen.insert(name) {
            complaints.push(format!("{heading}: {name} is there twice"));
        }
        let status = Refusal::examples().iter().find(|refusal| refusal.code() == name).map(|refusal| refusal.status());
        if let (Some(status), Ok(documented)) = (status, second.parse::<u16>())
            && status != documented
        {
            complaints.push(format!("{heading}: {name} is {status}, not {documented}"));
        }
    }
    let missing = known.iter().filter(|name| whole && !seen.contains(name));
    complaints.extend(missing.map(|name| format!("{heading}: {name} is missing")));
    complaints
}

fn refusal_codes() -> BTreeSet<String> {
    Refusal::examples().iter().map(|refusal| refusal.code().to_owned()).collect()
}

/// Every key that a configuration may have, as the mistake about a key that does not exist tells them.
fn configuration_keys() -> Vec<String> {
    let unknown = json!({
        "unknown": 1,
        "routes": [{"unknown": 1, "require": {"unknown": 1, "reverification": {"unknown": 1}}}],
    });
    let mut keys = Vec::new();
    for mistake in config(unknown).unwrap_err() {
        let Some(known) = mistake.text.strip_prefix("unknown key; expected one of ") else { continue };
        let place = mistake.place.strip_prefix("GATEWAY.").unwrap().strip_suffix("unknown").unwrap();
        keys.extend(known.split(", ").map(|key| format!("{}{key}", place.replace("[0]", "[]"))));
    }
    keys
}

/// An environment that notes what it is asked for.
struct Asked {
    variables: Variables,
    names: RefCell<BTreeSet<String>>,
}

impl Environment for Asked {
    fn text(&self, name: &str) -> Option<String> {
        self.names.borrow_mut().insert(name.to_owned());
        self.variables.text(name)
    }

    fn json(&self, name: &str) -> Option<Value> {
        self.names.borrow_mut().insert(name.to_owned());
        self.variables.json(name)
    }

    fn has_service(&self, name: &str) -> bool {
        self.variables.has_service(name)
    }
}

/// Every variable and secret that a configuration asks for, whatever the others say, and the KV binding.
fn environment_names() -> BTreeSet<String> {
    let key = publishable_key(InstanceKind::Production, "clerk.example.com");
    let gateway = json!({"keys_from": "backend-api", "routes": [{"path": "/", "origin": "zone"}]});
    let mut names = BTreeSet::new();
    for variables in [
        json!({}),
        json!({"CLERK_PUBLISHABLE_KEY": key, "CLERK_SECRET_KEY": "sk_test_1", "GATEWAY": gateway}),
        json!({"CLERK_ISSUER": "https://clerk.example.com", "CLERK_JWT_KEY": "x", "GATEWAY": gateway}),
    ] {
        let asked = Asked { variables: Variables::new(variables), names: RefCell::default() };
        let _ = Config::read(&asked, &[]);
        names.extend(asked.names.into_inner());
    }
    for file in source_files(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(file).unwrap();
        let bindings = text.split(".kv(\"").skip(1).filter_map(|rest| rest.split('"').next());
        names.extend(bindings.map(str::to_owned));
    }
    names
}

fn source_files(folder: PathBuf) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { source_files(path) } else { vec![path] }).collect()
}

#[test]
fn the_tables_of_the_readme_are_whole_and_true() {
    let Some(readme) = document("README.md") else { return };
    let mut found = complaints(&readme, "Refusals", &refusal_codes(), true);
    found.extend(complaints(&readme, "Configuration", &configuration_keys().into_iter().collect(), true));
    found.extend(complaints(&readme, "Environment", &environment_names(), true));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_tables_of_the_security_document_are_true() {
    let Some(security) = document("SECURITY.md") else { return };
    let mut found = complaints(&security, "Refusals", &refusal_codes(), false);
    found.extend(complaints(&security, "Configuration", &configuration_keys().into_iter().collect(), false));
    found.extend(complaints(&security, "Environment", &environment_names(), false));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_names_that_the_code_knows_are_found() {
    let keys = configuration_keys();
    for key in [
        "missing_azp",
        "routes",
        "routes[].strip_prefix",
        "routes[].require.any",
        "routes[].require.reverification.level",
    ] {
        assert!(keys.iter().any(|known| known == key), "{key}: {keys:?}");
    }
    let distinct: BTreeSet<&String> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len(), "a mistake tells a key twice: {keys:?}");
    let names = environment_names();
    for name in ["GATEWAY", "CLERK_PUBLISHABLE_KEY", "CLERK_JWT_KEY", "CLERK_API_URL", "CLERK_DOMAIN", "JWKS"] {
        assert!(names.contains(name), "{name}: {names:?}");
    }
}

#[test]
fn a_table_that_lacks_repeats_or_invents_a_name_is_told() {
    let document = "\
# Refusals
| `above` | 1 |
## Refusals
| code | status |
| --- | --- |
| `token-expired` | 401 | it has |
### More
| `path-invalid` | 404 |
| `token-expired` | |
| `invented` | 400 |
```text
| `in-code` | 400 |
```
## Next
| `route-not-found` | 404 |
";
    let known = ["token-expired", "path-invalid", "route-not-found"].map(str::to_owned).into_iter().collect();
    let wrong = [
        "Refusals: path-invalid is 400, not 404",
        "Refusals: token-expired is there twice",
        "Refusals: invented does not exist",
    ];
    assert_eq!(complaints(document, "Refusals", &known, false), wrong);
    let whole = [&wrong[..], &["Refusals: route-not-found is missing"]].concat();
    assert_eq!(complaints(document, "Refusals", &known, true), whole);
}
