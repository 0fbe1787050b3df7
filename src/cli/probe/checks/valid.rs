//! With a good token: checks 8 and 9.

use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::{Answer, Request};
use crate::cli::probe::tokens::Pattern;
use crate::cli::probe::trial::{Report, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: 8,
        slug: "valid-token",
        severity: Severity::Must,
        title: "a good token opens the path, and the handler knows the user",
        why: "RFC 6750 section 2.1; Clerk docs, \"Manual JWT verification\"",
        topic: Topic::GoodToken,
        run: valid_token,
    },
    Check {
        id: 9,
        slug: "scheme-case",
        severity: Severity::Should,
        title: "the scheme may be written in any case",
        why: "RFC 9110 section 11.1: the scheme is case-insensitive",
        topic: Topic::Header,
        run: scheme_case,
    },
];

fn valid_token(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let token = probe.valid()?;
    let request = Request::get(probe.protected()).bearer(&token);
    let answer = trial.expect(&request, "2xx", Answer::is_success);
    let (Some(answer), Some(pattern)) = (answer, Pattern::of(&token)) else { return trial.end() };
    if answer.is_success() {
        let is_told = pattern.subject().is_some_and(|subject| answer.text().contains(subject));
        trial.judge(Severity::Info, &request, "the user's id in the body", is_told, "a body without the user's id");
    } else {
        trial.note(&format!("the token says {}; the API must be configured for each", configured_for(&pattern)));
    }
    trial.end()
}

/// What a token says that an API is configured for.
fn configured_for(pattern: &Pattern) -> String {
    let said = |(name, called): (&str, &str)| match pattern.claims.get(name) {
        Some(value) => format!("{called} ({name}) {value}"),
        None => format!("no {called} ({name})"),
    };
    [("iss", "issuer"), ("azp", "authorized party"), ("aud", "audience")].map(said).join(", ")
}

fn scheme_case(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::should(probe);
    let token = probe.valid()?;
    for scheme in ["bearer", "BEARER"] {
        trial.expect(&Request::get(probe.protected()).credential(scheme, &token), "2xx", Answer::is_success);
    }
    trial.end()
}
