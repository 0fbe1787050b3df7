//! Four troubles that people come with, each with a cause taken from what is known and a cure.
//!
//! What somebody sees is "invalid token", "CORS error", "no user id" or "GraphQL has no user"; behind each are a dozen
//! causes. Which one it is shows in the decision, so a general text is given only where nothing is known.

use serde::Serialize;

use super::{Explanation, refusal};
use crate::checks::Check;
use crate::config::Config;
use crate::cors::Preflight;
use crate::gateway::Decision;
use crate::head::Head;
use crate::time::UnixTime;
use crate::verifier::TokenPolicy;

mod cors;
mod instance;
mod token;
mod user;

/// What somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// The token is refused.
    InvalidToken,
    /// A browser does not show an answer to its page.
    Cors,
    /// The origin is told no user.
    MissingUser,
    /// A GraphQL context has none.
    Graphql,
}

/// A trouble's cause, and what ends it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// The trouble.
    pub trouble: Trouble,
    /// What it comes from.
    pub cause: String,
    /// What to do.
    pub cure: String,
}

/// What a cause can be taken from.
pub(super) struct Scene<'a> {
    pub(super) config: Option<&'a Config>,
    pub(super) policy: &'a TokenPolicy,
    pub(super) head: Option<&'a Head>,
    pub(super) decision: Option<&'a Decision<'a>>,
    pub(super) preflight: Option<Preflight>,
    pub(super) now: UnixTime,
}

/// A cause and a cure.
type Answer = (String, String);

/// The troubles that were asked for and those that show, once each.
pub(super) fn of(explanation: &Explanation, scene: &Scene<'_>, asked: &[Trouble]) -> Vec<Diagnosis> {
    let all = [Trouble::InvalidToken, Trouble::Cors, Trouble::MissingUser, Trouble::Graphql];
    let told = |trouble: &Trouble| asked.contains(trouble) || shows(*trouble, explanation, scene);
    let diagnosis = |trouble: Trouble| {
        let (cause, cure) = answer(trouble, explanation, scene);
        Diagnosis { trouble, cause, cure }
    };
    all.into_iter().filter(told).map(diagnosis).collect()
}

fn answer(trouble: Trouble, explanation: &Explanation, scene: &Scene<'_>) -> Answer {
    match trouble {
        Trouble::InvalidToken => token::answer(explanation, scene),
        Trouble::Cors => cors::answer(scene),
        Trouble::MissingUser => user::answer(explanation, scene),
        Trouble::Graphql => user::answer_graphql(explanation, scene),
    }
}

/// Whether a decision shows a trouble by itself.
fn shows(trouble: Trouble, explanation: &Explanation, scene: &Scene<'_>) -> bool {
    let code = explanation.answer.code.unwrap_or_default();
    let goes_on = ["forward", "upgrade"].contains(&explanation.answer.kind);
    let is_anonymous = goes_on && scene.decision.is_some_and(|decision| decision.session.is_none());
    let is_graphql = scene.head.is_some_and(|head| head.path.to_ascii_lowercase().contains("graphql"));
    let is_of_token = Check::ALL.iter().any(|check| check.codes().contains(&code));
    let has_no_user = is_anonymous || code == "credentials-missing";
    match trouble {
        Trouble::InvalidToken => is_of_token || code == "credentials-malformed" || code == "credentials-ambiguous",
        Trouble::Cors => cors::shows(scene),
        Trouble::MissingUser => has_no_user && !is_graphql,
        Trouble::Graphql => has_no_user && is_graphql,
    }
}

/// The refusal's code, where the gateway refused.
fn code_of(scene: &Scene<'_>) -> Option<&'static str> {
    scene.decision.and_then(refusal).map(crate::refusal::Refusal::code)
}

fn told(cause: impl Into<String>, cure: impl Into<String>) -> Answer {
    (cause.into(), cure.into())
}
