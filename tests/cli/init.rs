//! `clerk-edge init` on projects of every shape, without a package manager: what it writes, and what it leaves alone.
//!
//! That the code which it writes runs is for `tests/scaffolds`, where the frameworks are.

mod asking;
mod projects;
mod secrets;
mod writing;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::harness::{BINARY, said};

const FRAMEWORKS: [&str; 6] = ["express", "fastapi", "fastify", "hono", "nextjs", "worker"];

/// A folder that is gone with the test.
struct Project(TempDir);

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(path, text)| project.write(path, text));
        project
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    #[track_caller]
    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Every file and what it holds.
    fn files(&self) -> BTreeMap<PathBuf, String> {
        let mut files = BTreeMap::new();
        collect(self.0.path(), self.0.path(), &mut files);
        files
    }

    fn init(&self, arguments: &[&str]) -> Output {
        Command::new(BINARY).arg("init").args(arguments).current_dir(self.0.path()).output().unwrap()
    }

    /// Runs it to a good end. Returns the paths that it prints.
    #[track_caller]
    fn set_up(&self, arguments: &[&str]) -> Vec<String> {
        let output = self.init(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    /// Runs it to a bad end, and nothing is printed or written. Returns the exit code and what it says.
    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let before = self.files();
        let output = self.init(arguments);
        assert_eq!((output.stdout.len(), self.files() == before), (0, true));
        (output.status.code().unwrap(), said(&output).to_owned())
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            collect(root, &path, files);
        } else {
            let text = fs::read_to_string(&path).unwrap_or_default();
            files.insert(path.strip_prefix(root).unwrap().to_owned(), text);
        }
    }
}
