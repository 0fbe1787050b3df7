//! One check under way: it sends, compares, and keeps what was found wrong.

use serde::Serialize;

use super::check::{Severity, Stop};
use super::equipment::Probe;
use super::http::{Answer, Request, SendError};

/// What was found wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    pub(super) request: String,
    pub(super) expected: String,
    pub(super) got: String,
}

/// What a check has to say.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) findings: Vec<Finding>,
    /// How many requests were judged.
    pub(super) requests: usize,
    /// What it left out, and why.
    pub(super) notes: Vec<String>,
}

/// A check under way.
pub(super) struct Trial<'a> {
    pub(super) probe: &'a Probe,
    severity: Severity,
    report: Report,
}

impl<'a> Trial<'a> {
    /// A check whose findings are as grave as `severity` unless it says otherwise.
    pub(super) fn new(probe: &'a Probe, severity: Severity) -> Self {
        Self { probe, severity, report: Report::default() }
    }

    pub(super) fn must(probe: &'a Probe) -> Self {
        Self::new(probe, Severity::Must)
    }

    pub(super) fn should(probe: &'a Probe) -> Self {
        Self::new(probe, Severity::Should)
    }

    /// Expects 401.
    pub(super) fn rejected(&mut self, request: &Request) -> Option<Answer> {
        self.expect(request, "401", |answer| answer.status == 401)
    }

    /// Expects an answer of this kind, and gives it back whether it is or not.
    pub(super) fn expect(
        &mut self,
        request: &Request,
        expected: &str,
        is_met: impl Fn(&Answer) -> bool,
    ) -> Option<Answer> {
        self.expect_as(self.severity, request, expected, is_met)
    }

    /// The same, where a failure is as grave as `severity`.
    pub(super) fn expect_as(
        &mut self,
        severity: Severity,
        request: &Request,
        expected: &str,
        is_met: impl Fn(&Answer) -> bool,
    ) -> Option<Answer> {
        let answer = self.ask(severity, request, expected)?;
        if !is_met(&answer) {
            self.find(severity, request, expected, &answer.summary());
        }
        Some(answer)
    }

    /// Sends a request of which no more is expected yet than that it is answered.
    pub(super) fn ask(&mut self, severity: Severity, request: &Request, expected: &str) -> Option<Answer> {
        self.meet(severity, request, expected, self.probe.send(request))
    }

    /// Takes what came of a request that was sent in another way, which is to be something.
    pub(super) fn meet<T>(
        &mut self,
        severity: Severity,
        request: &Request,
        expected: &str,
        sent: Result<T, SendError>,
    ) -> Option<T> {
        self.report.requests += 1;
        match sent {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.find(severity, request, expected, &error.to_string());
                None
            }
        }
    }

    /// Expects something of an answer that is there already.
    pub(super) fn judge(&mut self, severity: Severity, request: &Request, expected: &str, is_met: bool, got: &str) {
        if !is_met {
            self.find(severity, request, expected, got);
        }
    }

    /// Keeps what is wrong.
    pub(super) fn find(&mut self, severity: Severity, request: &Request, expected: &str, got: &str) {
        self.report.findings.push(Finding {
            severity,
            request: self.probe.redact(&request.to_string()),
            expected: expected.to_owned(),
            got: self.probe.redact(got),
        });
    }

    /// Notes what is left out.
    pub(super) fn note(&mut self, note: &str) {
        self.report.notes.push(self.probe.redact(note));
    }

    pub(super) fn has_findings(&self) -> bool {
        !self.report.findings.is_empty()
    }

    pub(super) fn end(self) -> Result<Report, Stop> {
        Ok(self.report)
    }
}
