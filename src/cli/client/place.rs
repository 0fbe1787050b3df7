//! Where a client goes: the project, and the folder in it.

use std::path::{Component, Path, PathBuf};

use super::error::ClientError;

/// A folder of a project.
#[derive(Debug)]
pub(super) struct Place {
    /// The project's folder: the nearest one with a package.json. It is canonical.
    pub(super) root: PathBuf,
    /// The client's folder below it, with `/` between its parts.
    pub(super) out: String,
}

impl Place {
    pub(super) fn of(out: &Path) -> Result<Self, ClientError> {
        let wrong = || ClientError::Place(out.to_owned());
        let whole = whole(out).ok_or_else(wrong)?;
        let above = whole.ancestors().find(|folder| folder.join("package.json").is_file());
        let root = above.ok_or_else(|| ClientError::NoProject(out.to_owned()))?.to_owned();
        let out =
            slashed(whole.strip_prefix(&root).map_err(|_| wrong())?).filter(|out| is_plain(out)).ok_or_else(wrong)?;
        Ok(Self { root, out })
    }

    /// How a file of the project is named from its folder, for programs that run there.
    pub(super) fn way_from_root(&self, file: &Path) -> Option<String> {
        relative(&self.root, file)
    }

    /// How a file is imported by one of the client's folder.
    pub(super) fn way_from_out(&self, file: &Path) -> Option<String> {
        let path = relative(&self.root.join(&self.out), file)?;
        Some(if path.starts_with("../") { path } else { format!("./{path}") })
    }
}

/// A path whole and without links, of which the end need not be there.
fn whole(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let there = path.ancestors().find(|folder| folder.exists())?;
    let rest = path.strip_prefix(there).ok()?;
    let is_below = rest.components().all(|component| matches!(component, Component::Normal(_)));
    is_below.then(|| there.canonicalize().ok().map(|folder| folder.join(rest))).flatten()
}

/// Whether a path needs no quotes, in a shell as in JavaScript, and is not the project's folder itself.
fn is_plain(path: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./@+~".contains(letter);
    !path.is_empty() && !path.starts_with('-') && path.chars().all(is_plain)
}

/// The way from a folder to a file, both whole.
fn relative(from: &Path, to: &Path) -> Option<String> {
    let shared = from.components().zip(to.components()).take_while(|(left, right)| left == right).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    slashed(&up.chain(to.components().skip(shared)).collect::<PathBuf>())
}

fn slashed(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.components().map(|component| component.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_from_a_folder_to_a_file() {
        let cases = [
            ("/p", "/p/openapi.yaml", "openapi.yaml"),
            ("/p/src/api", "/p/src/router.ts", "../router.ts"),
            ("/p/web/src/api", "/p/server/router.ts", "../../../server/router.ts"),
            ("/p", "/q/r", "../q/r"),
        ];
        for (from, to, way) in cases {
            assert_eq!(relative(Path::new(from), Path::new(to)).as_deref(), Some(way));
        }
    }

    #[test]
    fn a_folder_is_named_plainly() {
        for path in ["src/api", "a", "packages/@acme/api-2"] {
            assert!(is_plain(path), "{path}");
        }
        for path in ["", "-f", "a b", "it's", "a$b", "a\"b", "a;b", "*"] {
            assert!(!is_plain(path), "{path}");
        }
    }
}
