//! Where a run is, on stderr: one line that changes on a terminal, and a line for every ten checks elsewhere.

use std::io::{IsTerminal as _, Write as _};

use crate::cli::say;

/// How many checks pass between two lines where nobody watches.
const EVERY: usize = 10;

/// The progress of a run.
pub(super) struct Progress {
    total: usize,
    done: usize,
    is_watched: bool,
}

impl Progress {
    pub(super) fn of(total: usize) -> Self {
        Self { total, done: 0, is_watched: std::io::stderr().is_terminal() }
    }

    /// The next check begins.
    pub(super) fn begin(&mut self, slug: &str) {
        self.done += 1;
        if self.is_watched {
            eprint!("\r\x1b[Kclerk-edge: {}/{} {slug}", self.done, self.total);
            // A progress line that cannot be written is no loss.
            drop(std::io::stderr().flush());
        } else if self.done.is_multiple_of(EVERY) {
            say(&format!("{}/{} checks", self.done, self.total));
        }
    }

    /// All is done: the line goes away.
    pub(super) fn end(&self) {
        if self.is_watched {
            eprint!("\r\x1b[K");
        }
    }
}
