//! Lints about secrets where others see them: in variables, in files that git tracks, in source.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Subject;
use super::secret_shapes::{self, Secret};
use crate::cli::check::secrets;
use crate::cli::finding::{Finding, Severity};
use crate::cli::wrangler::{Node, Place, Wrangler, place_at};

pub(super) const SECRET_IN_VARIABLE: &str = "secret-in-variable";
pub(super) const TRACKED_SECRETS: &str = "tracked-secrets-file";
pub(super) const SECRET_IN_SOURCE: &str = "secret-in-source";
pub(super) const NOT_ALL_SEARCHED: &str = "not-all-searched";

/// Most tracked files that are searched: a larger repository has a scanner of its own.
const FILES: usize = 20_000;
/// Longest file that is searched, in bytes: longer ones are data, not source.
const FILE_BYTES: u64 = 1024 * 1024;
/// Most bytes that are searched together, for a check that ends in seconds.
const ALL_BYTES: u64 = 128 * 1024 * 1024;

pub(super) fn find(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = in_variables(&subject.environment.wrangler);
    let Some(tracked) = tracked_files(subject.folder) else { return findings };
    findings
        .extend(tracked.iter().filter(|path| holds_secrets(path)).map(|path| tracked_secrets(subject.folder, path)));
    findings.extend(in_source(subject, &tracked));
    findings
}

/// Secrets in the variables of every environment, since a variable is shown to whoever sees the file or the dashboard.
fn in_variables(wrangler: &Wrangler) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, node) in wrangler.all_vars() {
        let is_named_so =
            secrets::NAMES.contains(&name) && node.as_str().is_some_and(|text| text.len() >= 16 && text.is_ascii());
        let mut texts = Vec::new();
        collect(node, &mut texts);
        let in_value = texts
            .iter()
            .find_map(|node| secret_shapes::find(node.as_str()?).first().map(|secret| (*node, secret.kind)));
        let found = in_value.or_else(|| is_named_so.then_some((node, "a secret by its name")));
        findings.extend(found.map(|(node, kind)| Finding {
            severity: Severity::Mistake,
            name: SECRET_IN_VARIABLE,
            subject: name.to_owned(),
            place: wrangler.place_of(node),
            text: format!(
                "{name} holds {kind}, and variables are no secrets: they stand in this file and in the dashboard"
            ),
            cure: Some(format!("npx wrangler secret put {name}, .dev.vars for this machine; and rotate it")),
        }));
    }
    findings
}

fn collect<'a>(node: &'a Node, texts: &mut Vec<&'a Node>) {
    texts.push(node);
    node.elements().iter().chain(node.members().iter().map(|(_, node)| node)).for_each(|node| collect(node, texts));
}

fn tracked_secrets(folder: &Path, path: &Path) -> Finding {
    let subject = path.display().to_string();
    Finding {
        severity: Severity::Mistake,
        name: TRACKED_SECRETS,
        place: Place { file: folder.join(path), line: 1 },
        text: "git tracks this file of secrets".to_owned(),
        cure: Some(format!("git rm --cached {subject}, add it to .gitignore, and rotate what is in it")),
        subject,
    }
}

/// Whether a file is one of secrets: `.dev.vars` or `.env`, of an environment too, and no example.
fn holds_secrets(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_of = |kind: &str| name == kind || name.strip_prefix(kind).is_some_and(|rest| rest.starts_with('.'));
    let is_example =
        ["example", "sample", "template", "dist", "schema", "defaults"].iter().any(|end| name.ends_with(end));
    (is_of(".dev.vars") || is_of(".env")) && !is_example
}

/// Secrets by shape in the files that git tracks.
fn in_source(subject: &Subject<'_>, tracked: &[PathBuf]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut left = ALL_BYTES;
    let mut skipped = tracked.len().saturating_sub(FILES);
    let own = subject.environment.wrangler.path().file_name();
    for path in tracked.iter().take(FILES).filter(|path| path.as_os_str() != own.unwrap_or_default()) {
        let file = subject.folder.join(path);
        let Some(text) = text_of(&file, left, &mut skipped) else { continue };
        left = left.saturating_sub(text.len() as u64);
        findings.extend(in_text(path, &file, &text));
    }
    if skipped > 0 {
        findings.push(not_all_searched(subject, skipped));
    }
    findings
}

/// One finding for each kind of secret in a file: where the first is, and how many more there are.
fn in_text(path: &Path, file: &Path, text: &str) -> Vec<Finding> {
    let mut secrets = secret_shapes::find(text);
    let mut findings = Vec::new();
    while let Some(Secret { start, kind }) = secrets.first().copied() {
        let (same, others): (Vec<_>, Vec<_>) = secrets.into_iter().partition(|secret| secret.kind == kind);
        secrets = others;
        let more = if same.len() > 1 { format!(", and {} more in this file", same.len() - 1) } else { String::new() };
        findings.push(Finding {
            severity: Severity::Mistake,
            name: SECRET_IN_SOURCE,
            subject: path.display().to_string(),
            place: place_at(file, text, start),
            text: format!("this looks like {kind}{more}"),
            cure: Some(format!(
                "take it out and rotate it; if it is none, allow \"{SECRET_IN_SOURCE} {}\"",
                path.display()
            )),
        });
    }
    findings
}

fn not_all_searched(subject: &Subject<'_>, skipped: usize) -> Finding {
    Finding {
        severity: Severity::Note,
        name: NOT_ALL_SEARCHED,
        subject: "files".to_owned(),
        place: Place { file: subject.environment.wrangler.path().to_owned(), line: 1 },
        text: format!("not every tracked file was searched for secrets: {skipped} too long, or too many"),
        cure: None,
    }
}

/// A file's text, where it is one and within bounds. What is no text, a link or not there any more is passed over.
fn text_of(file: &Path, left: u64, skipped: &mut usize) -> Option<String> {
    let length = fs::symlink_metadata(file).ok().filter(fs::Metadata::is_file)?.len();
    if length > FILE_BYTES.min(left) {
        *skipped += 1;
        return None;
    }
    let mut bytes = Vec::new();
    fs::File::open(file).ok()?.take(FILE_BYTES).read_to_end(&mut bytes).ok()?;
    if bytes.contains(&0) { None } else { Some(String::from_utf8_lossy(&bytes).into_owned()) }
}

/// The files of a folder that git tracks; `None` without git, or where the folder is in no repository.
fn tracked_files(folder: &Path) -> Option<Vec<PathBuf>> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(["ls-files", "-z"]).stdin(Stdio::null()).stderr(Stdio::null());
    let output = git.output().ok().filter(|output| output.status.success())?;
    let paths = output.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    Some(paths.map(|path| PathBuf::from(String::from_utf8_lossy(path).into_owned())).collect())
}
