use std::fs;

use tempfile::TempDir;
use toml_edit::DocumentMut;

use super::super::plan::Plan;
use super::*;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::Builder::new().prefix("My Gateway").tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn set_up(folder: &TempDir) {
    let root = folder.path().canonicalize().unwrap();
    let scaffold = scaffold(&root, None).unwrap();
    Plan::new(&root, &scaffold.parts, false).unwrap().write(|_| ()).unwrap();
    let again = super::scaffold(&root, None).unwrap();
    assert_eq!(Plan::new(&root, &again.parts, false).unwrap().changes().count(), 0, "a second run changes nothing");
}

fn text(folder: &TempDir, path: &str) -> String {
    fs::read_to_string(folder.path().join(path)).unwrap()
}

fn repository(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn a_new_project_is_of_the_versions_that_are_tested_here() {
    let folder = folder(&[]);
    set_up(&folder);
    let cargo = text(&folder, "Cargo.toml");
    let example = repository("examples/own-handler/Cargo.toml");
    for line in example.lines().skip_while(|line| *line != "[dependencies]").filter(|line| !line.contains("path = ")) {
        assert!(cargo.contains(line), "{line}");
    }
    assert!(cargo.contains(&format!("clerk-edge = {{ version = \"{}\"", env!("CARGO_PKG_VERSION"))), "{cargo}");
    let wrangler = text(&folder, "wrangler.toml");
    assert!(repository("wrangler.toml").contains(&format!("compatibility_date = \"{COMPATIBILITY_DATE}\"")));
    assert!(wrangler.contains(&format!("compatibility_date = \"{COMPATIBILITY_DATE}\"")));
    assert!(repository("scripts/lib/toolchain.mjs").contains(&format!("version: '{WORKER_BUILD}'")));
    assert!(repository("package.json").contains(&format!("\"wrangler\": \"{WRANGLER}\"")));
}

#[test]
fn a_worker_keeps_what_it_has_and_gets_what_is_missing() {
    let wrangler = "name = \"mine\" # mine\nmain = \"build/worker/shim.mjs\"\ncompatibility_date = \"2025-01-01\"\n\n[vars]\nTEAM = \"a\"\n\n\
        [[kv_namespaces]]\nbinding = \"JWKS\"\nid = \"abc\"\n";
    let cargo = "[package]\nname = \"mine\"\n\n[lib]\ncrate-type = [\"rlib\"]\n\n[dependencies]\nworker = { version = \"0.8\", features = [\"d1\"] }\n";
    let folder = folder(&[("wrangler.toml", wrangler), ("Cargo.toml", cargo), ("src/lib.rs", "// mine\n")]);
    assert!(is_in(folder.path()).unwrap());
    set_up(&folder);
    let after = text(&folder, "wrangler.toml");
    for line in wrangler.lines().filter(|line| !line.is_empty()) {
        assert!(after.contains(line), "{line} is not in {after}");
    }
    let read: DocumentMut = after.parse().unwrap();
    assert_eq!(read["compatibility_flags"][0].as_str(), Some("enable_request_signal"));
    assert_eq!(read["kv_namespaces"].as_array_of_tables().unwrap().len(), 1);
    assert_eq!(read["vars"]["TEAM"].as_str(), Some("a"));
    assert!(read["vars"]["GATEWAY"]["routes"].is_array_of_tables());
    assert!(read["triggers"]["crons"].is_array());
    let after: DocumentMut = text(&folder, "Cargo.toml").parse().unwrap();
    assert_eq!(after["dependencies"]["worker"]["features"][0].as_str(), Some("d1"));
    assert!(after["dependencies"].get("clerk-edge").is_some());
    assert_eq!(after["lib"]["crate-type"].as_array().unwrap().len(), 2);
    assert_eq!(text(&folder, "src/lib.rs"), "// mine\n");
}

#[test]
fn a_worker_in_another_language_is_left_alone() {
    for files in [[("wrangler.toml", "main = \"src/index.ts\"\n")], [("wrangler.jsonc", "{}")]] {
        let folder = folder(&files);
        let told = scaffold(folder.path(), None).unwrap_err();
        assert!(matches!(told, InitError::Unsuitable { .. }), "{told}");
    }
}

#[test]
fn tables_that_cannot_be_added_to_are_told() {
    for wrangler in
        ["vars = { A = \"1\" }\n", "kv_namespaces = [{ binding = \"A\", id = \"1\" }]\n", "compatibility_flags = 1\n"]
    {
        let folder = folder(&[("wrangler.toml", wrangler), ("Cargo.toml", "[package]\nname = \"mine\"\n")]);
        let root = folder.path().canonicalize().unwrap();
        let told =
            scaffold(&root, None).and_then(|scaffold| Ok(Plan::new(&root, &scaffold.parts, false)?)).unwrap_err();
        assert!(told.to_string().starts_with("cannot understand wrangler.toml: "), "{wrangler}: {told}");
    }
}

#[test]
fn a_name_is_one_that_cargo_and_cloudflare_take() {
    for (folder, expected) in
        [("My Gateway", "my-gateway"), ("api_v2", "api-v2"), ("2fa", "gateway-2fa"), ("…", "gateway")]
    {
        assert_eq!(name(&Path::new("/").join(folder)), expected, "{folder}");
    }
}

#[test]
fn a_crate_elsewhere_is_one() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(source(Some(here)).unwrap(), format!("path = \"{}\"", here.canonicalize().unwrap().display()));
    assert!(matches!(source(Some(&here.join("src"))), Err(InitError::NoCrate(_))));
}

#[test]
fn a_workspace_without_a_package_is_left_as_it_is() {
    let folder = folder(&[("Cargo.toml", "[workspace]\nmembers = [\"a\"]\n")]);
    let root = folder.path().canonicalize().unwrap();
    let error = scaffold(&root, None).and_then(|scaffold| Ok(Plan::new(&root, &scaffold.parts, false)?)).unwrap_err();
    assert_eq!(error.to_string(), "Cargo.toml is of a workspace without a package");
}
