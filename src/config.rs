//! The whole configuration, read once, with every mistake reported together.
//!
//! It comes from variables: `CLERK_PUBLISHABLE_KEY` and its like, and one table `GATEWAY`. A configuration with a
//! mistake is no configuration: the gateway then answers 503 on every path but health.

use serde_json::Value;

use crate::algorithm::Algorithm;
use crate::instance::{Instance, is_trusted_address};
use crate::keys::KeySource;
use crate::limits::{CLOCK_SKEW_SECONDS, ORIGIN_TIMEOUT_SECONDS, ROUTES};
use crate::path::CanonicalPath;
use crate::public_key::PublicKey;
use crate::routes::{Conflict, RouteTable};
use crate::verifier::{MissingAzp, OriginPattern, TokenPolicy};
use crate::webhook::WebhookSecrets;

mod reader;
mod requirement;
mod route;
mod webhook;

pub use reader::Mistake;
use reader::{Mistakes, Table};
pub use route::{Access, Origin, Route, Target};

/// The variables, secrets and bindings that a configuration is read from.
pub trait Environment {
    /// A variable or secret that is text.
    fn text(&self, name: &str) -> Option<String>;
    /// A variable that is JSON, or text that holds JSON.
    fn json(&self, name: &str) -> Option<Value>;
    /// Whether there is a service binding of this name.
    fn has_service(&self, name: &str) -> bool;
}

/// Everything a gateway needs to know.
#[derive(Debug)]
pub struct Config {
    /// The instance, where a publishable key names it.
    pub instance: Option<Instance>,
    /// What tokens must meet.
    pub policy: TokenPolicy,
    /// Where keys come from.
    pub keys: KeySource,
    /// The routes, in the order they were written.
    pub routes: Vec<Route>,
    /// The routes by path and method.
    pub table: RouteTable,
    /// The secrets that webhooks are signed with, where there are any; always where a route is for webhooks.
    pub webhook_secrets: Option<WebhookSecrets>,
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
        let mut table = Table::read(&value, "GATEWAY", &mut mistakes);
        let settings = table.as_mut().map(|table| Settings::read(table, &mut mistakes)).unwrap_or_default();
        let instance = instance(environment, &mut mistakes);
        let issuer = issuer(environment, instance.as_ref(), &mut mistakes);
        let keys = key_source(environment, instance.as_ref(), settings.backend_api, &mut mistakes);
        let has_service = |name: &str| environment.has_service(name);
        let defaults = route::Defaults {
            forward_token: settings.forward_token,
            timeout_seconds: settings.timeout_seconds,
            handlers,
            has_service: &has_service,
        };
        let (routes, route_table) =
            table.as_mut().map(|table| read_routes(table, &settings, &defaults, &mut mistakes)).unwrap_or_default();
        let webhook_secrets = webhook::secrets(environment, &routes, &mut mistakes);
        if let Some(table) = table {
            table.finish(&mut mistakes);
        }
        let (Some(issuer), Some(keys), true) = (issuer, keys, mistakes.0.is_empty()) else {
            return Err(mistakes.0);
        };
        let policy = TokenPolicy { issuer, ..settings.policy };
        Ok(Self { instance, policy, keys, routes, table: route_table, webhook_secrets })
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

/// The keys of `GATEWAY` beside its routes.
struct Settings {
    policy: TokenPolicy,
    backend_api: bool,
    forward_token: bool,
    timeout_seconds: u32,
    case_sensitive: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            policy: TokenPolicy::for_issuer(""),
            backend_api: false,
            forward_token: false,
            timeout_seconds: 30,
            case_sensitive: false,
        }
    }
}

