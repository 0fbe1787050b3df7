//! What came of a request, as the gateway decided it.

use serde::Serialize;

use crate::gateway::{Serve, Verdict};
use crate::refusal::Refusal;

/// The answer.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// `accept` (a token alone), `forward`, `upgrade`, `serve`, `preflight`, `assertion-keys`, `webhook` or `refuse`.
    pub kind: &'static str,
    /// The status, where the gateway itself answers with a fixed one.
    pub status: Option<u16>,
    /// The code of a refusal.
    pub code: Option<&'static str>,
    /// What a refusal says to the caller.
    pub title: Option<&'static str>,
    /// Its `WWW-Authenticate`.
    pub challenge: Option<String>,
    /// Where a request is forwarded to.
    pub url: Option<String>,
    /// The handler that answers.
    pub handler: Option<String>,
    /// The headers of the answer to a preflight.
    pub headers: Vec<(&'static str, String)>,
}

impl Answer {
    pub(super) fn of(verdict: &Verdict<'_>) -> Self {
        match verdict {
            Verdict::Forward(forward) => Self::to("forward", &forward.url),
            Verdict::Upgrade(upgrade) => Self::to("upgrade", &upgrade.forward.url),
            Verdict::Webhook(webhook) => Self::to("webhook", &webhook.forward().url),
            Verdict::Deliver(delivery) => Self::to("webhook", &delivery.forward.url),
            Verdict::Repeat => Self { kind: "webhook", ..Self::default() },
            Verdict::Serve(Serve { handler, .. }) => {
                Self { kind: "serve", handler: Some((*handler).to_owned()), ..Self::default() }
            }
            Verdict::AssertionKeys(_) => Self { kind: "assertion-keys", status: Some(200), ..Self::default() },
            Verdict::Preflight(headers) => {
                Self { kind: "preflight", status: Some(204), headers: headers.clone(), ..Self::default() }
            }
            Verdict::Refuse(refusal) => Self::refused(*refusal),
        }
    }

    pub(super) fn accepted() -> Self {
        Self { kind: "accept", ..Self::default() }
    }

    pub(super) fn refused(refusal: Refusal) -> Self {
        let challenge = refusal.headers().into_iter().find(|(name, _)| *name == "www-authenticate");
        Self {
            kind: "refuse",
            status: Some(refusal.status()),
            code: Some(refusal.code()),
            title: Some(refusal.title()),
            challenge: challenge.map(|(_, value)| value),
            ..Self::default()
        }
    }

    fn to(kind: &'static str, url: &str) -> Self {
        Self { kind, url: Some(url.to_owned()), ..Self::default() }
    }
}
