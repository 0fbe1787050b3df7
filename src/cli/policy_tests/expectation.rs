//! What a test expects, and how what came differs from it.

use std::fmt;

use serde_json::Value;

use super::TestSpec;
use crate::cli::rehearsal::{Outcome, Sent};
use crate::refusal::Refusal;

/// What must become of a request.
#[derive(Debug)]
pub(super) struct Expectation {
    kind: Kind,
    target: Option<String>,
    gets: Vec<(String, Option<String>)>,
}

#[derive(Debug)]
enum Kind {
    Forward,
    Serve,
    Preflight,
    Webhook,
    Refuse { status: Option<u16>, code: Option<String> },
}

impl Expectation {
    /// Reads what a test expects; says what is wrong with it.
    pub(super) fn read(spec: &TestSpec) -> Result<Self, String> {
        let code = spec.code.as_deref().map(code).transpose()?;
        let kind = match &spec.expect {
            Value::String(word) => match word.as_str() {
                "forward" => Kind::Forward,
                "serve" => Kind::Serve,
                "preflight" => Kind::Preflight,
                "webhook" => Kind::Webhook,
                _ if code.is_some() => return Err("expected expect as a status beside code".to_owned()),
                word => Kind::Refuse { status: None, code: Some(self::code(word)?) },
            },
            Value::Number(number) => Kind::Refuse { status: Some(status(number.as_u64())?), code: code.clone() },
            _ => return Err(EXPECTED.to_owned()),
        };
        let is_refusal = matches!(kind, Kind::Refuse { .. });
        if code.is_some() && !is_refusal {
            return Err("expected code only beside a status".to_owned());
        }
        if (spec.target.is_some() || !spec.gets.is_empty()) && (is_refusal || matches!(kind, Kind::Preflight)) {
            return Err("expected target and gets only where the request is let in".to_owned());
        }
        if !spec.gets.is_empty() && !matches!(kind, Kind::Forward | Kind::Webhook) {
            return Err("expected gets only where the request is forwarded".to_owned());
        }
        let gets = spec.gets.iter().map(|(name, value)| Ok((name.clone(), header(name, value)?)));
        Ok(Self { kind, target: spec.target.clone(), gets: gets.collect::<Result<_, String>>()? })
    }

    /// What came, where it is not what was expected.
    pub(super) fn differs(&self, outcome: &Outcome) -> Option<String> {
        let is_kind = match (&self.kind, outcome) {
            (Kind::Forward, Outcome::Sent(sent)) | (Kind::Webhook, Outcome::Webhook(sent)) => {
                return self.target_differs(sent).or_else(|| self.header_differs(sent));
            }
            (Kind::Serve, Outcome::Served { handler }) => self.target.as_ref().is_none_or(|target| target == handler),
            (Kind::Preflight, Outcome::Preflight) => true,
            (Kind::Refuse { status, code }, Outcome::Refused { status: got, code: got_code }) => {
                status.is_none_or(|status| status == *got) && code.as_deref().is_none_or(|code| code == *got_code)
            }
            _ => false,
        };
        (!is_kind).then(|| outcome.to_string())
    }

    /// A target is what a route names, with or without the path there.
    fn target_differs(&self, sent: &Sent) -> Option<String> {
        let target = self.target.as_ref()?;
        let is_it = *target == sent.target || *target == sent.to_string() || *target == sent.url;
        (!is_it).then(|| format!("forward to {sent}"))
    }

    fn header_differs(&self, sent: &Sent) -> Option<String> {
        let wrong = self.gets.iter().find(|(name, value)| sent.header(name) != value.as_deref());
        wrong.map(|(name, _)| match sent.header(name) {
            Some(value) => format!("{name}: {value}"),
            None => format!("no {name}"),
        })
    }
}

const EXPECTED: &str =
    "expected expect as forward, serve, preflight, webhook, a status such as 403, or a code such as insufficient-role";

fn code(text: &str) -> Result<String, String> {
    let is_known = Refusal::examples().iter().any(|refusal| refusal.code() == text);
    if is_known { Ok(text.to_owned()) } else { Err(format!("there is no refusal {text:?}; {EXPECTED}")) }
}

fn status(number: Option<u64>) -> Result<u16, String> {
    let is_known = |status: &u16| Refusal::examples().iter().any(|refusal| refusal.status() == *status);
    let status = number.and_then(|number| u16::try_from(number).ok()).filter(is_known);
    status.ok_or_else(|| format!("the gateway refuses nothing with that status; {EXPECTED}"))
}

/// A header that the target must get, or must not.
fn header(name: &str, value: &Value) -> Result<Option<String>, String> {
    match value {
        Value::String(text) => Ok(Some(text.clone())),
        Value::Bool(false) => Ok(None),
        _ => Err(format!("expected gets.{name} as a text, or false for none")),
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Forward => write!(formatter, "forward")?,
            Kind::Serve => write!(formatter, "serve")?,
            Kind::Preflight => write!(formatter, "answer the preflight")?,
            Kind::Webhook => write!(formatter, "check the webhook")?,
            Kind::Refuse { status: Some(status), code: Some(code) } => write!(formatter, "{status} {code}")?,
            Kind::Refuse { status: Some(status), code: None } => write!(formatter, "{status}")?,
            Kind::Refuse { status: None, code } => write!(formatter, "{}", code.as_deref().unwrap_or("refuse"))?,
        }
        match (&self.kind, &self.target) {
            (Kind::Serve, Some(target)) => write!(formatter, " {target}")?,
            (_, Some(target)) => write!(formatter, " to {target}")?,
            (_, None) => {}
        }
        for (index, (name, value)) in self.gets.iter().enumerate() {
            let before = if index == 0 { " with" } else { "," };
            match value {
                Some(value) => write!(formatter, "{before} {name}: {value}")?,
                None => write!(formatter, "{before} no {name}")?,
            }
        }
        Ok(())
    }
}
