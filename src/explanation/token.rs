//! The checks of a token in their order, each with what it looked at.
//!
//! Header and claims are shown as they stand in the token, good or not, and decide nothing here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::Value;

use super::TokenVerdict;
use super::moment::relative;
use crate::checks::{Check, Outcome, Reached};
use crate::claims::Session;
use crate::json::{Object, parse_object};
use crate::keys::KeyOrigin;
use crate::limits::TOKEN_BYTES;
use crate::time::UnixTime;
use crate::token::{CATEGORY_IGNORE, CATEGORY_MACHINE, CATEGORY_SESSION, CATEGORY_TEMPLATE};
use crate::verifier::{MissingAzp, TokenPolicy};

/// A token, told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenStory {
    /// Whether it passed every check.
    pub verified: bool,
    /// The code of the refusal.
    pub code: Option<&'static str>,
    /// Its header, where one can be read.
    pub header: Option<Object>,
    /// Its claims, where some can be read. Unless `verified`, anybody may have written them.
    pub claims: Option<Object>,
    /// Every check, in order.
    pub checks: Vec<CheckStory>,
}

/// A check, told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckStory {
    /// Its name.
    pub check: &'static str,
    /// What became of it.
    pub outcome: Outcome,
    /// What was looked at; null where it was not reached.
    pub detail: Option<String>,
}

/// What details are told from.
struct Token<'a> {
    text: &'a str,
    policy: &'a TokenPolicy,
    same_origin: bool,
    now: UnixTime,
    header: Object,
    claims: Object,
    verdict: &'a TokenVerdict,
}

impl TokenStory {
    pub(super) fn of(
        text: &str,
        policy: &TokenPolicy,
        same_origin: bool,
        now: UnixTime,
        reached: &Reached,
        verdict: &TokenVerdict,
    ) -> Self {
        let (header, claims) = (part(text, 0), part(text, 1));
        let token = Token {
            text,
            policy,
            same_origin,
            now,
            header: header.clone().unwrap_or_default(),
            claims: claims.clone().unwrap_or_default(),
            verdict,
        };
        let story = |(check, outcome): (Check, Outcome)| CheckStory {
            check: check.name(),
            outcome,
            detail: (outcome != Outcome::NotReached).then(|| token.detail(check)),
        };
        let failed = verdict.refusal.is_some();
        let checks = reached.outcomes(failed).map(story).collect();
        let code = verdict.refusal.map(crate::refusal::Refusal::code);
        Self { verified: reached.last().is_some() && !failed, code, header, claims, checks }
    }
}

/// A part of a token as JSON, for showing alone.
fn part(text: &str, index: usize) -> Option<Object> {
    if text.len() > TOKEN_BYTES || text.split('.').count() != 3 {
        return None;
    }
    parse_object(&URL_SAFE_NO_PAD.decode(text.split('.').nth(index)?).ok()?).ok()
}

