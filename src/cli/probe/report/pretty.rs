//! The report for reading.

use crate::cli::probe::check::{Checked, Outcome, Severity};
use crate::cli::probe::framework::Framework;
use crate::cli::probe::hints::hint;
use crate::cli::probe::run::Run;
use crate::cli::probe::trial::Report;

/// Most findings of a check that are shown; JSON has them all.
const SHOWN: usize = 3;

pub(super) fn render(run: &Run) -> String {
    let mut lines = vec![format!("{} ({}, tokens: {})", run.url, run.framework.name(), run.tokens), String::new()];
    for checked in &run.checked {
        lines.extend(check(checked, run.framework));
    }
    lines.push(String::new());
    lines.extend(summary(run));
    lines.join("\n")
}

fn check(checked: &Checked, framework: Framework) -> Vec<String> {
    let check = checked.check;
    let line = |verdict: &str, text: &str| format!("{verdict}  {:>2}  {:<24} {text}", check.id, check.slug);
    match &checked.outcome {
        Outcome::Passed(report) => std::iter::once(line("pass", check.title)).chain(notes(report)).collect(),
        Outcome::Skipped(reason) => vec![line("skip", reason)],
        Outcome::Failed(report) => {
            let mut lines = vec![line("FAIL", &format!("{}: {}", checked.severity().name(), check.title))];
            lines.extend(findings(report));
            lines.extend(notes(report));
            lines.push(detail("why", check.why));
            lines.push(detail("hint", &hint(check.topic, framework)));
            lines
        }
    }
}

fn findings(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for finding in report.findings.iter().take(SHOWN) {
        lines.push(detail("request", &finding.request));
        lines.push(detail("expected", &finding.expected));
        lines.push(detail("got", &finding.got));
    }
    match report.findings.len().saturating_sub(SHOWN) {
        0 => {}
        more => lines.push(detail("", &format!("and {more} more"))),
    }
    lines
}

fn notes(report: &Report) -> impl Iterator<Item = String> {
    report.notes.iter().map(|note| detail("note", note))
}

fn detail(name: &str, text: &str) -> String {
    format!("          {name:<8}  {text}")
}

fn summary(run: &Run) -> [String; 3] {
    let counts = run.counts();
    [("passed", counts.passed), ("failed", counts.failed), ("skipped", counts.skipped)].map(|(name, counts)| {
        let by_severity =
            Severity::ALL.iter().zip(counts).map(|(severity, count)| format!("{count} {}", severity.name()));
        format!("{name:<7}  {:>2}  ({})", counts.iter().sum::<usize>(), by_severity.collect::<Vec<_>>().join(", "))
    })
}
