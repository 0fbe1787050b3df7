//! What is meant to be as it is: findings that do not count, by name or by name and subject.
//!
//! A mistake of the configuration cannot be allowed: the Worker would not run. An allowance that nothing comes under is
//! told, so that none outlives its reason, unless there are environments, which share the file and not what is found.

use super::lints;
use crate::cli::finding::{Finding, Severity};
use crate::cli::policy_tests::PolicyTests;
use crate::cli::wrangler::Place;

/// The allowances of the command and of the file.
pub(super) struct Allowances(Vec<Allowance>);

struct Allowance {
    text: String,
    /// Where it stands, unless the command said it.
    place: Option<Place>,
}

impl Allowances {
    pub(super) fn new(asked: &[String], tests: &PolicyTests) -> Self {
        let asked = asked.iter().map(|text| Allowance { text: text.clone(), place: None });
        let written = tests.settings.allow.iter();
        let written = written
            .map(|text| Allowance { text: text.get_ref().clone(), place: Some(tests.place_at(text.span().start)) });
        Self(asked.chain(written).collect())
    }

    /// The findings that count, and those about the allowances themselves; whether one is unused is told where all lints
    /// ran and `is_alone` says that no other environment uses it.
    pub(super) fn apply(self, mut findings: Vec<Finding>, is_alone: bool) -> Vec<Finding> {
        let mut about = Vec::new();
        for Allowance { text, place } in self.0 {
            let before = findings.len();
            let problem = match parse(&text) {
                Ok(_) => {
                    findings.retain(|finding| !covers(&text, finding));
                    (is_alone && findings.len() == before)
                        .then(|| (Severity::Note, format!("nothing is found that {text:?} allows")))
                }
                Err(error) => Some((Severity::Mistake, error)),
            };
            if let (Some((severity, problem)), Some(place)) = (problem, place) {
                let cure = (severity == Severity::Note).then(|| "take it out".to_owned());
                about.push(Finding { severity, name: lints::ALLOWANCE, subject: text, place, text: problem, cure });
            }
        }
        findings.append(&mut about);
        findings
    }
}

/// Reads an allowance: the name of a lint, or a name, a space and a subject.
pub(super) fn parse(text: &str) -> Result<String, String> {
    let name = text.split(' ').next().unwrap_or(text);
    if lints::NAMES.contains(&name) {
        return Ok(text.to_owned());
    }
    Err(format!("there is no lint {name:?}; expected one of {}", lints::NAMES.join(", ")))
}

/// Whether a finding comes under an allowance. A subject may end in `*`.
fn covers(text: &str, finding: &Finding) -> bool {
    let (name, subject) = text.split_once(' ').map_or((text, None), |(name, subject)| (name, Some(subject)));
    let is_subject = |subject: &str| {
        let start = subject.strip_suffix('*').filter(|_| subject != finding.subject);
        finding.subject == subject || start.is_some_and(|start| finding.subject.starts_with(start))
    };
    finding.name == name && subject.is_none_or(is_subject)
}
