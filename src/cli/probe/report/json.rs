//! The report as one JSON document.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::cli::probe::TestError;
use crate::cli::probe::check::{Checked, Outcome, Severity};
use crate::cli::probe::framework::Framework;
use crate::cli::probe::hints::hint;
use crate::cli::probe::run::Run;
use crate::cli::probe::trial::Finding;

#[derive(Serialize)]
struct Document<'a> {
    tool: &'static str,
    version: &'static str,
    url: &'a str,
    tokens: &'static str,
    framework: Framework,
    summary: Value,
    checks: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: u8,
    slug: &'static str,
    severity: Severity,
    title: &'static str,
    why: &'static str,
    status: &'static str,
    requests: usize,
    findings: &'a [Finding],
    notes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

pub(super) fn render(run: &Run) -> Result<String, TestError> {
    let counts = run.counts();
    let document = Document {
        tool: "clerk-edge",
        version: env!("CARGO_PKG_VERSION"),
        url: &run.url,
        tokens: run.tokens,
        framework: run.framework,
        summary: json!({
            "passed": by_severity(counts.passed),
            "failed": by_severity(counts.failed),
            "skipped": by_severity(counts.skipped),
        }),
        checks: run.checked.iter().map(|checked| row(checked, run.framework)).collect(),
    };
    serde_json::to_string_pretty(&document).map_err(|error| TestError::Report(error.to_string()))
}

fn by_severity(counts: [usize; 3]) -> Map<String, Value> {
    Severity::ALL.iter().zip(counts).map(|(severity, count)| (severity.name().to_owned(), json!(count))).collect()
}

fn row(checked: &Checked, framework: Framework) -> Row<'_> {
    let check = checked.check;
    let (status, report, reason) = match &checked.outcome {
        Outcome::Passed(report) => ("passed", Some(report), None),
        Outcome::Failed(report) => ("failed", Some(report), None),
        Outcome::Skipped(reason) => ("skipped", None, Some(reason.as_str())),
    };
    Row {
        id: check.id,
        slug: check.slug,
        severity: checked.severity(),
        title: check.title,
        why: check.why,
        status,
        requests: report.map_or(0, |report| report.requests),
        findings: report.map_or(&[], |report| &report.findings),
        notes: report.map_or(&[], |report| &report.notes),
        reason,
        hint: (status == "failed").then(|| hint(check.topic, framework)),
    }
}
