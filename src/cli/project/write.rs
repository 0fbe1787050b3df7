//! Writing into a project and nowhere else: whole files or none, and no link leads outside.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::Builder;

use super::error::ProjectError;

/// Where a path below `root` is on the disk. `root` is canonical.
pub(super) fn resolved(root: &Path, path: &Path) -> Result<PathBuf, ProjectError> {
    let joined = root.join(path);
    let found = match joined.symlink_metadata() {
        Ok(_) => joined.canonicalize().map_err(|_| ProjectError::Outside(path.to_owned()))?,
        Err(error) if error.kind() == ErrorKind::NotFound => in_its_folder(root, path)?,
        Err(source) => return Err(ProjectError::Read { path: path.to_owned(), source }),
    };
    if !found.starts_with(root) {
        return Err(ProjectError::Outside(path.to_owned()));
    }
    if found.exists() && !found.is_file() {
        return Err(ProjectError::NotAFile(path.to_owned()));
    }
    Ok(found)
}

/// A file that is not there, in the nearest of its folders that is.
fn in_its_folder(root: &Path, path: &Path) -> Result<PathBuf, ProjectError> {
    let folders = path.ancestors().skip(1).map(|folder| (folder, root.join(folder)));
    let (folder, there) = folders
        .filter(|(_, joined)| joined.symlink_metadata().is_ok())
        .map(|(folder, joined)| (folder, joined.canonicalize()))
        .next()
        .ok_or_else(|| ProjectError::Outside(path.to_owned()))?;
    let there = there.map_err(|_| ProjectError::Outside(path.to_owned()))?;
    if !there.is_dir() {
        return Err(ProjectError::NotAFile(folder.to_owned()));
    }
    let rest = path.strip_prefix(folder).map_err(|_| ProjectError::Outside(path.to_owned()))?;
    Ok(there.join(rest))
}

/// Writes a file whole or not at all, with the permissions that it had.
pub(super) fn write(path: &Path, text: &str) -> Result<(), ProjectError> {
    try_write(path, text).map_err(|source| ProjectError::Write { path: path.to_owned(), source })
}

fn try_write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let mut builder = Builder::new();
    let permissions = new_file_permissions();
    if let Some(permissions) = &permissions {
        builder.permissions(permissions.clone());
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Ok(metadata) = fs::metadata(path) {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// What any new file gets, of which the system takes what its user does not want. A temporary file would be private.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps)] // Other systems have nothing of the kind.
fn new_file_permissions() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;

    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn new_file_permissions() -> Option<Permissions> {
    None
}
