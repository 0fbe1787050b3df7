//! The whole configuration, read once, with every mistake reported together.
//!
//! It comes from variables: `CLERK_PUBLISHABLE_KEY` and its like, and one table `GATEWAY`. A configuration with a
//! mistake is no configuration: the gateway then answers 503 on every path but health.

use std::rc::Rc;

use serde_json::Value;

use crate::assertion::AssertionKeys;
use crate::authorization::Requirement;
use crate::cors::CorsPolicy;
use crate::limits::{ORIGIN_TIMEOUT_SECONDS, ROUTES, STREAM_GRACE_SECONDS};
use crate::path::CanonicalPath;
use crate::routes::{Conflict, RouteTable};
use crate::webhook::WebhookSecrets;

mod assertion;
mod cors;
mod rate_limit;
mod reader;
mod requirement;
mod route;
mod stream;
mod tokens;
mod webhook;

pub use reader::Mistake;
use reader::{Mistakes, Place, Table};
pub use route::{Access, Origin, Route, Target};
pub use stream::Streams;
pub use tokens::TokenConfig;
use tokens::TokenSettings;

/// Reads a rule over sessions, as a route's `require` holds it.
///
/// # Errors
/// Every mistake in it; each names its place from `place` down.
pub fn read_requirement(value: &Value, place: &str) -> Result<Requirement, Vec<Mistake>> {
    let mut mistakes = Mistakes::default();
    match (requirement::read(value, place.to_owned(), 1, &mut mistakes), mistakes.0.is_empty()) {
        (Some(requirement), true) => Ok(requirement),
        (_, _) => Err(mistakes.0),
    }
}

/// The variables, secrets and bindings that a configuration is read from.
pub trait Environment {
    /// A variable or secret that is text.
    fn text(&self, name: &str) -> Option<String>;
    /// A variable that is JSON, or text that holds JSON.
    fn json(&self, name: &str) -> Option<Value>;
    /// Whether there is a service binding of this name.
    fn has_service(&self, name: &str) -> bool;
    /// Whether there is a rate-limit binding of this name; a platform without any has none.
    fn has_rate_limit(&self, _name: &str) -> bool {
        false
    }
    /// The public half of a key for assertions, where the host makes it.
    #[cfg(target_arch = "wasm32")]
    fn public_half(&self, _seed: &crate::assertion::Seed) -> Option<Vec<u8>> {
        None
    }
}

/// Everything a gateway needs to know.
#[derive(Debug)]
pub struct Config {
    /// Which tokens count.
    pub tokens: TokenConfig,
    /// The routes, in the order they were written.
    pub routes: Vec<Route>,
    /// The routes by path and method.
    pub table: RouteTable,
    /// What pages of other origins may read of an answer that is no route's.
    pub cors: Option<Rc<CorsPolicy>>,
    /// The secrets that webhooks are signed with, where there are any; always where a route is for webhooks.
    pub webhook_secrets: Option<WebhookSecrets>,
    /// The keys that assertions for origins are signed with, where there are any.
    pub assertion: Option<AssertionKeys>,
    /// How long sockets and event streams go on when their token has expired, in seconds.
    pub stream_grace_seconds: u32,
}

impl Config {
    /// Reads a configuration. `handlers` are the names that a route may `serve`.
    ///
    /// # Errors
    /// Every mistake there is, in the order of reading.
    pub fn read(environment: &dyn Environment, handlers: &[&str]) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let value = environment.json("GATEWAY");
        if value.is_none() {
            mistakes.add("GATEWAY", "missing; expected a table with at least one of [[vars.GATEWAY.routes]]");
        }
        let value = value.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        let mut table = Table::read(&value, "GATEWAY".to_owned(), &mut mistakes);
        let tokens = table.as_mut().map(|table| TokenSettings::read(table, &mut mistakes)).unwrap_or_default();
        let settings = table.as_mut().map(|table| Settings::read(table, &mut mistakes)).unwrap_or_default();
        let tokens = tokens.complete(environment, &mut mistakes);
        let defaults = route::Defaults {
            forward_token: settings.forward_token,
            timeout_seconds: settings.timeout_seconds,
            handlers,
            environment,
            cors: settings.cors.as_ref(),
        };
        let (routes, route_table) =
            table.as_mut().map(|table| read_routes(table, &settings, &defaults, &mut mistakes)).unwrap_or_default();
        let webhook_secrets = webhook::secrets(environment, &routes, &mut mistakes);
        let assertion = assertion::keys(environment, &mut mistakes);
        if let Some(table) = table {
            table.finish(&mut mistakes);
        }
        let (Some(tokens), true) = (tokens, mistakes.0.is_empty()) else {
            return Err(mistakes.0);
        };
        let Settings { cors, stream_grace_seconds, .. } = settings;
        Ok(Self { tokens, routes, table: route_table, cors, webhook_secrets, assertion, stream_grace_seconds })
    }
}

