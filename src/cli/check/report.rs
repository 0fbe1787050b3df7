//! What was found, written for people and for programs.

use serde_json::{Value, json};

use crate::cli::finding::{Finding, Severity};
use crate::cli::policy_tests::Ran;

/// Everything that a check found.
pub(super) struct Report {
    pub(super) findings: Vec<Finding>,
    pub(super) ran: Vec<Ran>,
    /// How many tests could not be run, since there is no configuration to run them with.
    pub(super) untested: usize,
    /// How many tests are about other environments.
    pub(super) elsewhere: usize,
}

impl Report {
    /// Whether the command fails.
    pub(super) fn is_bad(&self, deny_warnings: bool) -> bool {
        let fails = |severity| severity == Severity::Mistake || (deny_warnings && severity == Severity::Warning);
        self.findings.iter().any(|finding| fails(finding.severity)) || self.failed() > 0 || self.untested > 0
    }

    /// A line, or a few, for each finding and each failed test.
    pub(super) fn pretty(&self) -> Vec<String> {
        let failed = self.ran.iter().filter(|ran| !ran.passed).map(|ran| {
            let Ran { name, request, place, expected, got, passed: _ } = ran;
            format!("{place}: failed: {name}\n    request:  {request}\n    expected: {expected}\n    got:      {got}")
        });
        self.in_order().into_iter().map(ToString::to_string).chain(failed).collect()
    }

    /// The same as one JSON object.
    pub(super) fn json(&self) -> String {
        let test = |ran: &Ran| {
            let Ran { name, request, place, expected, got, passed } = ran;
            json!({
                "name": name,
                "request": request,
                "file": place.file.display().to_string(),
                "line": place.line,
                "expected": expected,
                "got": got,
                "passed": passed,
            })
        };
        let report = json!({
            "findings": self.in_order().into_iter().map(Finding::to_json).collect::<Vec<Value>>(),
            "tests": self.ran.iter().map(test).collect::<Vec<Value>>(),
            "testsNotRun": self.untested,
            "testsOfOtherEnvironments": self.elsewhere,
        });
        format!("{report:#}")
    }

    /// One line of what it comes to.
    pub(super) fn summary(&self) -> String {
        let of = |severity| self.findings.iter().filter(|finding| finding.severity == severity).count();
        let mut parts = vec![
            counted(of(Severity::Mistake), "mistake"),
            counted(of(Severity::Warning), "warning"),
            counted(of(Severity::Note), "note"),
        ];
        if !self.ran.is_empty() {
            parts.push(format!("{} passed, {} failed", counted(self.ran.len() - self.failed(), "test"), self.failed()));
        }
        if self.untested > 0 {
            parts.push(format!("{} not run", counted(self.untested, "test")));
        }
        if self.elsewhere > 0 {
            parts.push(format!("{} of other environments", counted(self.elsewhere, "test")));
        }
        parts.join(", ")
    }

    fn failed(&self) -> usize {
        self.ran.iter().filter(|ran| !ran.passed).count()
    }

    /// By weight, then by place.
    fn in_order(&self) -> Vec<&Finding> {
        let mut findings: Vec<&Finding> = self.findings.iter().collect();
        findings.sort_by_key(|finding| (finding.severity, &finding.place));
        findings
    }
}

fn counted(count: usize, of: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {of}{plural}")
}
