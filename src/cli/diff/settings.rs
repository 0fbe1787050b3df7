//! What differs of a request that both gateways decide alike: its limit, its time-outs, and what pages may read of its answer.

use super::changes::{Change, Kind, route as told_route};
use super::requests::{self, Derived, Probe};
use crate::config::{Config, Route, Target};
use crate::cors::{CorsPolicy, Preflight};
use crate::headers::HeaderList;
use crate::method::Method;
use crate::path::CanonicalPath;
use crate::rate_limit::{CountBy, RateLimit};
use crate::routes::Match;

/// A name, and its value before and after.
type Setting = (&'static str, [String; 2]);

/// What is not there.
const NONE: &str = "none";

/// The settings that differ, request by request. `configs` are those of the gateways.
pub(super) fn changes(configs: [&Config; 2], derived: &Derived) -> Vec<Change> {
    derived.probes.iter().flat_map(|probe| of_probe(configs, probe)).collect()
}

fn of_probe(configs: [&Config; 2], probe: &Probe) -> Vec<Change> {
    let head = probe.head(None);
    let Ok(path) = CanonicalPath::parse(&probe.path) else { return Vec::new() };
    let preflight = Preflight::read(&head.method, &head.headers);
    let method = preflight.as_ref().map_or(probe.method, |preflight| preflight.method.as_str());
    let routes = configs.map(|config| match config.table.find(&path, Method::from_name(method)) {
        Match::Route(index) => config.routes.get(index),
        _ => None,
    });
    let (caller, settings) = match (probe.kind, &preflight) {
        (requests::Kind::Preflight, Some(preflight)) => {
            (format!("a page of {}", preflight.origin), of_pages(configs, routes, preflight))
        }
        (requests::Kind::Plain, _) => (String::new(), of_routes(configs, routes)),
        _ => return Vec::new(),
    };
    let [old_route, new_route] = routes.map(|route| route.map(|route| route.pattern.as_str()));
    let change = |(name, [old, new]): Setting| Change {
        kind: Kind::Setting,
        route: told_route(old_route, new_route),
        method: method.to_owned(),
        path: probe.path.clone(),
        caller: caller.clone(),
        old: format!("{name} {old}"),
        new,
    };
    settings.into_iter().filter(|(_, [old, new])| old != new).map(change).collect()
}

/// Where both have a route. Of what is answered by the Worker itself nothing is waited for.
fn of_routes(configs: [&Config; 2], routes: [Option<&Route>; 2]) -> Vec<Setting> {
    let [Some(old), Some(new)] = routes else { return Vec::new() };
    let mut settings = vec![("limit", [old, new].map(|route| route.limit.as_ref().map_or(NONE.to_owned(), limit)))];
    let is_served = |route: &Route| matches!(route.target, Target::Serve(_));
    if !is_served(old) && !is_served(new) {
        settings.push(("timeout_seconds", [old, new].map(|route| route.timeout_seconds.to_string())));
        let streams =
            [(configs[0], old), (configs[1], new)].map(|(config, route)| match route.streams.outlives_token {
                true => "outlive their token".to_owned(),
                false => format!("end {} s after their token", config.stream_grace_seconds),
            });
        settings.push(("sockets and event streams", streams));
    }
    settings
}

fn limit(limit: &RateLimit) -> String {
    let by = match limit.by() {
        CountBy::User => "user",
        CountBy::Organization => "org",
        CountBy::ClientIp => "ip",
    };
    format!("{} by {by}", limit.binding())
}

/// The headers for a page that both answer; that one of them does not, decisions on preflights show. Without a route there
/// are none, and what a page may read of a refusal shows here alone.
fn of_pages(configs: [&Config; 2], routes: [Option<&Route>; 2], preflight: &Preflight) -> Vec<Setting> {
    let policies = [0, 1].map(|side| match routes[side] {
        Some(route) => route.cors.as_deref(),
        None => configs[side].cors.as_deref(),
    });
    let [old, new] = policies.map(|policy| policy.map(|policy| headers(policy, preflight)).unwrap_or_default());
    if (old.is_empty() || new.is_empty()) && routes.iter().any(Option::is_some) {
        return Vec::new();
    }
    let value = |headers: &[(&'static str, String)], name: &str| {
        headers.iter().find(|(held, _)| *held == name).map_or(NONE.to_owned(), |(_, value)| value.clone())
    };
    NAMES.into_iter().map(|name| (name, [value(&old, name), value(&new, name)])).collect()
}

/// The headers that are compared. The methods of a preflight are those of the route, on which decisions show.
const NAMES: [&str; 5] = [
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-expose-headers",
    "access-control-max-age",
];

/// What a policy says to a page in the answer to a preflight, and in the one after it; nothing to a foreign one.
fn headers(policy: &CorsPolicy, preflight: &Preflight) -> Vec<(&'static str, String)> {
    let request = HeaderList::new(vec![("origin".to_owned(), preflight.origin.clone())]);
    let before = policy.preflight(preflight, String::new());
    before.into_iter().flatten().chain(policy.answer(&request)).filter(|(name, _)| NAMES.contains(name)).collect()
}