impl Token<'_> {
    fn detail(&self, check: Check) -> String {
        match check {
            Check::Form => form(self.text),
            Check::Critical => shown(self.header.get("crit"), "absent"),
            Check::Type => shown(self.header.get("typ"), "absent"),
            Check::Algorithm => self.algorithm(),
            Check::Category => category(self.header.get("cat")),
            Check::Key => self.key(),
            Check::Signature => self.signature(),
            Check::Claims => self.claims_form(),
            Check::Subject => shown(self.claims.get("sub"), "missing; expected user_…"),
            Check::Issuer => expected(&quoted(&self.policy.issuer), &shown(self.claims.get("iss"), "none")),
            Check::Audience => self.audience(),
            Check::Session => self.session(),
            Check::AuthorizedParty => self.authorized_party(),
            Check::Expiry => self.time("exp", "missing"),
            Check::NotBefore => self.time("nbf", "absent"),
            Check::IssuedAt => self.time("iat", "absent"),
            Check::Status => shown(self.claims.get("sts"), "absent, so active"),
        }
    }

    fn algorithm(&self) -> String {
        let ours: Vec<String> = self.policy.algorithms.iter().map(|algorithm| quoted(algorithm.name())).collect();
        expected(&ours.join(" or "), &shown(self.header.get("alg"), "none"))
    }

    fn key(&self) -> String {
        let held = shown(self.header.get("kid"), "no kid");
        let code = self.verdict.refusal.map(crate::refusal::Refusal::code);
        match (code, self.verdict.key) {
            (Some("keys-unavailable"), _) => format!("{held}; no key set can be had, so nothing can be said of it"),
            (Some("jwk-kid-mismatch"), _) => format!("{held}; the issuer's key set has no such key"),
            (_, Some(KeyOrigin::Given)) => format!("{held}; its key is given"),
            _ => held,
        }
    }

    fn signature(&self) -> String {
        match self.verdict.refusal.map(crate::refusal::Refusal::code) {
            Some("token-invalid-signature") => "not made by this key over this header and these claims".to_owned(),
            Some("jwk-kid-mismatch" | "keys-unavailable") => "the key cannot be asked".to_owned(),
            _ => "good".to_owned(),
        }
    }

    fn claims_form(&self) -> String {
        match self.claims.len() {
            0 => "not a JSON object with unique names".to_owned(),
            count => format!("a JSON object of {count}"),
        }
    }

    fn audience(&self) -> String {
        let held = shown(self.claims.get("aud"), "none");
        if self.policy.audience.is_empty() {
            return format!("not configured; got {held}");
        }
        expected(&self.policy.audience.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(" or "), &held)
    }

    fn session(&self) -> String {
        let held = shown(self.claims.get("sid"), "missing, so it is no session's");
        let is_session = |claims: &Object| Session::from_object(claims).is_ok();
        if !self.claims.contains_key("sid") || is_session(&self.claims) {
            return held;
        }
        // The one without which the others would do.
        let would_do = |name: &&String| is_session(&without(&self.claims, name));
        match self.claims.keys().find(would_do) {
            Some(name) => format!("{held}; {name} is of another kind than it should be"),
            None => format!("{held}; exp or another claim is missing, or of another kind than it should be"),
        }
    }

    fn authorized_party(&self) -> String {
        let parties: Vec<String> =
            self.policy.authorized_parties.iter().map(|party| quoted(&party.to_string())).collect();
        let held = self.claims.get("azp");
        if parties.is_empty() {
            return format!("authorized_parties not configured; got {}", shown(held, "none"));
        }
        let missing = match (self.policy.missing_azp, self.same_origin) {
            (MissingAzp::Accept, _) => "none, which missing_azp accepts",
            (MissingAzp::Reject, _) => "none, which missing_azp rejects",
            (MissingAzp::SameOrigin, true) => "none, and the request proves to come from the same origin",
            (MissingAzp::SameOrigin, false) => "none, and nothing proves that the request comes from the same origin",
        };
        expected(&parties.join(" or "), &shown(held, missing))
    }

    fn time(&self, name: &str, missing: &str) -> String {
        let value = self.claims.get(name);
        match value.and_then(Value::as_number).and_then(UnixTime::from_numeric_date) {
            Some(moment) => {
                let skew = self.policy.clock_skew_seconds;
                format!("{}, {} (clocks may differ by {skew} s)", moment.seconds(), relative(moment, self.now))
            }
            None => shown(value, missing),
        }
    }
}

fn without(claims: &Object, name: &str) -> Object {
    claims.iter().filter(|(held, _)| *held != name).map(|(held, value)| (held.clone(), value.clone())).collect()
}

fn form(text: &str) -> String {
    const OTHERS: [(&str, &str); 6] = [
        ("mt_", "an opaque machine-to-machine token"),
        ("oat_", "an opaque OAuth access token"),
        ("ak_", "an opaque API key"),
        ("pk_", "a publishable key"),
        ("sk_", "a secret key, which nobody but a server may have"),
        ("Bearer ", "a header's value with the word Bearer"),
    ];
    if let Some((_, what)) = OTHERS.iter().find(|(prefix, _)| text.starts_with(prefix)) {
        return format!("{what}, not a session token");
    }
    if text.len() > TOKEN_BYTES {
        return format!("{} bytes; expected at most {TOKEN_BYTES}", text.len());
    }
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() != 3 {
        return format!("expected 3 parts between dots, got {}", parts.len());
    }
    let names = ["header", "claims", "signature"];
    let is_bad = |part: &&str| part.is_empty() || URL_SAFE_NO_PAD.decode(part).is_err();
    if let Some(index) = parts.iter().position(is_bad) {
        return format!("the {} is not base64url without padding", names[index]);
    }
    if part(text, 0).is_none() {
        return "the header is not a JSON object with unique names".to_owned();
    }
    format!("3 parts, {} bytes", text.len())
}

fn category(value: Option<&Value>) -> String {
    let Some(held) = value else {
        return "absent".to_owned();
    };
    let name = match held.as_str() {
        Some(CATEGORY_SESSION) => "a session token",
        Some(CATEGORY_IGNORE) => "of an instance that tells none apart",
        Some(CATEGORY_TEMPLATE) => "made from a JWT template, not a session token",
        Some(CATEGORY_MACHINE) => "a machine's token, not a session token",
        _ => "unknown",
    };
    format!("{held}: {name}")
}

fn expected(expected: &str, got: &str) -> String {
    if expected == got { got.to_owned() } else { format!("expected {expected}, got {got}") }
}

/// A value of the token as JSON, cut where nobody would read on.
fn shown(value: Option<&Value>, missing: &str) -> String {
    const LENGTH: usize = 200;
    let Some(value) = value else {
        return missing.to_owned();
    };
    let text = value.to_string();
    if text.chars().count() <= LENGTH { text } else { format!("{}…", text.chars().take(LENGTH).collect::<String>()) }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
