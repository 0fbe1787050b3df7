//! A run: the API is there, its framework is guessed, the checks go one after another, and they are counted.

use super::TestError;
use super::check::{Check, Checked, Outcome, Severity, Stop};
use super::equipment::Probe;
use super::framework::Framework;
use super::http::{Request, SendError};
use super::progress::Progress;
use super::source::Source;
use crate::cli::say;

/// A path that no API has.
const NOWHERE: &str = "/clerk-edge-test-no-such-path";

/// What came of a run.
pub(super) struct Run {
    pub(super) url: String,
    pub(super) tokens: &'static str,
    pub(super) framework: Framework,
    pub(super) checked: Vec<Checked>,
}

/// How many checks ended each way, by severity in the order of [`Severity::ALL`].
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: [usize; 3],
    pub(super) failed: [usize; 3],
    pub(super) skipped: [usize; 3],
}

/// Runs `checks` against an API that answers at all.
pub(super) fn run(probe: &Probe, checks: &[&'static Check], framework: Option<Framework>) -> Result<Run, TestError> {
    let framework = find(probe, framework)?;
    let mut progress = Progress::of(checks.len());
    let checked = in_order(probe, checks, &mut progress);
    progress.end();
    if let Source::Clerk(clerk) = &probe.source {
        // What was found is worth more than a session that ends by itself.
        let revoked = clerk.revoke();
        revoked
            .unwrap_or_else(|error| say(&format!("the session that was opened for this run is still open: {error}")));
    }
    let mut checked = checked?;
    checked.sort_by_key(|checked| checked.check.id);
    Ok(Run { url: probe.client.target().url(), tokens: probe.source.name(), framework, checked })
}

/// Sees that something answers, and what it seems to be.
fn find(probe: &Probe, framework: Option<Framework>) -> Result<Framework, TestError> {
    let url = probe.client.target().url();
    let first = match probe.send(&Request::get(probe.protected())) {
        Err(error @ SendError::Connect(_)) => {
            return Err(TestError::NothingAnswers { url, reason: error.to_string() });
        }
        Err(SendError::Tls(reason)) => return Err(TestError::NotSecure { url, reason }),
        // Whoever takes the connection and does no better is there, and fails every check.
        first => first.ok(),
    };
    let answers: Vec<_> = first.into_iter().chain(probe.send(&Request::get(NOWHERE)).ok()).collect();
    Ok(framework.unwrap_or_else(|| Framework::detect(&answers)))
}

fn in_order(probe: &Probe, checks: &[&'static Check], progress: &mut Progress) -> Result<Vec<Checked>, TestError> {
    let mut checks = checks.to_vec();
    checks.sort_by_key(|check| turn(check.id));
    let mut checked = Vec::with_capacity(checks.len());
    for check in checks {
        progress.begin(check.slug);
        let outcome = match (check.run)(probe) {
            Ok(report) if report.findings.is_empty() => Outcome::Passed(report),
            Ok(report) => Outcome::Failed(report),
            Err(Stop::Skip(reason)) => Outcome::Skipped(reason),
            Err(Stop::Broken(error)) => return Err(error),
        };
        checked.push(Checked { check, outcome });
    }
    Ok(checked)
}

/// The checks that change what the API knows come last: the session is revoked, then keys rotate, then kids flood.
const fn turn(id: u8) -> (u8, u8) {
    match id {
        39 => (1, 0),
        40 => (2, 0),
        41 => (3, 0),
        19 => (4, 0),
        other => (0, other),
    }
}

impl Run {
    /// Whether any check came to one.
    pub(super) fn has_verdict(&self) -> bool {
        self.checked.iter().any(|checked| !matches!(checked.outcome, Outcome::Skipped(_)))
    }

    /// Whether nothing failed that counts.
    pub(super) fn is_good(&self, strict: bool) -> bool {
        let least = if strict { Severity::Should } else { Severity::Must };
        let fails = |checked: &Checked| matches!(checked.outcome, Outcome::Failed(_)) && checked.severity() >= least;
        !self.checked.iter().any(fails)
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for checked in &self.checked {
            let row = match checked.outcome {
                Outcome::Passed(_) => &mut counts.passed,
                Outcome::Failed(_) => &mut counts.failed,
                Outcome::Skipped(_) => &mut counts.skipped,
            };
            for (count, severity) in row.iter_mut().zip(Severity::ALL) {
                *count += usize::from(severity == checked.severity());
            }
        }
        counts
    }
}
