//! A change as a unified diff, which `git apply` and `patch -p1` understand.

use similar::TextDiff;

use super::plan::Item;

/// Lines around a change, as everywhere.
const CONTEXT_LINES: usize = 3;

/// The change of one file.
pub(super) fn unified(Item { path, before, after, .. }: &Item) -> String {
    let path = path.display();
    let old = before.as_ref().map_or_else(|| "/dev/null".to_owned(), |_| format!("a/{path}"));
    let before = before.as_deref().unwrap_or_default();
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(CONTEXT_LINES).header(&old, &format!("b/{path}")).to_string()
}
