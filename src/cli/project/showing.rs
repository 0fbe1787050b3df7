//! What a command says of a plan.

use super::super::{CliError, print_result, say};
use super::diff;
use super::plan::{Fate, Plan};

/// Prints what would change.
pub(in crate::cli) fn show(plan: &Plan) -> Result<(), CliError> {
    for change in plan.changes() {
        print_result(diff::unified(change).trim_end_matches('\n'))?;
    }
    tell_kept(plan);
    if plan.changes().next().is_none() {
        say("nothing would change");
    }
    Ok(())
}

/// Says which files differ and are left so.
pub(in crate::cli) fn tell_kept(plan: &Plan) {
    for item in plan.items().filter(|item| item.fate == Fate::Kept) {
        let path = item.path.display();
        say(&format!("kept {path}, which differs (hint: see how with --force --dry-run, overwrite it with --force)"));
    }
}
