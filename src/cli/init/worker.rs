//! What a gateway's project gets: a Worker in Rust over this crate, with routes of each kind and a handler of its own.
//!
//! A Worker in Rust that is there keeps what it has, and gets what is missing.

mod cargo_toml;
mod wrangler_toml;

use std::path::Path;

use minijinja::context;

use self::cargo_toml::CargoAdditions;
use self::wrangler_toml::WranglerAdditions;
use super::error::InitError;
use super::package_json::PackageAdditions;
use super::scaffold::Scaffold;
use super::templates::render;
use crate::cli::project::Part;

pub(super) const COMPATIBILITY_DATE: &str = "2026-11-01";
const WORKER_BUILD: &str = "0.8.7";
pub(super) const WRANGLER: &str = "4.164.0";

/// The templates that become files whole.
const FILES: [(&str, &str); 4] = [
    ("src/lib.rs", "src/lib.rs"),
    ("gateway.tests.toml", "gateway.tests.toml"),
    ("clerk-edge.test.toml", "clerk-edge.test.toml"),
    ("dev.vars.example", ".dev.vars.example"),
];

const IGNORED: [&str; 8] =
    ["/target", "/build", "/node_modules", "/.wrangler", ".dev.vars*", "!.dev.vars.example", ".env*", "!.env.example"];

/// Whether a folder holds a Worker in Rust.
pub(super) fn is_in(root: &Path) -> Result<bool, InitError> {
    Ok(root.join("wrangler.toml").is_file() && cargo_toml::is_worker(root)?)
}

/// What a Worker wants of a folder. `crate_path` is where this crate is, where it is not to come from a registry.
pub(super) fn scaffold(root: &Path, crate_path: Option<&Path>) -> Result<Scaffold, InitError> {
    check_language(root)?;
    cargo_toml::check_package(root)?;
    let name = name(root);
    let context = context! {
        name => &name,
        rust_version => env!("CARGO_PKG_RUST_VERSION"),
        compatibility_date => COMPATIBILITY_DATE,
        worker_build => WORKER_BUILD,
        crate => source(crate_path)?,
    };
    let render = |template: &str| render(&format!("worker/{template}"), context.clone());
    let mut parts = vec![
        Part::edited("Cargo.toml", CargoAdditions { template: render("Cargo.toml")? }),
        Part::edited("wrangler.toml", WranglerAdditions::new(&render)?),
    ];
    for (template, path) in FILES {
        parts.push(Part::whole(path, render(template)?));
    }
    if !root.join("README.md").exists() {
        parts.push(Part::whole("README.md", render("README.md")?));
    }
    parts.push(Part::ignored(IGNORED.to_vec()));
    parts.push(Part::package(package(name)));
    Ok(Scaffold { parts, next_steps: next_steps(), install_with: vec!["npm".to_owned(), "install".to_owned()] })
}

/// A Worker in another language, and one that is configured elsewhere, is left as it is.
fn check_language(root: &Path) -> Result<(), InitError> {
    for name in ["wrangler.json", "wrangler.jsonc"] {
        if root.join(name).exists() {
            return Err(InitError::Unsuitable { path: name.into(), reason: "is read instead of wrangler.toml" });
        }
    }
    if root.join("wrangler.toml").exists() && !root.join("Cargo.toml").exists() {
        let reason = "is of a Worker that is not in Rust";
        return Err(InitError::Unsuitable { path: "wrangler.toml".into(), reason });
    }
    Ok(())
}

/// Where cargo finds this crate.
fn source(crate_path: Option<&Path>) -> Result<String, InitError> {
    let Some(path) = crate_path else { return Ok(format!("version = \"{}\"", env!("CARGO_PKG_VERSION"))) };
    let found = path.canonicalize().ok().filter(|path| path.join("Cargo.toml").is_file());
    let found = found.ok_or_else(|| InitError::NoCrate(path.to_owned()))?;
    Ok(format!("path = {}", toml_edit::Value::from(found.to_string_lossy().into_owned())))
}

/// The name of the folder, as cargo and Cloudflare take names.
pub(super) fn name(root: &Path) -> String {
    let name = root.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let parts = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let name = parts.collect::<Vec<_>>().join("-");
    if name.starts_with(|first: char| first.is_ascii_lowercase()) {
        name
    } else {
        format!("gateway-{name}").trim_end_matches('-').to_owned()
    }
}

fn package(name: String) -> PackageAdditions {
    PackageAdditions {
        name,
        dependencies: Vec::new(),
        dev_dependencies: vec![("wrangler", WRANGLER.into())],
        scripts: vec![("dev", "wrangler dev".to_owned()), ("deploy", "wrangler deploy".to_owned())],
    }
}

fn next_steps() -> Vec<String> {
    let steps = [
        "fill in what wrangler.toml marks, and see with clerk-edge check what is missing",
        "npm run dev, and then clerk-edge test http://127.0.0.1:8787",
    ];
    steps.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests;
