//! Without a token: checks 1 to 6.

use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::{Answer, Request};
use crate::cli::probe::trial::{Report, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: 1,
        slug: "public-open",
        severity: Severity::Must,
        title: "a public path answers without a token",
        why: "ASVS 5.0 V8.2.1: access is by rule, and the rule of a public path is everyone",
        topic: Topic::PublicRoute,
        run: public_path,
    },
    Check {
        id: 2,
        slug: "missing-token",
        severity: Severity::Must,
        title: "a protected path without a token is 401",
        why: "RFC 9110 section 15.5.2; ASVS 5.0 V8.3.1",
        topic: Topic::Guard,
        run: missing_token,
    },
    Check {
        id: 3,
        slug: "missing-token-challenge",
        severity: Severity::Should,
        title: "that 401 has a Bearer challenge without an error",
        why: "RFC 9110 section 11.6.1; RFC 6750 section 3.1: no error code where there was no token",
        topic: Topic::Challenge,
        run: challenge,
    },
    Check {
        id: 4,
        slug: "missing-token-body",
        severity: Severity::Should,
        title: "that 401 is plain JSON: no page, no trace, no cookie, no redirect",
        why: "RFC 9457; ASVS 5.0 V16.5.1: a generic message and no details of the inside",
        topic: Topic::ErrorBody,
        run: body,
    },
    Check {
        id: 5,
        slug: "browser-navigation",
        severity: Severity::Must,
        title: "a browser's navigation to an API path is 401, too",
        why: "RFC 9110 section 15.5.2: an API has no sign-in page to send to",
        topic: Topic::Guard,
        run: navigation,
    },
    Check {
        id: 6,
        slug: "method-bypass",
        severity: Severity::Must,
        title: "no method passes the guard",
        why: "ASVS 5.0 V8.2.1, V4.1.4; CWE-650",
        topic: Topic::Methods,
        run: methods,
    },
];

/// Methods that may change something, and so are asked for.
const UNSAFE_METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];

fn public_path(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    trial.expect(&Request::get(probe.public()?), "2xx", Answer::is_success);
    trial.end()
}

fn missing_token(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    trial.rejected(&Request::get(probe.protected()));
    trial.end()
}

/// The 401 itself is check 2's.
fn refusal(trial: &mut Trial<'_>, request: &Request) -> Result<Answer, Stop> {
    let answer = trial.ask(Severity::Should, request, "401");
    answer.filter(|answer| answer.status == 401).ok_or_else(|| Stop::skip("the answer is no 401, as check 2 says"))
}

fn challenge(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::should(probe);
    let request = Request::get(probe.protected());
    let answer = refusal(&mut trial, &request)?;
    let value = answer.joined("www-authenticate");
    let is_bearer = value
        .split(',')
        .any(|part| part.trim().split(' ').next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer")));
    let got = if value.is_empty() { "no WWW-Authenticate".to_owned() } else { format!("WWW-Authenticate: {value}") };
    trial.judge(Severity::Should, &request, "WWW-Authenticate: Bearer …", is_bearer, &got);
    trial.judge(Severity::Should, &request, "no error= in the challenge", !value.contains("error="), &got);
    trial.end()
}

fn body(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::should(probe);
    let request = Request::get(probe.protected());
    let answer = refusal(&mut trial, &request)?;
    let kind = format!("Content-Type: {}", answer.header("content-type").unwrap_or("none"));
    trial.judge(Severity::Should, &request, "application/json or application/problem+json", answer.is_json(), &kind);
    let is_sound = !answer.is_json() || answer.json().is_some();
    trial.judge(Severity::Should, &request, "a body that is JSON", is_sound, "a body that is not JSON");
    trial.judge(Severity::Should, &request, "no trace of calls", !answer.shows_stack(), "a trace of calls");
    for name in ["set-cookie", "location"] {
        let got = format!("{name} in the answer");
        trial.judge(Severity::Should, &request, &format!("no {name}"), answer.header(name).is_none(), &got);
    }
    trial.end()
}

fn navigation(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let request = Request::get(probe.protected())
        .header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .header("Sec-Fetch-Dest", "document")
        .secret("Sec-Fetch-Mode", "navigate", "")
        .secret("Sec-Fetch-Site", "none", "");
    trial.rejected(&request);
    trial.end()
}

fn methods(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let declared = &probe.settings.methods;
    let unsafe_methods: &[&str] = if probe.is_unsafe { &UNSAFE_METHODS } else { &[] };
    for method in ["HEAD"].iter().chain(unsafe_methods) {
        let request = Request::new(method, probe.protected());
        if declared.iter().any(|name| name == method) {
            trial.rejected(&request);
        } else {
            trial.expect(&request, "401, or 405 where the method is not there", |answer| answer.is(&[401, 404, 405]));
        }
    }
    if !probe.is_unsafe {
        trial.note("POST, PUT, PATCH and DELETE were left out: --unsafe");
    }
    trial.end()
}
