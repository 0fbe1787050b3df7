//! What headers give away, and whether tokens travel over https alone: check 45.

use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::{Answer, Request};
use crate::cli::probe::tokens::Token;
use crate::cli::probe::trial::{Report, Trial};

pub(super) const CHECKS: &[Check] = &[Check {
    id: 45,
    slug: "telling-headers",
    severity: Severity::Should,
    title: "headers tell neither reasons nor versions, and https is for good and alone",
    why: "ASVS 5.0 V3.4.1, V12.2.1, V13.4.6; RFC 6797 section 7; RFC 6750 section 5.3: a token travels over TLS",
    topic: Topic::Leaks,
    run: telling_headers,
}];

/// The usual ports of https and of http.
const HTTPS_PORT: u16 = 443;
const HTTP_PORT: u16 = 80;
/// How long browsers are to remember that a host is for https alone, in seconds: a year.
const HSTS_SECONDS: u64 = 31_536_000;
const PLAIN: &str = "a redirect to https, or no answer at all";

fn telling_headers(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::should(probe);
    let missing = Request::get(probe.protected());
    let forged = Request::get(probe.protected()).bearer(&probe.forged("forged")?);
    for request in [&missing, &forged] {
        let Some(answer) = trial.ask(Severity::Should, request, "an answer") else { continue };
        tells_nothing(&mut trial, request, &answer);
        if probe.client.target().is_tls {
            is_for_good(&mut trial, request, &answer);
        }
    }
    if probe.client.target().is_tls {
        plain_http(&mut trial)?;
    }
    trial.end()
}

fn tells_nothing(trial: &mut Trial<'_>, request: &Request, answer: &Answer) {
    for name in ["x-clerk-auth-message", "x-clerk-auth-reason", "x-clerk-debug"] {
        let is_silent = answer.header(name).is_none();
        trial.judge(Severity::Should, request, &format!("no {name}"), is_silent, &format!("{name} in the answer"));
    }
    for name in ["server", "x-powered-by"] {
        let value = answer.header(name).unwrap_or_default();
        let tells = value.contains('/') && value.contains(|c: char| c.is_ascii_digit());
        trial.judge(Severity::Info, request, &format!("no version in {name}"), !tells, &format!("{name}: {value}"));
    }
}

fn is_for_good(trial: &mut Trial<'_>, request: &Request, answer: &Answer) {
    let value = answer.header("strict-transport-security");
    let got =
        value.map_or_else(|| "an answer without it".to_owned(), |value| format!("Strict-Transport-Security: {value}"));
    let seconds = value.and_then(max_age).unwrap_or(0);
    trial.judge(Severity::Should, request, "Strict-Transport-Security over https", seconds > 0, &got);
    let is_long = seconds == 0 || seconds >= HSTS_SECONDS;
    trial.judge(Severity::Info, request, "Strict-Transport-Security for a year at least", is_long, &got);
}

/// The `max-age` of a value (RFC 6797 section 6.1.1).
fn max_age(value: &str) -> Option<u64> {
    let directives = value.split(';').filter_map(|directive| directive.split_once('='));
    let mut ages = directives.filter(|(name, _)| name.trim().eq_ignore_ascii_case("max-age"));
    ages.next()?.1.trim().trim_matches('"').parse().ok()
}

/// Asks for the same path over plain HTTP, where nothing but a redirect to https should be.
fn plain_http(trial: &mut Trial<'_>) -> Result<(), Stop> {
    let probe = trial.probe;
    let target = probe.client.target();
    let usual = (target.port == HTTPS_PORT).then_some(HTTP_PORT);
    let Some(port) = probe.settings.http_port.or(usual) else {
        trial.note("plain http beside https was not tried, as the port is not the usual one: --http-port");
        return Ok(());
    };
    let over_plain = Request::get(probe.protected()).note(&format!("over plain http, port {port}"));
    let request = match token_for_plain(trial)? {
        Some(token) => over_plain.bearer(&token),
        None => over_plain,
    };
    // Nobody is there, or nobody who speaks HTTP.
    let Ok(answer) = probe.client.send_plain(&request, port) else { return Ok(()) };
    let has_token = request.has("authorization");
    let severity = if answer.is_success() { Severity::Must } else { Severity::Should };
    let is_sound = match answer.status {
        300..=399 => answer.header("location").is_some_and(is_https),
        // It may ask for a token that then travels in the clear; one that was sent and is refused is turned away.
        401 => has_token,
        status => status >= 400,
    };
    trial.judge(severity, &request, PLAIN, is_sound, &answer.summary());
    Ok(())
}

/// A good token goes over plain HTTP to this machine alone.
fn token_for_plain(trial: &mut Trial<'_>) -> Result<Option<Token>, Stop> {
    let probe = trial.probe;
    if probe.client.target().is_loopback() {
        return Ok(probe.genuine()?);
    }
    trial.note("no good token was sent over plain http to another machine");
    Ok(None)
}

fn is_https(location: &str) -> bool {
    location.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_is_read_wherever_it_stands() {
        for value in ["max-age=5", "includeSubDomains; Max-Age = 5", "preload;max-age=\"5\";x=1"] {
            assert_eq!(max_age(value), Some(5), "{value}");
        }
        for value in ["", "max-age", "max-age=x", "age=5"] {
            assert_eq!(max_age(value), None, "{value}");
        }
    }

    #[test]
    fn only_an_absolute_address_of_https_leads_to_it() {
        assert!(is_https("https://a/") && is_https("HTTPS://a"));
        assert!(!is_https("http://a") && !is_https("/b") && !is_https("ä"));
    }
}