impl Settings {
    fn read(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Self {
        let mut settings = Self::default();
        let policy = &mut settings.policy;
        policy.authorized_parties = table
            .list("authorized_parties", mistakes, |text| OriginPattern::parse(text).map_err(|error| error.to_string()));
        let missing =
            [("accept", MissingAzp::Accept), ("same-origin", MissingAzp::SameOrigin), ("reject", MissingAzp::Reject)];
        policy.missing_azp = table.one_of("missing_azp", &missing, mistakes).unwrap_or(policy.missing_azp);
        policy.audience = table.list("audience", mistakes, |text| {
            if text.is_empty() { Err("expected a text that is not empty".to_owned()) } else { Ok(text.to_owned()) }
        });
        let skew = table.number("clock_skew_seconds", 0..=CLOCK_SKEW_SECONDS, mistakes);
        policy.clock_skew_seconds = skew.unwrap_or(policy.clock_skew_seconds);
        if table.take("algorithms").is_some() {
            policy.algorithms = algorithms(table, mistakes);
        }
        let sources = [("frontend-api", false), ("backend-api", true)];
        settings.backend_api = table.one_of("keys_from", &sources, mistakes).unwrap_or(false);
        settings.forward_token = table.flag("forward_token", mistakes).unwrap_or(false);
        let timeout = table.number("timeout_seconds", 1..=ORIGIN_TIMEOUT_SECONDS, mistakes);
        settings.timeout_seconds = timeout.unwrap_or(settings.timeout_seconds);
        settings.case_sensitive = table.flag("case_sensitive", mistakes).unwrap_or(false);
        settings
    }
}

fn algorithms(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Vec<Algorithm> {
    let names = Algorithm::ALL.map(Algorithm::name).join(", ");
    let before = mistakes.0.len();
    let algorithms = table.list("algorithms", mistakes, |name| {
        Algorithm::from_name(name).ok_or_else(|| format!("expected one of {names}"))
    });
    if algorithms.is_empty() && mistakes.0.len() == before {
        mistakes.add(table.place("algorithms"), "expected at least one algorithm; leave it out for RS256");
    }
    algorithms
}

fn read_routes(
    table: &mut Table<'_>,
    settings: &Settings,
    defaults: &route::Defaults<'_>,
    mistakes: &mut Mistakes,
) -> (Vec<Route>, RouteTable) {
    let mut route_table = RouteTable::new(settings.case_sensitive);
    let place = table.place("routes");
    let Some(values) = table.take_as("routes", "a list of tables", mistakes, Value::as_array) else {
        if table.take("routes").is_none() {
            mistakes.add(
                place,
                "missing; expected at least one of [[vars.GATEWAY.routes]], since a path without a route is 404",
            );
        }
        return (Vec::new(), route_table);
    };
    if values.len() > ROUTES {
        mistakes.add(place, format!("expected at most {ROUTES} routes"));
        return (Vec::new(), route_table);
    }
    let mut routes: Vec<Route> = Vec::new();
    let mut written: Vec<usize> = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let Some(route) = route::read(value, format!("{place}[{index}]"), defaults, mistakes) else {
            continue;
        };
        let conflict = route_table.insert(&route.pattern, route.methods, routes.len());
        written.push(index);
        match conflict {
            Ok(()) => {}
            Err(Conflict::Same(other)) => {
                mistakes.add(format!("{place}[{index}].path"), format!("says the same as routes[{}]", written[other]));
            }
            Err(Conflict::Case(other)) => mistakes.add(
                format!("{place}[{index}].path"),
                format!("differs from routes[{}] by upper and lower case alone; set case_sensitive if the origin tells them apart", written[other]),
            ),
        }
        routes.push(route);
    }
    (routes, route_table)
}

fn instance(environment: &dyn Environment, mistakes: &mut Mistakes) -> Option<Instance> {
    let key = environment.text("CLERK_PUBLISHABLE_KEY").filter(|key| !key.is_empty())?;
    let instance = match Instance::from_publishable_key(key.trim()) {
        Ok(instance) => instance,
        Err(error) => {
            mistakes.add("CLERK_PUBLISHABLE_KEY", error.to_string());
            return None;
        }
    };
    let proxy = environment.text("CLERK_PROXY_URL").filter(|url| !url.is_empty());
    let domain = environment.text("CLERK_DOMAIN").filter(|domain| !domain.is_empty());
    let is_satellite = environment.text("CLERK_IS_SATELLITE").as_deref() == Some("true");
    let (place, moved) = match (proxy, domain) {
        (Some(url), _) => ("CLERK_PROXY_URL", instance.clone().with_proxy_url(&url)),
        (None, Some(domain)) if is_satellite => ("CLERK_DOMAIN", instance.clone().with_satellite_domain(&domain)),
        (None, _) => ("", Ok(instance.clone())),
    };
    match moved {
        Ok(moved) => Some(moved),
        Err(error) => {
            mistakes.add(place, error.to_string());
            Some(instance)
        }
    }
}

fn issuer(environment: &dyn Environment, instance: Option<&Instance>, mistakes: &mut Mistakes) -> Option<String> {
    if let Some(issuer) = environment.text("CLERK_ISSUER").filter(|issuer| !issuer.is_empty()) {
        if !is_trusted_address(&issuer) || issuer.ends_with('/') {
            mistakes.add(
                "CLERK_ISSUER",
                "expected an https address without a slash at its end, such as https://clerk.example.com",
            );
        }
        return Some(issuer);
    }
    if instance.is_none() && !mistakes.0.iter().any(|mistake| mistake.place == "CLERK_PUBLISHABLE_KEY") {
        mistakes.add(
            "CLERK_PUBLISHABLE_KEY",
            "missing; expected the publishable key of the Clerk instance, or CLERK_JWT_KEY and CLERK_ISSUER",
        );
    }
    instance.map(Instance::issuer)
}

fn key_source(
    environment: &dyn Environment,
    instance: Option<&Instance>,
    backend_api: bool,
    mistakes: &mut Mistakes,
) -> Option<KeySource> {
    if let Some(pem) = environment.text("CLERK_JWT_KEY").filter(|pem| !pem.is_empty()) {
        let key = PublicKey::from_pem(&pem).map_err(|error| mistakes.add("CLERK_JWT_KEY", error.to_string()));
        return key.ok().map(KeySource::Given);
    }
    let secret = environment.text("CLERK_SECRET_KEY").filter(|secret| !secret.is_empty());
    let is_secret = |secret: &String| secret.starts_with("sk_") && secret.bytes().all(|byte| byte.is_ascii_graphic());
    if secret.as_ref().is_some_and(|secret| !is_secret(secret)) {
        mistakes.add("CLERK_SECRET_KEY", "expected a secret key, which starts with sk_test_ or sk_live_");
    }
    let Some(instance) = instance else {
        if !mistakes.0.iter().any(|mistake| mistake.place == "CLERK_PUBLISHABLE_KEY") {
            mistakes.add(
                "CLERK_JWT_KEY",
                "missing; expected the PEM public key beside CLERK_ISSUER, or CLERK_PUBLISHABLE_KEY",
            );
        }
        return None;
    };
    if !backend_api {
        return Some(KeySource::KeySet { url: instance.key_set_url(), bearer: None });
    }
    if secret.is_none() {
        mistakes.add("CLERK_SECRET_KEY", "missing; GATEWAY.keys_from is backend-api, which asks for it");
    }
    let api = environment.text("CLERK_API_URL").filter(|url| !url.is_empty());
    if api.as_deref().is_some_and(|url| !is_trusted_address(url)) {
        mistakes.add("CLERK_API_URL", "expected an https address, such as https://api.clerk.com");
    }
    let api = api.unwrap_or_else(|| instance.backend_api().to_owned());
    Some(KeySource::KeySet { url: format!("{}/v1/jwks", api.trim_end_matches('/')), bearer: secret })
}

#[cfg(test)]
mod tests;
