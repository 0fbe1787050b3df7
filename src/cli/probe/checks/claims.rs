//! Claims under the right key: checks 21 to 27.

use serde_json::{Value, json};

use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::Request;
use crate::cli::probe::tokens::{Pattern, Token};
use crate::cli::probe::trial::{Report, Trial};
use crate::platform::native::now;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: 21,
        slug: "expired-token",
        severity: Severity::Must,
        title: "an expired token is 401, and the answer tells no dates",
        why: "RFC 7519 section 4.1.4; ASVS 5.0 V9.2.1",
        topic: Topic::Claims,
        run: expired,
    },
    Check {
        id: 22,
        slug: "expiry-boundary",
        severity: Severity::Must,
        title: "exp has leeway for clocks, and must be there and be a date",
        why: "RFC 7519 section 4.1.4: a small leeway; ASVS 5.0 V9.2.1",
        topic: Topic::Claims,
        run: expiry,
    },
    Check {
        id: 23,
        slug: "not-yet-valid",
        severity: Severity::Must,
        title: "a token of the future is 401",
        why: "RFC 7519 sections 4.1.5 and 4.1.6; ASVS 5.0 V9.2.1",
        topic: Topic::Claims,
        run: future,
    },
    Check {
        id: 24,
        slug: "issuer",
        severity: Severity::Should,
        title: "a token of another issuer is 401",
        why: "RFC 8725 section 3.8; RFC 7519 section 4.1.1",
        topic: Topic::Claims,
        run: issuer,
    },
    Check {
        id: 25,
        slug: "authorized-party",
        severity: Severity::Must,
        title: "a token for another origin is 401",
        why: "Clerk docs, \"Manual JWT verification\": azp; ASVS 5.0 V9.2.3",
        topic: Topic::Parties,
        run: authorized_party,
    },
    Check {
        id: 26,
        slug: "audience",
        severity: Severity::Must,
        title: "a token for another audience is 401",
        why: "RFC 7519 section 4.1.3; RFC 8725 section 3.9; ASVS 5.0 V9.2.3",
        topic: Topic::Audience,
        run: audience,
    },
    Check {
        id: 27,
        slug: "subject",
        severity: Severity::Should,
        title: "a token without a user or a session is 401",
        why: "RFC 8725 section 3.8; Clerk docs, \"Session tokens\": sub and sid",
        topic: Topic::Claims,
        run: subject,
    },
];

const HOUR_SECONDS: i64 = 3600;
const FUTURE_SECONDS: i64 = 600;
/// How far past its exp a token is that clocks excuse, in seconds.
const EXCUSED_SECONDS: i64 = 2;
/// How often a token is made whose leeway was over before it was answered.
const TRIES: usize = 3;

fn expired(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let Ok(_) = probe.stand_in() else {
        let given = probe.given.expired.clone();
        let token = given.ok_or_else(|| Stop::skip("needs an expired token: --issuer-url or --expired-token"))?;
        expired_one(&mut trial, &token);
        return trial.end();
    };
    let now = now().seconds();
    for (age, kind) in [(HOUR_SECONDS, "expired an hour ago"), (probe.clock_skew_seconds() + 1, "just expired")] {
        expired_one(&mut trial, &expired_at(probe, now - age, kind)?);
    }
    trial.end()
}

fn expired_one(trial: &mut Trial<'_>, token: &Token) {
    let request = Request::get(trial.probe.protected()).bearer(token);
    let Some(answer) = trial.rejected(&request) else { return };
    let exp = Pattern::of(token).and_then(|pattern| pattern.exp());
    let said = format!("{} {}", answer.joined("www-authenticate"), answer.text());
    let tells = exp.is_some_and(|exp| said.contains(&exp.to_string())) || tells_clock(&said);
    trial.judge(Severity::Should, &request, "an answer without dates", !tells, "an answer that tells when");
}

/// Whether a text has a time of the day beside a word about expiry, as Clerk's own messages do.
fn tells_clock(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let has_time = lower
        .as_bytes()
        .windows(5)
        .any(|window| matches!(window, [a, b, b':', c, d] if [a, b, c, d].into_iter().all(u8::is_ascii_digit)));
    has_time && lower.contains("expir")
}

fn expired_at(probe: &Probe, exp: i64, kind: &str) -> Result<Token, Stop> {
    let claims = json!({"iat": exp - 60, "nbf": exp - 70, "exp": exp});
    probe.with_claims(claims, kind)
}

