//! A user's project: what is known of it, and how files get into it.
//!
//! A command says what it wants ([`Part`]); a [`Plan`] compares that with what is there; only then is anything written. So
//! the same plan is what `--dry-run` shows, and a second run finds nothing left to do.

pub(super) mod diff;
mod error;
pub(super) mod lines;
pub(super) mod package_json;
pub(super) mod package_manager;
mod part;
pub(super) mod plan;
pub(super) mod programs;
pub(super) mod showing;
pub(super) mod templates;
pub(super) mod tsconfig;
mod write;

pub(super) use self::error::ProjectError;
pub(super) use self::part::{Content, Edit, Part};
pub(super) use self::plan::Plan;

/// The mark that some editors put before a text, where it is there, and the text without it.
pub(super) fn split_mark(text: &str) -> (&str, &str) {
    text.split_at(if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 })
}

/// The version of the npm package that goes with this binary.
pub(super) const CLERK_EDGE: (&str, &str) = ("clerk-edge", env!("CARGO_PKG_VERSION"));

/// What TypeScript of ours is written for.
pub(super) const TYPESCRIPT: (&str, &str) = ("typescript", "7.0.2");
