//! A decision told step by step: what was looked at, what each check found, and what came of it.
//!
//! Nothing is decided here. The gateway decides, watched, and its own answer is the answer told; what stands around it
//! comes from the very functions that decide. Tokens are never repeated, and neither are the values of headers that came.

use serde::Serialize;

use crate::checks::Reached;
use crate::claims::Session;
use crate::config::Access;
use crate::cors::Preflight;
use crate::credentials::Credentials;
use crate::gateway::{Decision, Gateway, Verdict};
use crate::head::Head;
use crate::ports::{CountRequest, Host};
use crate::refusal::Refusal;
use crate::time::UnixTime;
use crate::verifier::Verifier;

mod answer;
mod credentials;
mod diagnosis;
mod headers;
mod moment;
mod requirement;
mod route;
mod token;

pub use answer::Answer;
pub use credentials::{CredentialsStory, Looked, Place};
pub use diagnosis::{Diagnosis, Trouble};
pub use headers::{AddedHeader, DroppedHeader, HeaderStory};
pub use requirement::Node;
pub use route::{PathStory, RouteStory, Standing};
pub use token::{CheckStory, TokenStory};

/// A decision, told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The time of the decision, in seconds since 1970.
    pub at: i64,
    /// The request, unless a token alone is explained.
    pub request: Option<RequestStory>,
    /// The token, where there is one.
    pub token: Option<TokenStory>,
    /// What the route demands of the session.
    pub requirement: Option<Node>,
    /// What the origin gets, where there is one to get it.
    pub headers: Option<HeaderStory>,
    /// What came of it.
    pub answer: Answer,
    /// Causes and cures of known troubles.
    pub troubles: Vec<Diagnosis>,
}

/// A request up to its token.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestStory {
    /// The method as it came.
    pub method: String,
    /// The path as it came, and as it is matched and forwarded.
    pub path: PathStory,
    /// Every route, in the order of the configuration.
    pub routes: Vec<RouteStory>,
    /// Where a token was looked for.
    pub credentials: CredentialsStory,
}

/// Explains what a gateway that has seen no token decides on a request. `asked` are the troubles that somebody has;
/// others are told where the decision shows them.
pub async fn of_request<H: Host + CountRequest>(
    gateway: &Gateway<H>,
    head: &Head,
    request_id: &str,
    now: UnixTime,
    asked: &[Trouble],
) -> Explanation {
    let reached = Reached::default();
    let decision = gateway.decide_watched(head, request_id, now, &reached).await;
    let config = gateway.config();
    let found = Credentials::find(&head.headers, config.tokens.instance.as_ref(), now);
    let preflight = preflight(gateway, head, &decision);
    let looked_at = preflight.is_none() && looks_for_token(&decision);
    let credentials = CredentialsStory::of(config, head, &found, looked_at);
    let credential = found.ok().flatten();
    let policy = &config.tokens.policy;
    let verdict = TokenVerdict { refusal: token_refusal(&decision, &reached), key: decision.key_origin };
    let token = credential
        .as_ref()
        .map(|credential| TokenStory::of(&credential.token, policy, credentials.same_origin, now, &reached, &verdict));
    let session = decision.session.as_deref();
    // A preflight is matched by the method of the request to come.
    let method = preflight.as_ref().map_or(head.method.as_str(), |preflight| preflight.method.as_str());
    let mut explanation = Explanation {
        at: now.seconds(),
        requirement: decision.route.and_then(|route| Some(Node::of(route.require.as_ref()?, session))),
        headers: HeaderStory::of(head, &decision.verdict),
        answer: Answer::of(&decision.verdict),
        request: Some(RequestStory {
            method: head.method.clone(),
            path: PathStory::of(&head.path),
            routes: route::stories(config, &decision, method),
            credentials,
        }),
        token,
        troubles: Vec::new(),
    };
    let scene =
        diagnosis::Scene { config: Some(config), policy, head: Some(head), decision: Some(&decision), preflight, now };
    explanation.troubles = diagnosis::of(&explanation, &scene, asked);
    explanation
}

/// Explains what a verifier that has seen no token makes of one, by itself.
pub async fn of_token<H: Host>(verifier: &Verifier<H>, text: &str, now: UnixTime, asked: &[Trouble]) -> Explanation {
    let reached = Reached::default();
    let verified = verifier.verify_watched(text, false, now, &reached).await;
    let verdict = TokenVerdict {
        refusal: verified.as_ref().err().map(|error| Refusal::from(*error)),
        key: verified.as_ref().ok().map(|verified| verified.key_origin),
    };
    let policy = verifier.policy();
    let mut explanation = Explanation {
        at: now.seconds(),
        request: None,
        token: Some(TokenStory::of(text, policy, false, now, &reached, &verdict)),
        requirement: None,
        headers: None,
        answer: verdict.refusal.map_or_else(Answer::accepted, Answer::refused),
        troubles: Vec::new(),
    };
    let scene = diagnosis::Scene { config: None, policy, head: None, decision: None, preflight: None, now };
    explanation.troubles = diagnosis::of(&explanation, &scene, asked);
    explanation
}

/// What the verifier made of a token.
struct TokenVerdict {
    refusal: Option<Refusal>,
    key: Option<crate::keys::KeyOrigin>,
}

/// The refusal of the token itself: one that came after a session was there is of the route.
fn token_refusal(decision: &Decision<'_>, reached: &Reached) -> Option<Refusal> {
    let was_read = reached.last().is_some() && decision.session.is_none();
    refusal(decision).filter(|_| was_read)
}

fn refusal(decision: &Decision<'_>) -> Option<Refusal> {
    match decision.verdict {
        Verdict::Refuse(refusal) => Some(refusal),
        _ => None,
    }
}

/// The preflight that the gateway took the request for.
fn preflight<H: Host>(gateway: &Gateway<H>, head: &Head, decision: &Decision<'_>) -> Option<Preflight> {
    let preflight = Preflight::read(&head.method, &head.headers)?;
    gateway.preflight(&preflight, decision.path.as_ref()?).is_some().then_some(preflight)
}

/// Whether the gateway came so far as to look for a token.
fn looks_for_token(decision: &Decision<'_>) -> bool {
    let is_before = ["upgrade-not-allowed", "origin-not-allowed"];
    let asks = decision.route.is_some_and(|route| matches!(route.access, Access::Optional | Access::Required));
    let refused_before = refusal(decision).is_some_and(|refusal| is_before.contains(&refusal.code()));
    asks && !refused_before
}

/// The session's active organisation, in words.
fn organization_of(session: &Session) -> String {
    session.organization.as_ref().map_or_else(|| "no active organization".to_owned(), |held| held.id.clone())
}
