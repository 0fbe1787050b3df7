//! What a check is, and what came of it.

use serde::Serialize;

use super::TestError;
use super::equipment::Probe;
use super::hints::Topic;
use super::trial::Report;

/// What it means that a check fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// Worth knowing.
    Info,
    /// A client or a user is worse off for it.
    Should,
    /// Somebody gets in who must not, or nobody gets in who must.
    Must,
}

/// One of the checks.
pub(super) struct Check {
    pub(super) id: u8,
    /// The stable name.
    pub(super) slug: &'static str,
    pub(super) severity: Severity,
    /// What is so when it passes.
    pub(super) title: &'static str,
    /// Where that is written.
    pub(super) why: &'static str,
    pub(super) topic: Topic,
    pub(super) run: fn(&Probe) -> Result<Report, Stop>,
}

/// Why a check ends before it has come to a verdict.
#[derive(Debug)]
pub(super) enum Stop {
    /// What it needs was not given.
    Skip(String),
    /// What the run stands on gave way.
    Broken(TestError),
}

/// What came of one check.
pub(super) struct Checked {
    pub(super) check: &'static Check,
    pub(super) outcome: Outcome,
}

/// The verdict.
pub(super) enum Outcome {
    Passed(Report),
    Failed(Report),
    Skipped(String),
}

impl Severity {
    pub(super) const ALL: [Self; 3] = [Self::Must, Self::Should, Self::Info];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Info => "info",
        }
    }
}

impl Checked {
    /// The gravest of what was found; the check's own where nothing was.
    pub(super) fn severity(&self) -> Severity {
        let Outcome::Failed(report) = &self.outcome else { return self.check.severity };
        report.findings.iter().map(|finding| finding.severity).max().unwrap_or(self.check.severity)
    }
}

impl Stop {
    pub(super) fn skip(reason: impl Into<String>) -> Self {
        Self::Skip(reason.into())
    }
}

impl From<TestError> for Stop {
    fn from(error: TestError) -> Self {
        Self::Broken(error)
    }
}
