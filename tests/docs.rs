//! README.md and SECURITY.md against the code, both ways: a name that is in one alone is a lie.
//!
//! In README.md a row names what it is about in backquotes in its first cell, several with a comma between them:
//!
//! - below `## Refusals`: the code; a second cell that is a number is its status;
//! - below `## Configuration`: the key, in tables whose heads say ``key of `[vars.GATEWAY]` `` or
//!   ``key of `[[vars.GATEWAY.routes]]` ``; the keys of `require` stand in that row's other cells, each in backquotes;
//!   those of `cors` and `limit` in tables whose heads say ``key of `[vars.GATEWAY.cors]` `` and ``key of `limit` ``; those of `reverification` in an inline table on the line that begins with its name;
//! - below `## Environment`: the variable, secret or binding.
//!
//! In SECURITY.md whatever stands in backquotes and is spelt like a key or a variable, with an underscore, must be one.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Clippy takes helpers of tests for no tests.

mod support;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clerk_edge::config::{Config, Environment};
use clerk_edge::instance::{InstanceKind, publishable_key};
use clerk_edge::refusal::Refusal;
use serde_json::{Value, json};
use support::request::{Variables, config};

fn document(name: &str) -> Option<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).ok();
    if text.is_none() {
        println!("{name} is not there, so it is not compared");
    }
    text
}

/// The lines below `## {heading}`, code aside.
fn section<'a>(document: &'a str, heading: &str) -> Vec<&'a str> {
    let (mut lines, mut is_inside, mut is_code) = (Vec::new(), false, false);
    for line in document.lines() {
        is_code ^= line.trim_start().starts_with("```");
        if is_code {
            continue;
        }
        if line.starts_with("# ") || line.starts_with("## ") {
            is_inside = line.trim_end() == format!("## {heading}");
        } else if is_inside {
            lines.push(line);
        }
    }
    lines
}

/// What stands in backquotes in a text.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The names of a table's row, and its other cells; none for other lines.
fn row(line: &str) -> (Vec<&str>, &str) {
    let cells = line.strip_prefix("| `").and_then(|_| line[2..].split_once('|'));
    cells.map_or((Vec::new(), ""), |(names, rest)| (quoted(names), rest))
}

/// The names below a heading whose rows are one table of names.
fn documented(document: &str, heading: &str) -> Vec<String> {
    section(document, heading).into_iter().flat_map(|line| row(line).0).map(str::to_owned).collect()
}

/// The configuration keys that a document names, each in its place.
fn documented_keys(document: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut place = "nowhere.";
    for line in section(document, "Configuration") {
        if line.starts_with("| key of `[vars.GATEWAY]`") {
            place = "";
        } else if line.starts_with("| key of `[[vars.GATEWAY.routes]]`") {
            place = "routes[].";
        } else if line.starts_with("| key of `[vars.GATEWAY.cors]`") {
            place = "cors.";
        } else if line.starts_with("| key of `limit`") {
            place = "routes[].limit.";
        }
        let (names, rest) = row(line);
        keys.extend(names.iter().map(|name| format!("{place}{name}")));
        if names == ["require"] {
            let first_words = quoted(rest).into_iter().filter_map(|text| text.split(' ').next());
            keys.extend(first_words.map(|key| format!("routes[].require.{key}")));
        }
        if line.starts_with("`reverification`") {
            let table =
                line.split_once("`{").and_then(|(_, rest)| rest.split_once("}`")).map_or("", |(table, _)| table);
            let inner = table.split(',').filter_map(|pair| pair.split_once('=')).map(|(key, _)| key.trim());
            keys.extend(inner.map(|key| format!("routes[].require.reverification.{key}")));
        }
    }
    keys
}

/// What is wrong with a list of documented names, of which each that is known must be one, and nothing else.
fn complaints(documented: &[String], known: &BTreeSet<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut complaints = Vec::new();
    for name in documented {
        if !known.contains(name) {
            complaints.push(format!("{name} does not exist"));
        } else if !seen.insert(name) {
            complaints.push(format!("{name} is there twice"));
        }
    }
    complaints.extend(known.iter().filter(|name| !seen.contains(name)).map(|name| format!("{name} is missing")));
    complaints
}

/// The refusals whose documented status is another.
fn wrong_statuses(document: &str) -> Vec<String> {
    let examples = Refusal::examples();
    let wrong = |line: &&str| {
        let (names, rest) = row(line);
        let documented = rest.split('|').next().unwrap_or_default().trim().parse::<u16>();
        let refusal = examples.iter().find(|refusal| names == [refusal.code()]);
        refusal.is_some_and(|refusal| documented != Ok(refusal.status()))
    };
    section(document, "Refusals").into_iter().filter(wrong).map(str::to_owned).collect()
}

/// What is quoted and spelt like a key or a variable, but is none.
fn unknown_words(document: &str, keys: &[String], variables: &BTreeSet<String>) -> Vec<String> {
    let is_of = |text: &str, letter: fn(&u8) -> bool| {
        text.contains('_') && text.bytes().all(|byte| byte == b'_' || letter(&byte))
    };
    let is_key = |text: &str| keys.iter().any(|key| key.rsplit('.').next() == Some(text));
    let is_unknown = |text: &&str| {
        is_of(text, u8::is_ascii_lowercase) && !is_key(text)
            || is_of(text, u8::is_ascii_uppercase) && !variables.contains(*text)
    };
    quoted(document).into_iter().filter(is_unknown).map(str::to_owned).collect()
}

fn refusal_codes() -> BTreeSet<String> {
    Refusal::examples().iter().map(|refusal| refusal.code().to_owned()).collect()
}

