//! Browsers and caches between the API and its callers: checks 33 to 35.

use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::{Answer, Request};
use crate::cli::probe::tokens::Pattern;
use crate::cli::probe::trial::{Report, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: 33,
        slug: "preflight",
        severity: Severity::Should,
        title: "a preflight of the named origin passes without a token, and others are not named",
        why: "Fetch standard, \"CORS-preflight fetch\"; ASVS 5.0 V3.4.2",
        topic: Topic::Cors,
        run: preflight,
    },
    Check {
        id: 34,
        slug: "refusal-across-origins",
        severity: Severity::Should,
        title: "a script of the named origin can read the 401",
        why: "Fetch standard, \"CORS check\": without the header a browser reports a network error",
        topic: Topic::Cors,
        run: readable_refusal,
    },
    Check {
        id: 35,
        slug: "caching",
        severity: Severity::Should,
        title: "what a token opens is in no shared cache",
        why: "RFC 9111 section 3.5; ASVS 5.0 V14.3.2; CWE-524",
        topic: Topic::Caching,
        run: caching,
    },
];

const FOREIGN_ORIGIN: &str = "https://attacker.example";

fn preflight_of(path: &str, origin: &str) -> Request {
    Request::new("OPTIONS", path)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "GET")
        .header("Access-Control-Request-Headers", "authorization")
}

fn preflight(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::should(probe);
    if let Some(origin) = &probe.settings.origin {
        let request = preflight_of(probe.protected(), origin);
        let answer = trial.expect(&request, "2xx without a token", Answer::is_success);
        if let Some(answer) = answer.filter(Answer::is_success) {
            allows(&mut trial, &request, &answer, origin);
        }
    } else {
        trial.note("the origin that may call was not given, so only a foreign one was tried: --origin");
    }
    foreign(&mut trial, &preflight_of(probe.protected(), FOREIGN_ORIGIN));
    foreign(&mut trial, &Request::get(probe.protected()).header("Origin", FOREIGN_ORIGIN));
    foreign(&mut trial, &Request::get(probe.protected()).header("Origin", "null"));
    trial.end()
}

fn allows(trial: &mut Trial<'_>, request: &Request, answer: &Answer, origin: &str) {
    let allowed = answer.joined("access-control-allow-origin");
    let has_credentials = answer.lists("access-control-allow-credentials", "true");
    let is_allowed = allowed == origin || (allowed == "*" && !has_credentials);
    let got = format!("Access-Control-Allow-Origin: {allowed}");
    trial.judge(Severity::Should, request, "Access-Control-Allow-Origin of this origin", is_allowed, &got);
    // The Fetch standard does not let * stand for authorization.
    let headers = answer.joined("access-control-allow-headers");
    let is_named = answer.lists("access-control-allow-headers", "authorization");
    let got = format!("Access-Control-Allow-Headers: {headers}");
    trial.judge(Severity::Should, request, "authorization in Access-Control-Allow-Headers", is_named, &got);
}

/// Another origin may at most be told that everyone may read without credentials.
fn foreign(trial: &mut Trial<'_>, request: &Request) {
    let Some(answer) = trial.ask(Severity::Should, request, "an answer") else { return };
    let allowed = answer.joined("access-control-allow-origin");
    let is_reflected = [FOREIGN_ORIGIN, "null"].contains(&allowed.as_str());
    let with_credentials = answer.lists("access-control-allow-credentials", "true");
    let severity = if with_credentials { Severity::Must } else { Severity::Should };
    let got = format!("Access-Control-Allow-Origin: {allowed}, credentials: {with_credentials}");
    let is_unsound = is_reflected || (allowed == "*" && with_credentials);
    trial.judge(severity, request, "no leave for another origin", !is_unsound, &got);
}

fn readable_refusal(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::should(probe);
    let origin = probe.settings.origin.as_ref();
    let origin = origin.ok_or_else(|| Stop::skip("the origin that may call was not given: --origin"))?;
    let request = Request::get(probe.protected()).header("Origin", origin);
    let Some(answer) = trial.rejected(&request) else { return trial.end() };
    let allowed = answer.joined("access-control-allow-origin");
    let is_allowed = allowed == *origin || allowed == "*";
    let got = format!("Access-Control-Allow-Origin: {allowed}");
    trial.judge(Severity::Should, &request, "Access-Control-Allow-Origin", is_allowed, &got);
    let exposed = answer.joined("access-control-expose-headers");
    let is_exposed = answer.lists("access-control-expose-headers", "www-authenticate") || exposed == "*";
    let got = format!("Access-Control-Expose-Headers: {exposed}");
    trial.judge(Severity::Should, &request, "WWW-Authenticate among the exposed headers", is_exposed, &got);
    trial.end()
}

fn caching(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::should(probe);
    let token = probe.valid()?;
    let request = Request::get(probe.protected()).bearer(&token);
    let answer = trial.ask(Severity::Should, &request, "2xx").filter(Answer::is_success);
    let answer = answer.ok_or_else(|| Stop::skip("no good token is accepted, as check 8 says"))?;
    let control = answer.joined("cache-control");
    let is_kept = answer.lists("cache-control", "no-store") || answer.lists("cache-control", "private");
    let got = format!("Cache-Control: {control}");
    trial.judge(Severity::Should, &request, "Cache-Control: no-store or private", is_kept, &got);
    let varies = ["authorization", "cookie", "*"].iter().any(|name| answer.lists("vary", name));
    let is_never_kept = answer.lists("cache-control", "no-store");
    let got = format!("Vary: {}", answer.joined("vary"));
    trial.judge(Severity::Should, &request, "Vary: Authorization", varies || is_never_kept, &got);
    if let (Ok(path), Some(pattern)) = (probe.public(), Pattern::of(&token)) {
        let request = Request::get(path).bearer(&token);
        if let Some(answer) = trial.ask(Severity::Should, &request, "an answer") {
            let is_personal = pattern.subject().is_some_and(|subject| answer.text().contains(subject));
            let is_shared =
                answer.lists("cache-control", "public") || answer.joined("cache-control").contains("s-maxage");
            let is_sound = !(is_personal && is_shared);
            trial.judge(
                Severity::Must,
                &request,
                "no user in what caches share",
                is_sound,
                "a public answer with the user's id",
            );
        }
    }
    trial.end()
}
