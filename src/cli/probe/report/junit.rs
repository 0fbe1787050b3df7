//! The report as JUnit's XML: a test case a check.

use quick_junit::{NonSuccessKind, Report as Xml, TestCase, TestCaseStatus, TestSuite};

use crate::cli::probe::TestError;
use crate::cli::probe::check::{Checked, Outcome};
use crate::cli::probe::framework::Framework;
use crate::cli::probe::hints::hint;
use crate::cli::probe::run::Run;
use crate::cli::probe::trial::Report;

pub(super) fn render(run: &Run) -> Result<String, TestError> {
    let mut suite = TestSuite::new(format!("clerk-edge test {}", run.url));
    suite.add_test_cases(run.checked.iter().map(|checked| case(checked, run.framework)));
    let mut xml = Xml::new("clerk-edge test");
    xml.add_test_suite(suite);
    xml.to_string().map(|text| text.trim_end().to_owned()).map_err(|error| TestError::Report(error.to_string()))
}

fn case(checked: &Checked, framework: Framework) -> TestCase {
    let check = checked.check;
    let status = match &checked.outcome {
        Outcome::Passed(_) => TestCaseStatus::success(),
        Outcome::Skipped(reason) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(reason.as_str());
            status
        }
        Outcome::Failed(report) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(checked.severity().name()).set_message(check.title);
            status.set_description(description(report, check.why, &hint(check.topic, framework)));
            status
        }
    };
    let mut case = TestCase::new(format!("{} {}", check.id, check.slug), status);
    case.set_classname(format!("clerk-edge.{}", check.severity.name()));
    case
}

fn description(report: &Report, why: &str, hint: &str) -> String {
    let finding = |finding: &crate::cli::probe::trial::Finding| {
        format!("{}\n  expected {}\n  got {}\n", finding.request, finding.expected, finding.got)
    };
    format!("{}why: {why}\nhint: {hint}\n", report.findings.iter().map(finding).collect::<String>())
}