/// Every key that a configuration may have, as the mistake about a key that does not exist tells them.
fn configuration_keys() -> Vec<String> {
    let unknown = json!({
        "unknown": 1,
        "cors": {"unknown": 1},
        "routes": [{"unknown": 1, "limit": {"unknown": 1}, "require": {"unknown": 1, "reverification": {"unknown": 1}}}],
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

    fn has_rate_limit(&self, name: &str) -> bool {
        self.names.borrow_mut().insert(name.to_owned());
        self.variables.has_rate_limit(name)
    }
}

/// Every variable and secret that a configuration asks for, whatever the others say, and the KV binding.
fn environment_names() -> BTreeSet<String> {
    let key = publishable_key(InstanceKind::Production, "clerk.example.com");
    let limit = json!({"requests": 100, "per_seconds": 60, "by": "user"});
    let gateway = json!({"keys_from": "backend-api", "routes": [{"path": "/", "origin": "zone", "limit": limit}]});
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
        let bindings = text.split(".able(\"").skip(1).filter_map(|rest| rest.split('"').next());
        names.extend(bindings.map(str::to_owned));
    }
    names
}

fn source_files(folder: PathBuf) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { source_files(path) } else { vec![path] }).collect()
}

#[test]
fn the_readme_names_every_refusal_with_its_status() {
    let Some(readme) = document("README.md") else { return };
    assert_eq!(complaints(&documented(&readme, "Refusals"), &refusal_codes()), [""; 0]);
    assert_eq!(wrong_statuses(&readme), [""; 0]);
}

#[test]
fn the_readme_names_every_configuration_key_in_its_place() {
    let Some(readme) = document("README.md") else { return };
    assert_eq!(complaints(&documented_keys(&readme), &configuration_keys().into_iter().collect()), [""; 0]);
}

#[test]
fn the_readme_names_every_variable_secret_and_binding() {
    let Some(readme) = document("README.md") else { return };
    assert_eq!(complaints(&documented(&readme, "Environment"), &environment_names()), [""; 0]);
}

#[test]
fn the_security_document_names_no_key_or_variable_that_does_not_exist() {
    let Some(security) = document("SECURITY.md") else { return };
    assert_eq!(unknown_words(&security, &configuration_keys(), &environment_names()), [""; 0]);
}

/// The lines of code below `## {heading}` that are in this language, without their indent.
fn code<'a>(document: &'a str, heading: &str, language: &str) -> Vec<&'a str> {
    let below = document.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_default();
    let below = below.split("\n## ").next().unwrap_or_default();
    let start = format!("\n```{language}\n");
    let blocks = below.split(&start).skip(1).filter_map(|rest| rest.split("\n```").next());
    blocks.flat_map(str::lines).map(str::trim).collect()
}

#[test]
fn the_readmes_checks_of_assertions_are_those_of_the_examples() {
    let Some(readme) = document("README.md") else { return };
    for (language, file) in
        [("js", "node/assertion.mjs"), ("python", "python/assertion.py"), ("rust", "rust/src/assertion.rs")]
    {
        let Some(example) = document(&format!("examples/origins/{file}")) else { return };
        let example = example.lines().map(str::trim).collect::<Vec<_>>().join("\n");
        let code = code(&readme, "Origins: how to check", language);
        assert!(code.len() > 5, "{language}: {code:?}");
        for line in code {
            assert!(example.contains(line), "{file} has no line {line}");
        }
    }
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
        "cors.origins",
        "routes[].limit.by",
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
fn a_document_that_lacks_repeats_or_invents_a_name_is_told() {
    let document = "\
# Refusals
| `above` | 1 |
## Refusals
| code | status |
| --- | --- |
| `token-expired` | 401 | it has |
### More
| `path-invalid` | 404 |
| `token-expired`, `invented` | 401 |
```text
| `in-code` | 400 |
```
## Next
| `route-not-found` | 404 |
";
    let known = ["token-expired", "path-invalid", "route-not-found"].map(str::to_owned).into_iter().collect();
    assert_eq!(
        complaints(&documented(document, "Refusals"), &known),
        ["token-expired is there twice", "invented does not exist", "route-not-found is missing"]
    );
    assert_eq!(wrong_statuses(document), ["| `path-invalid` | 404 |"]);
}

#[test]
fn a_key_is_read_in_the_place_where_the_document_has_it() {
    let document = "\
## Configuration
| key of `[vars.GATEWAY]` | default | |
| `audience` | `x` | `y` |
| key of `[[vars.GATEWAY.routes]]` | default | |
| `require` | a session | `role`, `organization = true`, `claim` with `in` |
| `origin`, `service` | | `z` |
| key of `[vars.GATEWAY.cors]` | default | |
| `origins` | | `z` |
| key of `limit` | |
| `by` | `user` |

`reverification` is `strict`, or `{ level = \"second_factor\", after_minutes = 10 }`.
";
    let expected = [
        "audience",
        "routes[].require",
        "routes[].require.role",
        "routes[].require.organization",
        "routes[].require.claim",
        "routes[].require.in",
        "routes[].origin",
        "routes[].service",
        "cors.origins",
        "routes[].limit.by",
        "routes[].require.reverification.level",
        "routes[].require.reverification.after_minutes",
    ];
    assert_eq!(documented_keys(document), expected);
}

#[test]
fn a_word_that_is_spelt_like_a_name_and_is_none_is_told() {
    let document =
        "`missing_azp`, `no_such_key`, `JWKS`, `CLERK_NO_SUCH`, `CLERK_JWT_KEY`, `no-store`, bare_word, `kid`";
    let unknown = unknown_words(document, &configuration_keys(), &environment_names());
    assert_eq!(unknown, ["no_such_key", "CLERK_NO_SUCH"]);
}