/// The paths that serve health in a configuration that may be wrong elsewhere, for a gateway that has no other.
#[must_use]
pub fn health_paths(environment: &dyn Environment) -> Vec<String> {
    let gateway = environment.json("GATEWAY").unwrap_or_default();
    let routes = gateway["routes"].as_array().cloned().unwrap_or_default();
    let health = routes.iter().filter(|route| route["serve"] == "health").filter_map(|route| route["path"].as_str());
    health.filter_map(|path| CanonicalPath::parse(path).ok()).map(|path| path.match_key().to_owned()).collect()
}

/// The keys of `GATEWAY` that concern all routes.
struct Settings {
    forward_token: bool,
    timeout_seconds: u32,
    stream_grace_seconds: u32,
    case_sensitive: bool,
    cors: Option<Rc<CorsPolicy>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { forward_token: false, timeout_seconds: 30, stream_grace_seconds: 10, case_sensitive: false, cors: None }
    }
}

impl Settings {
    fn read(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Self {
        let defaults = Self::default();
        Self {
            forward_token: table.flag("forward_token", mistakes).unwrap_or(defaults.forward_token),
            timeout_seconds: table
                .number("timeout_seconds", 1..=ORIGIN_TIMEOUT_SECONDS, mistakes)
                .unwrap_or(defaults.timeout_seconds),
            stream_grace_seconds: table
                .number("stream_grace_seconds", 0..=STREAM_GRACE_SECONDS, mistakes)
                .unwrap_or(defaults.stream_grace_seconds),
            case_sensitive: table.flag("case_sensitive", mistakes).unwrap_or(defaults.case_sensitive),
            cors: cors::read(table, mistakes),
        }
    }
}

fn read_routes(
    table: &mut Table<'_>,
    settings: &Settings,
    defaults: &route::Defaults<'_>,
    mistakes: &mut Mistakes,
) -> (Vec<Route>, RouteTable) {
    let mut route_table = RouteTable::new(settings.case_sensitive);
    let Some(values) = table.take_as("routes", "a list of tables", mistakes, Value::as_array) else {
        if table.take("routes").is_none() {
            mistakes.add(
                table.place("routes"),
                "missing; expected at least one of [[vars.GATEWAY.routes]], since a path without a route is 404",
            );
        }
        return (Vec::new(), route_table);
    };
    if values.len() > ROUTES {
        mistakes.add(table.place("routes"), format!("expected at most {ROUTES} routes"));
        return (Vec::new(), route_table);
    }
    let mut routes: Vec<Route> = Vec::new();
    let mut written: Vec<usize> = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let Some(route) = route::read(value, Place::Route(index), defaults, mistakes) else {
            continue;
        };
        let conflict = route_table.insert(&route.pattern, route.methods, routes.len());
        written.push(index);
        if let Err(conflict) = conflict {
            add_conflict(conflict, index, &written, mistakes);
        }
        routes.push(route);
    }
    (routes, route_table)
}

#[cold]
fn add_conflict(conflict: Conflict, index: usize, written: &[usize], mistakes: &mut Mistakes) {
    // A conflict is with a route that was inserted before, and of each of those it is written down where it stands.
    let text = match conflict {
        Conflict::Same(other) => format!("says the same as routes[{}]", written[other]),
        Conflict::Case(other) => format!(
            "differs from routes[{}] by upper and lower case alone; set case_sensitive if the origin tells them apart",
            written[other]
        ),
    };
    mistakes.add(format!("{}.path", Place::Route(index)), text);
}

#[cfg(test)]
mod tests;
