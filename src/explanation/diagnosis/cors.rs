//! "CORS error": what the page's origin would be told, by the very policy that answers it.

use super::{Answer, Scene, code_of, told};
use crate::cors::{CorsPolicy, Preflight};
use crate::gateway::Verdict;
use crate::head::Head;

const ALLOW_ORIGIN: &str = "access-control-allow-origin";

/// Whether a page of another origin asks, and gets nothing.
pub(super) fn shows(scene: &Scene<'_>) -> bool {
    if !is_foreign(scene) {
        return false;
    }
    match scene.decision.map(|decision| &decision.verdict) {
        Some(Verdict::Preflight(headers)) => !forbidden_headers(scene, headers).is_empty(),
        _ => scene.preflight.is_some() || !policy(scene).is_some_and(|policy| is_granted(policy, scene)),
    }
}

pub(super) fn answer(scene: &Scene<'_>) -> Answer {
    let Some(head) = scene.head else {
        return told(
            "a token alone says nothing of CORS: the answer depends on the route and on the page's origin",
            "give --config, --request and --header 'Origin: https://…' of the page",
        );
    };
    let Some(origin) = head.headers.find("origin") else {
        return told(
            "the request has no Origin header, so no browser asks for a page of another origin",
            "give the page's origin with --header 'Origin: https://…', as the browser's network view shows it",
        );
    };
    if origin == head.origin() {
        return told(
            format!("{origin} is the gateway's own origin, so CORS does not come into it"),
            "look at the answer itself: browsers say \"CORS error\" of a request that never got one, too",
        );
    }
    if let Some(preflight) = &scene.preflight {
        return of_preflight(preflight, scene);
    }
    match policy(scene) {
        None => no_policy(&origin, scene),
        Some(policy) if is_granted(policy, scene) => granted(policy, head, &origin),
        Some(_) => not_listed(&origin),
    }
}

fn of_preflight(preflight: &Preflight, scene: &Scene<'_>) -> Answer {
    let Preflight { origin, method } = preflight;
    let headers = match scene.decision.map(|decision| &decision.verdict) {
        Some(Verdict::Preflight(headers)) => headers,
        _ => return refused_preflight(origin, method, scene),
    };
    let forbidden = forbidden_headers(scene, headers);
    if forbidden.is_empty() {
        return told(
            format!("the preflight is answered, and {origin} may send the request"),
            "look at the request that follows it: explain it too, with its Origin and its token",
        );
    }
    told(
        format!("the page wants to send {}, which the route's CORS does not allow", forbidden.join(", ")),
        format!("add them to allow_headers of [vars.GATEWAY.cors]: {}", forbidden.join(", ")),
    )
}

fn refused_preflight(origin: &str, method: &str, scene: &Scene<'_>) -> Answer {
    match code_of(scene) {
        Some("origin-not-allowed") => not_listed(origin),
        Some("method-not-allowed") => told(
            format!("no route of this path takes {method}, so the preflight for it is refused"),
            format!("add {method} to the route's methods, or mend the client's method"),
        ),
        _ => told(
            "no route has the path of the preflight",
            "mend the path in the client, or add a route for it; CORS alone opens none",
        ),
    }
}

fn no_policy(origin: &str, scene: &Scene<'_>) -> Answer {
    let place = match scene.decision.and_then(|decision| decision.route) {
        Some(route) => format!("the route {}", route.pattern.as_str()),
        None => "the gateway".to_owned(),
    };
    told(
        format!("{place} has no CORS policy, so a browser shows no page of {origin} its answer, whatever that is"),
        format!("add [vars.GATEWAY.cors] with origins = [\"{origin}\"] to wrangler.toml, or cors on the route"),
    )
}

fn not_listed(origin: &str) -> Answer {
    if origin == "null" {
        return told(
            "the page's origin is null: a local file or a sandboxed frame, which can never be allowed, since every such page has it",
            "serve the page from an address of its own, such as http://localhost:3000",
        );
    }
    told(
        format!("{origin} is not among the origins of the CORS policy: they are compared to the letter"),
        format!(
            "add \"{origin}\" to origins of [vars.GATEWAY.cors]: scheme, host and port, without a slash at its end"
        ),
    )
}

fn granted(policy: &CorsPolicy, head: &Head, origin: &str) -> Answer {
    let allows_cookies = policy.answer(&head.headers).iter().any(|(name, _)| name.ends_with("allow-credentials"));
    if head.headers.find("cookie").is_some() && !allows_cookies {
        return told(
            format!("{origin} may read answers, but not to requests with cookies, and this one has some"),
            "send the token as Authorization: Bearer and no cookies, or set credentials = true under [vars.GATEWAY.cors]",
        );
    }
    told(
        format!("the gateway lets pages of {origin} read this answer, refusals too"),
        "look at the preflight: explain OPTIONS with Origin and --header 'Access-Control-Request-Method: …'; and with cookies, that fetch has credentials: 'include'",
    )
}

/// Whether a page of another origin than the gateway's own asks.
fn is_foreign(scene: &Scene<'_>) -> bool {
    scene.head.is_some_and(|head| head.headers.find("origin").is_some_and(|origin| origin != head.origin()))
}

fn policy<'a>(scene: &Scene<'a>) -> Option<&'a CorsPolicy> {
    match scene.decision {
        Some(decision) => decision.cors,
        None => scene.config.and_then(|config| config.cors.as_deref()),
    }
}

fn is_granted(policy: &CorsPolicy, scene: &Scene<'_>) -> bool {
    scene.head.is_some_and(|head| policy.answer(&head.headers).iter().any(|(name, _)| *name == ALLOW_ORIGIN))
}

/// The headers that the page wants to send and the answer to its preflight does not allow; the browser compares so.
fn forbidden_headers(scene: &Scene<'_>, answer: &[(&'static str, String)]) -> Vec<String> {
    let wanted = scene.head.and_then(|head| head.headers.find("access-control-request-headers")).unwrap_or_default();
    let allowed = answer.iter().find(|(name, _)| name.ends_with("allow-headers")).map_or("", |(_, value)| value);
    let is_allowed = |name: &&str| allowed.split(',').any(|held| held.trim().eq_ignore_ascii_case(name));
    let names = wanted.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.filter(|name| !is_allowed(name)).map(str::to_owned).collect()
}
