//! The path and the routes: which one took the request, and why no other did.

use serde::Serialize;

use crate::config::{Access, Config, Route};
use crate::gateway::Decision;
use crate::method::Method;
use crate::path::CanonicalPath;
use crate::routes::{Match, RouteTable};

/// A path as it came, and what became of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PathStory {
    /// As it came.
    pub sent: String,
    /// Its one spelling, which is matched and forwarded.
    pub canonical: Option<String>,
    /// Why it has none.
    pub refused: Option<String>,
    /// The spellings in it that a route must allow by name.
    pub specials: Vec<&'static str>,
}

impl PathStory {
    pub(super) fn of(sent: &str) -> Self {
        let path = CanonicalPath::parse(sent);
        let specials = path.as_ref().map(|path| path.specials().iter().map(|special| special.spelling()).collect());
        Self {
            sent: sent.to_owned(),
            refused: path.as_ref().err().map(ToString::to_string),
            specials: specials.unwrap_or_default(),
            canonical: path.ok().map(|path| path.to_string()),
        }
    }
}

/// A route, and how it stood to the request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteStory {
    /// Its place in the configuration, from nought.
    pub index: usize,
    /// Its pattern.
    pub pattern: String,
    /// Its methods.
    pub methods: String,
    /// Whether it needs a session.
    pub access: &'static str,
    /// How it stood.
    pub standing: Standing,
}

/// How a route stood to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It took the request.
    Matched,
    /// It would take the request if none were more specific.
    LessSpecific,
    /// It has the path, and not the method.
    OtherMethod,
    /// It does not have the path.
    OtherPath,
    /// It would take the request, but the path can be read in two ways.
    Ambiguous,
    /// The path was refused before routes were looked at.
    NotLookedAt,
}

/// Every route of a configuration.
pub(super) fn stories(config: &Config, decision: &Decision<'_>, method: &str) -> Vec<RouteStory> {
    let method = Method::from_name(method);
    let story = |(index, route): (usize, &Route)| RouteStory {
        index,
        pattern: route.pattern.as_str().to_owned(),
        methods: route.methods.allow(),
        access: access(route.access),
        standing: standing(route, config, decision, method),
    };
    config.routes.iter().enumerate().map(story).collect()
}

fn standing(route: &Route, config: &Config, decision: &Decision<'_>, method: Option<Method>) -> Standing {
    if decision.route.is_some_and(|taken| std::ptr::eq(taken, route)) {
        return Standing::Matched;
    }
    let Some(path) = &decision.path else {
        return Standing::NotLookedAt;
    };
    match alone(route, config).find(path, method) {
        Match::Route(_) if decision.route.is_none() && is_refused_reading(config, path, method) => Standing::Ambiguous,
        Match::Route(_) => Standing::LessSpecific,
        Match::MethodNotAllowed(_) => Standing::OtherMethod,
        Match::NotFound => Standing::OtherPath,
        Match::Ambiguous => Standing::Ambiguous,
    }
}

/// The table as it would be if there were no other route.
fn alone(route: &Route, config: &Config) -> RouteTable {
    let mut table = RouteTable::new(config.table.is_case_sensitive());
    // The first route of a table conflicts with none.
    let _ = table.insert(&route.pattern, route.methods, 0);
    table
}

/// Whether the path came to a route, and was refused for what else it could mean.
fn is_refused_reading(config: &Config, path: &CanonicalPath, method: Option<Method>) -> bool {
    matches!(config.table.find(path, method), Match::Route(_) | Match::Ambiguous)
}

pub(super) const fn access(access: Access) -> &'static str {
    match access {
        Access::Public => "public",
        Access::Optional => "optional",
        Access::Required => "required",
        Access::Webhook => "webhook",
    }
}
