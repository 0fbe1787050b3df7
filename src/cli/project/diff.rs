//! A change as a unified diff, which `git apply` and `patch -p1` understand.

use std::path::Path;

use similar::TextDiff;

use super::plan::Item;

/// Lines around a change, as everywhere.
const CONTEXT_LINES: usize = 3;

/// The change of one file.
pub(in crate::cli) fn unified(Item { path, before, after, .. }: &Item) -> String {
    between(path, before.as_deref(), Some(after))
}

/// The change from one text of a file to another; none where they are the same. No text is no file.
pub(in crate::cli) fn of_texts(path: &Path, before: Option<&String>, after: Option<&String>) -> Option<String> {
    (before != after).then(|| between(path, before.map(String::as_str), after.map(String::as_str)))
}

fn between(path: &Path, before: Option<&str>, after: Option<&str>) -> String {
    let named = |side: &str, text: Option<&str>| match text {
        Some(_) => format!("{side}/{}", path.display()),
        None => "/dev/null".to_owned(),
    };
    let diff = TextDiff::from_lines(before.unwrap_or_default(), after.unwrap_or_default());
    diff.unified_diff().context_radius(CONTEXT_LINES).header(&named("a", before), &named("b", after)).to_string()
}
