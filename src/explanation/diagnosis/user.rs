//! "Missing user id", and its sister "GraphQL has no user": no token sent, none looked at, or one that is not handed on.

use super::{Answer, Scene, token, told};
use crate::config::Access;
use crate::credentials::SESSION_COOKIE;
use crate::explanation::{Explanation, Looked};
use crate::head::Head;

pub(super) fn answer(explanation: &Explanation, scene: &Scene<'_>) -> Answer {
    without_session(explanation, scene).unwrap_or_else(|| {
        told(
            "there is a session, and the gateway tells its user to the origin as X-Clerk-User-Id",
            "read that header (or verify X-Clerk-Edge-Assertion) in the origin; where the framework's own middleware does, register it before the handlers",
        )
    })
}

pub(super) fn answer_graphql(explanation: &Explanation, scene: &Scene<'_>) -> Answer {
    without_session(explanation, scene).unwrap_or_else(|| {
        told(
            "there is a session, and the gateway tells its user to the origin; the GraphQL context is made without the request",
            "make the context from each request's headers (authContext() of clerk-edge/graphql, or X-Clerk-User-Id), before the schema runs",
        )
    })
}

/// Why there is no session; `None` where there is one.
fn without_session(explanation: &Explanation, scene: &Scene<'_>) -> Option<Answer> {
    let Some(decision) = scene.decision else {
        return (explanation.answer.kind != "accept").then(|| token::answer(explanation, scene));
    };
    if decision.session.is_some() {
        return None;
    }
    if explanation.token.as_ref().is_some_and(|token| token.code.is_some()) {
        return Some(token::answer(explanation, scene));
    }
    let Some(route) = decision.route else {
        return Some(told(
            "the request came to no route, so nobody was asked for",
            "see the routes: the path or the method is another than the client's",
        ));
    };
    Some(match route.access {
        Access::Public => told(
            format!(
                "the route {} is public: credentials are not looked at there, and no user is told",
                route.pattern.as_str()
            ),
            "set access = \"optional\" on the route, or leave access out to require a session",
        ),
        Access::Webhook => told(
            "the route is for webhooks, which come from Clerk and not from a user",
            "take the user from the event's data",
        ),
        Access::Optional | Access::Required => not_sent(explanation, scene)?,
    })
}

/// No token where one would be looked at.
fn not_sent(explanation: &Explanation, scene: &Scene<'_>) -> Option<Answer> {
    let request = explanation.request.as_ref()?;
    if request.credentials.refused.is_some() {
        return Some(token::answer(explanation, scene));
    }
    let suffixed =
        request.credentials.places.iter().find(|place| place.kind == "cookie" && place.name != SESSION_COOKIE);
    if let Some(other) = scene.head.and_then(|head| foreign_cookie(head, suffixed.map(|place| place.name.as_str()))) {
        return Some(told(
            format!("the cookies are of another Clerk instance ({other}), so its token is not looked at"),
            "give the front end and this service the publishable key of one and the same instance",
        ));
    }
    if request.credentials.places.iter().any(|place| place.outcome == Looked::PassedOver) {
        return Some(told(
            "there is a session cookie, but Clerk's other cookies say that nobody is signed in",
            "sign in again; the cookies __client_uat* tell whether somebody is",
        ));
    }
    Some(told(
        "no token was sent: neither an Authorization header nor a session cookie is there",
        "send Authorization: Bearer with await getToken() from the client; cookies go along only to the same site, and with credentials: 'include'",
    ))
}

/// The name of a session cookie that is not this instance's.
fn foreign_cookie(head: &Head, ours: Option<&str>) -> Option<String> {
    let cookies = head.headers.find("cookie")?;
    let names = cookies.split(';').filter_map(|pair| pair.trim().split_once('=').map(|(name, _)| name));
    let is_foreign = |name: &&str| name.starts_with("__session_") && Some(*name) != ours;
    names.clone().find(is_foreign).filter(|_| names.clone().all(|name| name != SESSION_COOKIE)).map(str::to_owned)
}
