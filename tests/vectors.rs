//! Vectors of tokens and webhooks through the real checks: the project's own, those beside it, and those of
//! `CLERK_EDGE_VECTORS`.
//!
//! Prints one closing line for each file, so it brings its own `main`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test: what cannot be read fails it.

#[cfg(not(target_arch = "wasm32"))]
mod support;

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    use std::path::{Path, PathBuf};

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("tests/vectors"), root.join("../shared/vectors")];
    let asked_for = std::env::var_os("CLERK_EDGE_VECTORS").map(PathBuf::from);
    folders.extend(asked_for.clone());
    let mut failed = 0;
    for folder in folders {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if Some(&folder) == asked_for.as_ref() => {
                panic!("CLERK_EDGE_VECTORS: {}: {error}", folder.display())
            }
            Err(_) => continue,
        };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let is_of = |kind: &str| name.starts_with(kind) && name.ends_with(".json");
            if !is_of("tokens") && !is_of("webhooks") {
                continue;
            }
            let document = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let outcome = if is_of("webhooks") {
                support::vectors::run_webhooks(&document)
            } else {
                pollster::block_on(support::vectors::run(&document, clerk_edge::platform::native::NativeSignatures))
            };
            for failure in &outcome.failures {
                eprintln!("{failure}");
            }
            println!("{}", outcome.line(&name));
            failed += outcome.failures.len();
        }
    }
    if failed == 0 { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}
