//! A session that is ended: check 39.

use std::time::Duration;

use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::{Answer, Request};
use crate::cli::probe::source::Source;
use crate::cli::probe::tokens::Pattern;
use crate::cli::probe::trial::{Report, Trial};
use crate::platform::native::now;

pub(super) const CHECKS: &[Check] = &[Check {
    id: 39,
    slug: "revoked-session",
    severity: Severity::Must,
    title: "the token of a revoked session opens nothing once the window is over",
    why: "ASVS 5.0 V7.4.1; Clerk docs, \"How Clerk works\": a session token lives for sixty seconds",
    topic: Topic::Revocation,
    run: revoked,
}];

/// Life of Clerk's session tokens, in seconds.
const WINDOW_SECONDS: u64 = 60;

fn revoked(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let Source::Clerk(clerk) = &probe.source else {
        return Err(Stop::skip("needs a session that can be revoked: --clerk"));
    };
    let mut token = clerk.new_token()?;
    trial.expect(&Request::get(probe.protected()).bearer(&token), "2xx", Answer::is_success);
    let revoked_at = now().seconds();
    clerk.revoke()?;
    let window = i64::try_from(probe.settings.window_seconds.unwrap_or(WINDOW_SECONDS)).unwrap_or(i64::MAX);
    let exp = Pattern::of(&token).and_then(|pattern| pattern.exp());
    let exp = exp.ok_or_else(|| Stop::skip("the token has no exp"))?;
    token.kind = "of a revoked session".to_owned();
    let request = Request::get(probe.protected()).bearer(&token);
    let lives = exp - revoked_at;
    trial.judge(
        Severity::Must,
        &request,
        &format!("{window} s at most to live"),
        lives <= window,
        &format!("{lives} s"),
    );
    let end = exp.min(revoked_at.saturating_add(window)) + probe.clock_skew_seconds() + 1;
    std::thread::sleep(Duration::from_secs(u64::try_from(end - now().seconds()).unwrap_or(0)));
    trial.rejected(&request);
    trial.note(&format!("a revoked session's token was good for {} s at most", lives.max(0)));
    trial.end()
}
