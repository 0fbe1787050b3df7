//! Tokens and identities elsewhere than in one `Authorization` header: checks 30 to 32.

use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::{Answer, Request};
use crate::cli::probe::tokens::Token;
use crate::cli::probe::trial::{Report, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: 30,
        slug: "token-elsewhere",
        severity: Severity::Must,
        title: "no token counts elsewhere, and no header says who one is",
        why: "RFC 6750 section 2.3; RFC 9700 section 4.3.2; ASVS 5.0 V4.1.3, V14.2.1; CVE-2025-29927",
        topic: Topic::Guard,
        run: elsewhere,
    },
    Check {
        id: 31,
        slug: "two-headers",
        severity: Severity::Must,
        title: "two Authorization values open nothing",
        why: "RFC 9110 section 11.6.2: one value; CWE-444",
        topic: Topic::Header,
        run: two_headers,
    },
    Check {
        id: 32,
        slug: "cookie-fallback",
        severity: Severity::Must,
        title: "a cookie neither makes up for a bad header nor comes from another site",
        why: "ASVS 5.0 V3.5.1; Clerk docs, \"CSRF protection\"",
        topic: Topic::Cookies,
        run: cookies,
    },
];

/// Headers by which some inner layer says who the user is, or that all is well.
const SPOOFED: [(&str, &str); 12] = [
    ("X-User-Id", "user_spoofed"),
    ("X-User", "user_spoofed"),
    ("X-Forwarded-User", "user_spoofed"),
    ("X-Remote-User", "user_spoofed"),
    ("X-Clerk-User-Id", "user_spoofed"),
    ("X-Clerk-Auth-Status", "signed-in"),
    ("X-Clerk-Auth-Token", "user_spoofed"),
    ("X-Auth-User-Id", "user_spoofed"),
    ("X-Original-URL", "/"),
    ("X-Rewrite-URL", "/"),
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Middleware-Subrequest", "middleware:middleware:middleware:middleware:middleware"),
];
const SUBREQUESTS: [&str; 3] = [
    "src/middleware:src/middleware:src/middleware:src/middleware:src/middleware",
    "proxy:proxy:proxy:proxy:proxy",
    "pages/_middleware",
];
const ATTACKER_ORIGIN: &str = "https://attacker.example";

fn elsewhere(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let path = probe.protected();
    for (name, value) in SPOOFED {
        trial.rejected(&Request::get(path).header(name, value));
    }
    for value in SUBREQUESTS {
        trial.rejected(&Request::get(path).header("X-Middleware-Subrequest", value));
    }
    match probe.genuine()? {
        Some(token) => carried_elsewhere(&mut trial, &token),
        None => trial.note("a good token in other places was left out: --issuer-url, --clerk or --token"),
    }
    trial.end()
}

fn carried_elsewhere(trial: &mut Trial<'_>, token: &Token) {
    let probe = trial.probe;
    let path = probe.protected();
    let separator = if path.contains('?') { '&' } else { '?' };
    for name in ["token", "access_token", "__session", "jwt"] {
        // Shown by its name: the path holds the token, and a report does not.
        let request = Request::get(&format!("{path}{separator}{name}={}", token.text));
        trial.rejected(&request.note(&format!("a good token as {name} of the query")));
    }
    for name in ["X-Forwarded-Authorization", "X-Authorization", "Proxy-Authorization", "X-Access-Token"] {
        trial.rejected(&Request::get(path).secret(
            name,
            format!("Bearer {}", token.text),
            &format!("a good token in {name}"),
        ));
    }
    if probe.is_unsafe {
        let body = format!("access_token={}", token.text);
        let request = Request::new("POST", path);
        let request = request.body("application/x-www-form-urlencoded", body, "a good token in the body");
        trial.expect(&request, "401, 404 or 405", |answer| answer.is(&[401, 404, 405]));
    }
    spoofed_beside(trial, token);
}

/// A good token of one user beside headers that name another.
fn spoofed_beside(trial: &mut Trial<'_>, token: &Token) {
    let mut request = Request::get(trial.probe.protected()).bearer(token).note("beside headers that name user_spoofed");
    for (name, value) in SPOOFED.iter().filter(|(_, value)| *value == "user_spoofed") {
        request = request.secret(name, *value, "");
    }
    let severity = Severity::Must;
    if let Some(answer) = trial.ask(severity, &request, "the token's user") {
        let is_taken = answer.is_success() && answer.text().contains("user_spoofed");
        trial.judge(severity, &request, "the token's user", !is_taken, "the user that a header names");
    }
}

fn two_headers(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let good = probe.any_token()?;
    let bad = Token::new("not.a.token", "bad");
    let path = probe.protected();
    let is_refused = |answer: &Answer| answer.is(&[400, 401]);
    for [first, second] in [[&good, &bad], [&bad, &good], [&good, &good]] {
        trial.expect(&Request::get(path).bearer(first).bearer(second), "400 or 401", is_refused);
    }
    for [first, second] in [[&good, &bad], [&bad, &good]] {
        let joined = format!("Bearer {}, Bearer {}", first.text, second.text);
        let shown = format!("tokens in one header: {}, {}", first.kind, second.kind);
        trial.expect(&Request::get(path).secret("Authorization", joined, &shown), "400 or 401", is_refused);
    }
    trial.end()
}

fn cookies(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let good = probe.valid()?;
    let cookie = format!("__session={}", good.text);
    let is_refused = |answer: &Answer| answer.is(&[400, 401, 403]);
    let bad = Token::new("not.a.token", "bad");
    let request =
        Request::get(probe.protected()).bearer(&bad).secret("Cookie", cookie.clone(), "a good __session cookie");
    trial.expect(&request, "401", is_refused);
    if !probe.is_unsafe {
        trial.note("a cookie on a POST from another site was left out: --unsafe");
        return trial.end();
    }
    let request = Request::new("POST", probe.protected())
        .secret("Cookie", cookie, "a good __session cookie")
        .header("Origin", ATTACKER_ORIGIN)
        .secret("Sec-Fetch-Site", "cross-site", "")
        .body("text/plain", "x", "a plain body");
    trial.expect(&request, "401 or 403", |answer| answer.is(&[400, 401, 403, 404, 405]));
    trial.end()
}
