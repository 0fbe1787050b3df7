//! What describes an API, as the files of a client name it.

use std::path::{Path, PathBuf};

use super::error::ClientError;
use super::place::Place;

/// A document or a schema, for a generator that runs in the project's folder: an address as it is, a file by its way there.
pub(super) fn input(place: &Place, named: &str) -> Result<String, ClientError> {
    if named.starts_with("https://") || named.starts_with("http://") {
        return Ok(named.to_owned());
    }
    let file = found(named)?;
    place.way_from_root(&file).ok_or(ClientError::NoFile(file))
}

/// The module of a router, as a file of the client imports it. `suffix` is how such imports end in this project.
pub(super) fn module(place: &Place, named: &str, suffix: &str) -> Result<String, ClientError> {
    let file = match found(named) {
        Ok(file) => file,
        Err(_) if is_import(named) => return Ok(named.to_owned()),
        Err(error) => return Err(error),
    };
    let way = place.way_from_out(&file).ok_or(ClientError::NoFile(file))?;
    Ok(imported(&way, suffix))
}

/// What an import calls a file. Types and JavaScript are named as they are.
fn imported(way: &str, suffix: &str) -> String {
    let stem = way.strip_suffix(".ts").or_else(|| way.strip_suffix(".tsx")).filter(|stem| !stem.ends_with(".d"));
    match stem {
        Some(stem) if suffix.is_empty() => stem.strip_suffix("/index").unwrap_or(stem).to_owned(),
        Some(_) if suffix == ".ts" => way.to_owned(),
        Some(stem) => format!("{stem}{suffix}"),
        None => way.to_owned(),
    }
}

/// Names of packages and of aliases, as bundlers have them: `@acme/api`, `@/server`, `~/server`, `#server`.
fn is_import(named: &str) -> bool {
    named.starts_with(['@', '~', '#'])
}

fn found(named: &str) -> Result<PathBuf, ClientError> {
    let file = Path::new(named).canonicalize().ok().filter(|file| file.is_file());
    file.ok_or_else(|| ClientError::NoFile(named.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_imported_as_the_projects_modules_find_it() {
        let cases = [
            ("../router.ts", "", "../router"),
            ("../router.ts", ".js", "../router.js"),
            ("../router.tsx", ".js", "../router.js"),
            ("../router.ts", ".ts", "../router.ts"),
            ("../router.tsx", ".ts", "../router.tsx"),
            ("../server/index.ts", "", "../server"),
            ("../server/index.ts", ".js", "../server/index.js"),
            ("../server/router.d.ts", ".js", "../server/router.d.ts"),
            ("../router.js", "", "../router.js"),
        ];
        for (way, suffix, name) in cases {
            assert_eq!(imported(way, suffix), name, "{way} {suffix}");
        }
    }
}
