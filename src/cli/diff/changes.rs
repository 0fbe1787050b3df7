//! What differs between the decisions of two gateways, request by request.

use super::requests::{self, Derived, Probe};
use super::tokens::{self, TokenProbe};
use crate::cli::rehearsal::{Outcome, Rehearsal, Sent, ThrowawayKey};
use crate::cli::session_token::TokenError;
use crate::time::UnixTime;

/// Which way a decision changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Let in, and was not.
    Widened,
    /// Not let in, and was.
    Narrowed,
    /// Let in as before, and treated otherwise.
    Target,
    /// Refused as before, for another reason.
    Refusal,
    /// Decided as before, with another limit, time-out or header.
    Setting,
}

/// One request that is decided differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) kind: Kind,
    /// The route, before and after; empty for tokens.
    pub(super) route: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) caller: String,
    pub(super) old: String,
    pub(super) new: String,
}

/// The tokens that only one of the gateways takes.
pub(super) fn of_tokens(
    gateways: &[Rehearsal; 2],
    probes: &[TokenProbe],
    key: &ThrowawayKey,
    now: UnixTime,
) -> Result<Vec<Change>, TokenError> {
    let mut changes = Vec::new();
    for probe in probes {
        let (was_taken, old) = tokens::answer(probe, 0, &gateways[0], key, now)?;
        let (is_taken, new) = tokens::answer(probe, 1, &gateways[1], key, now)?;
        if old != new {
            let kind = Kind::of(was_taken, is_taken);
            let caller = probe.label.clone();
            changes.push(Change {
                kind,
                route: String::new(),
                method: String::new(),
                path: String::new(),
                caller,
                old,
                new,
            });
        }
    }
    Ok(changes)
}

/// The requests that the gateways decide differently. `tokens` has one for each caller and gateway.
pub(super) fn of_requests(
    gateways: &[Rehearsal; 2],
    derived: &Derived,
    tokens: &[[Option<String>; 2]],
    now: UnixTime,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for probe in &derived.probes {
        let callers = derived.callers.iter().zip(tokens).take(if probe.kind.has_caller() { usize::MAX } else { 1 });
        for (caller, [old_token, new_token]) in callers {
            let old = gateways[0].decide(&probe.head(old_token.as_deref()), now);
            let new = gateways[1].decide(&probe.head(new_token.as_deref()), now);
            let label = if probe.kind.has_caller() { caller.label.as_str() } else { "whoever" };
            changes.extend(change(probe, label, &old, &new));
        }
    }
    changes
}

fn change(
    probe: &Probe,
    caller: &str,
    (old, old_route): &(Outcome, Option<String>),
    (new, new_route): &(Outcome, Option<String>),
) -> Option<Change> {
    let (told, tells) = (Told::of(old), Told::of(new));
    if told == tells || !(is_about(probe, old) || is_about(probe, new)) {
        return None;
    }
    // Of the same target, what differs is said in full; of another, the path would only keep like changes apart.
    let in_full = told.target == tells.target;
    Some(Change {
        kind: Kind::of(old.is_let_in(), new.is_let_in()),
        route: route(old_route.as_deref(), new_route.as_deref()),
        method: probe.label.clone(),
        path: probe.path.clone(),
        caller: caller.to_owned(),
        old: told.text(in_full),
        new: tells.text(in_full),
    })
}

/// Whether an outcome has to do with what is particular about a request. One that is taken for a plain request is told as
/// that already.
const fn is_about(probe: &Probe, outcome: &Outcome) -> bool {
    match probe.kind {
        requests::Kind::Plain => true,
        requests::Kind::WebSocket => matches!(outcome, Outcome::Sent(_)),
        requests::Kind::Preflight => matches!(outcome, Outcome::Preflight),
        requests::Kind::Webhook => matches!(outcome, Outcome::Webhook(_)),
    }
}

/// What of an outcome counts.
#[derive(PartialEq, Eq)]
struct Told {
    target: String,
    path: String,
    /// Whether the target gets the caller's token, and who the caller is.
    passes: [bool; 2],
}

impl Told {
    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Sent(sent) => Self::sent("forward to ", sent),
            Outcome::Webhook(sent) => Self::sent("check the webhook for ", sent),
            Outcome::Served { .. } | Outcome::Preflight | Outcome::Refused { .. } => {
                Self { target: outcome.to_string(), path: String::new(), passes: [false; 2] }
            }
        }
    }

    fn sent(how: &str, sent: &Sent) -> Self {
        let passes = ["authorization", "x-clerk-user-id"].map(|name| sent.header(name).is_some());
        Self { target: format!("{how}{}", sent.target), path: sent.path().to_owned(), passes }
    }

    fn text(&self, in_full: bool) -> String {
        let mut text = self.target.clone();
        if in_full {
            text.push_str(&self.path);
            for (passes, what) in self.passes.iter().zip(["the token", "the user's id"]) {
                if *passes {
                    text.push_str(" with ");
                    text.push_str(what);
                }
            }
        }
        text
    }
}

impl Kind {
    const fn of(was_let_in: bool, is_let_in: bool) -> Self {
        match (was_let_in, is_let_in) {
            (false, true) => Self::Widened,
            (true, false) => Self::Narrowed,
            (true, true) => Self::Target,
            (false, false) => Self::Refusal,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
            Self::Target => "target",
            Self::Refusal => "refusal",
            Self::Setting => "setting",
        }
    }
}

/// The route, before and after.
pub(super) fn route(old: Option<&str>, new: Option<&str>) -> String {
    match (old, new) {
        (Some(old), Some(new)) if old == new => old.to_owned(),
        (Some(old), Some(new)) => format!("{new} (was {old})"),
        (None, Some(new)) => format!("{new} (was no route)"),
        (Some(old), None) => format!("no route (was {old})"),
        (None, None) => "no route".to_owned(),
    }
}