fn expiry(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    if probe.clock_skew_seconds() > EXCUSED_SECONDS + 1 {
        excused(&mut trial)?;
    }
    let text = (now().seconds() + 60).to_string();
    refuse_each(
        &mut trial,
        &[
            (json!({"exp": null}), "without exp"),
            (json!({"exp": text}), "exp as text"),
            (json!({"exp": 1e20}), "exp 1e20"),
            (json!({"exp": -1}), "exp -1"),
            (json!({"exp": []}), "exp as an array"),
        ],
    )?;
    trial.end()
}

/// Expects leeway for a token that has just expired, as long as it has while it is on its way.
fn excused(trial: &mut Trial<'_>) -> Result<(), Stop> {
    let probe = trial.probe;
    for _ in 0..TRIES {
        let exp = now().seconds() - EXCUSED_SECONDS;
        let request = Request::get(probe.protected()).bearer(&expired_at(probe, exp, "expired 2 s ago")?);
        let expected = "2xx, as clocks differ";
        let Some(answer) = trial.ask(Severity::Should, &request, expected) else { return Ok(()) };
        let is_in_time = now().seconds() < exp + probe.clock_skew_seconds();
        if answer.is_success() || is_in_time {
            trial.judge(Severity::Should, &request, expected, answer.is_success(), &answer.summary());
            return Ok(());
        }
    }
    trial.note("leeway for clocks was not judged, as answers take longer than it lasts");
    Ok(())
}

fn future(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let then = now().seconds() + FUTURE_SECONDS;
    refuse_each(
        &mut trial,
        &[
            (json!({"nbf": then, "exp": then + 60}), "nbf in 10 min"),
            (json!({"iat": then, "exp": then + 60}), "iat in 10 min"),
        ],
    )?;
    trial.end()
}

fn issuer(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::should(probe);
    let ours = probe.stand_in()?.overview()?.issuer;
    refuse_each(
        &mut trial,
        &[
            (json!({"iss": "https://other-instance.clerk.accounts.dev"}), "of another issuer"),
            (json!({"iss": format!("{ours}/")}), "iss with a slash behind it"),
            (json!({"iss": [ours]}), "iss as an array"),
            (json!({"iss": null}), "without iss"),
        ],
    )?;
    trial.end()
}

fn authorized_party(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    probe.stand_in()?;
    if probe.settings.authorized_parties.is_empty() {
        return Err(Stop::skip("no authorized_parties are configured, so azp says nothing"));
    }
    let first = probe.settings.authorized_parties.first().cloned().unwrap_or_default();
    refuse_each(
        &mut trial,
        &[
            (json!({"azp": "https://attacker.example"}), "azp of another origin"),
            (json!({"azp": format!("{first}.attacker.example")}), "azp that begins like the right one"),
        ],
    )?;
    let missing = Request::get(probe.protected()).bearer(&probe.with_claims(json!({"azp": null}), "without azp")?);
    trial.expect_as(Severity::Should, &missing, "401", |answer| answer.status == 401);
    trial.end()
}

fn audience(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    probe.stand_in()?;
    if probe.settings.audience.is_none() {
        return Err(Stop::skip("no audience is configured"));
    }
    refuse_each(
        &mut trial,
        &[
            (json!({"aud": "https://other.example"}), "another aud"),
            (json!({"aud": ["https://other.example"]}), "an array of another aud"),
            (json!({"aud": []}), "an empty array for aud"),
            (json!({"aud": ""}), "an empty aud"),
            (json!({"aud": null}), "without aud"),
        ],
    )?;
    trial.end()
}

fn subject(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::should(probe);
    refuse_each(
        &mut trial,
        &[
            (json!({"sub": null}), "without sub"),
            (json!({"sub": ""}), "an empty sub"),
            (json!({"sub": "client_1"}), "sub that is no user"),
            (json!({"sid": null}), "without sid"),
        ],
    )?;
    trial.end()
}

/// Expects 401 of a token with each of these changes.
fn refuse_each(trial: &mut Trial<'_>, changes: &[(Value, &str)]) -> Result<(), Stop> {
    for (claims, kind) in changes {
        let token = trial.probe.with_claims(claims.clone(), kind)?;
        trial.rejected(&Request::get(trial.probe.protected()).bearer(&token));
    }
    Ok(())
}
