//! What a command says of a plan.

use super::super::{CliError, print_result, say};
use super::diff;
use super::error::ProjectError;
use super::plan::{Fate, Plan};

/// Writes what changes. Prints what was written, even where not all could be.
pub(in crate::cli) fn carry_out(plan: &Plan) -> Result<Result<(), ProjectError>, CliError> {
    let mut written = Vec::new();
    let ended = plan.write(|path| written.push(path));
    for path in written {
        print_result(&path.display().to_string())?;
    }
    Ok(ended)
}

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
