//! The report as SARIF 2.1.0, which code scanners show: a rule a check, a result a finding.
//!
//! What is found is at an address, not in a file; the address is the location's URI. Source: OASIS SARIF 2.1.0, section 3.

use serde_json::{Value, json};

use crate::cli::probe::TestError;
use crate::cli::probe::check::{Check, Checked, Outcome, Severity};
use crate::cli::probe::hints::hint;
use crate::cli::probe::run::Run;
use crate::cli::probe::trial::Finding;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn render(run: &Run) -> Result<String, TestError> {
    let rules: Vec<Value> = run.checked.iter().map(|checked| rule(checked.check, run)).collect();
    let driver = json!({"name": "clerk-edge", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules});
    let results: Vec<Value> =
        run.checked.iter().enumerate().flat_map(|(index, checked)| results(index, checked, run)).collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results, "columnKind": "utf16CodeUnits"}],
    });
    serde_json::to_string_pretty(&document).map_err(|error| TestError::Report(error.to_string()))
}

fn rule(check: &Check, run: &Run) -> Value {
    json!({
        "id": id(check),
        "name": check.slug,
        "shortDescription": {"text": sentence(check.title)},
        "fullDescription": {"text": format!("{} {}.", sentence(check.title), check.why)},
        "help": {"text": hint(check.topic, run.framework)},
        "defaultConfiguration": {"level": level(check.severity)},
        "properties": {"tags": ["security", "authentication"]},
    })
}

fn results(index: usize, checked: &Checked, run: &Run) -> Vec<Value> {
    let base = |kind: &str, level: &str, text: String| {
        json!({
            "ruleId": id(checked.check),
            "ruleIndex": index,
            "kind": kind,
            "level": level,
            "message": {"text": text},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": run.url}}}],
        })
    };
    match &checked.outcome {
        Outcome::Passed(_) => vec![base("pass", "none", sentence(checked.check.title))],
        Outcome::Skipped(reason) => vec![base("notApplicable", "none", sentence(reason))],
        Outcome::Failed(report) => {
            report.findings.iter().map(|finding| base("fail", level(finding.severity), message(finding))).collect()
        }
    }
}

fn message(finding: &Finding) -> String {
    format!("{}: expected {}, got {}.", finding.request, finding.expected, finding.got)
}

fn id(check: &Check) -> String {
    format!("CE{:03}", check.id)
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Must => "error",
        Severity::Should => "warning",
        Severity::Info => "note",
    }
}

/// With a capital and a full stop, as SARIF asks of plain text (section 3.11.3).
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}
