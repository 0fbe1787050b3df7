//! One route of a configuration: which requests it answers for, what it demands, and where it leads.

use std::rc::Rc;

use serde_json::Value;

use super::reader::{Mistakes, Place, Table};
use super::stream::{self, Streams};
use super::{Environment, cors, rate_limit, requirement};
use crate::authorization::Requirement;
use crate::cors::CorsPolicy;
use crate::instance::{is_trusted_address, split_scheme};
use crate::limits::ORIGIN_TIMEOUT_SECONDS;
use crate::method::{Method, MethodSet};
use crate::path::{CanonicalPath, Special};
use crate::rate_limit::RateLimit;
use crate::routes::Pattern;

/// A route.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Which paths.
    pub pattern: Pattern,
    /// Which methods.
    pub methods: MethodSet,
    /// Whether a session is needed.
    pub access: Access,
    /// What the session must meet.
    pub require: Option<Requirement>,
    /// Where requests go.
    pub target: Target,
    /// What is taken off the path before it is forwarded.
    pub strip_prefix: Option<CanonicalPath>,
    /// The special spellings that its paths may have.
    pub allow_in_path: Vec<Special>,
    /// Whether the origin gets the caller's token and Clerk's cookies too.
    pub forward_token: bool,
    /// How long the origin may take to start its answer, in seconds.
    pub timeout_seconds: u32,
    /// What pages of other origins may read of its answers.
    pub cors: Option<Rc<CorsPolicy>>,
    /// How often one caller may use it.
    pub limit: Option<RateLimit>,
    /// Whether it takes WebSockets, and how long they and event streams may last.
    pub streams: Streams,
}

/// Whether a route needs a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Credentials are not looked at.
    Public,
    /// Without credentials the request is anonymous; bad ones are refused.
    Optional,
    /// A session is needed.
    Required,
    /// Credentials are not looked at: a delivery of Clerk's is let in by its signature.
    Webhook,
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A server by its address.
    Origin(Origin),
    /// The zone's own origin: whatever is behind this Worker's route.
    Zone,
    /// Another Worker, by the name of its binding.
    Service(String),
    /// A handler of this Worker, by its name.
    Serve(String),
}

/// The address of a server, with a path that every forwarded one is put behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// `https://host:port`, as an address's origin is written: in lower case, without the scheme's own port.
    pub base: String,
    /// Empty, or a path without a slash at its end; of a webhook's target the whole path.
    pub path: String,
}

/// What routes take over from the whole configuration.
pub(super) struct Defaults<'a> {
    pub(super) forward_token: bool,
    pub(super) timeout_seconds: u32,
    pub(super) handlers: &'a [&'a str],
    pub(super) environment: &'a dyn Environment,
    pub(super) cors: Option<&'a Rc<CorsPolicy>>,
}

/// Reads a route table.
pub(super) fn read(value: &Value, place: Place, defaults: &Defaults<'_>, mistakes: &mut Mistakes) -> Option<Route> {
    let mut table = Table::read(value, place, mistakes)?;
    let pattern = pattern(&mut table, mistakes);
    let is_webhook = webhook(&mut table, mistakes);
    let methods = if is_webhook { Some(WEBHOOK_METHODS) } else { methods(&mut table, mistakes) };
    let levels = [("public", Access::Public), ("optional", Access::Optional), ("required", Access::Required)];
    let access = table.one_of("access", &levels, mistakes).unwrap_or(Access::Required);
    let access = if is_webhook { Access::Webhook } else { access };
    let require_value = table.take("require");
    let require = require_value.and_then(|value| requirement::read(value, table.place("require"), 1, mistakes));
    if require_value.is_some() && !matches!(access, Access::Required | Access::Webhook) {
        mistakes.add(table.place("require"), "expected only on a route whose access is required");
    }
    let target = target(&mut table, defaults, is_webhook, mistakes);
    let strip_prefix = strip_prefix(&mut table, pattern.as_ref(), target.as_ref(), mistakes);
    let allow_in_path = table.list("allow_in_path", mistakes, |text| {
        let special = Special::ALL.into_iter().find(|special| special.spelling() == text);
        special.ok_or_else(|| format!("expected one of {}", Special::ALL.map(Special::spelling).join(", ")))
    });
    let forward_token = table.flag("forward_token", mistakes).unwrap_or(defaults.forward_token && !is_webhook);
    let timeout_seconds = table.number("timeout_seconds", 1..=ORIGIN_TIMEOUT_SECONDS, mistakes);
    let cors = if is_webhook { None } else { cors::of_route(&mut table, defaults.cors, mistakes) };
    let limit = if is_webhook { None } else { rate_limit::read(&mut table, access, defaults.environment, mistakes) };
    let streams = stream::read(&mut table, target.as_ref(), methods, is_webhook, mistakes);
    table.finish(mistakes);
    Some(Route {
        pattern: pattern?,
        methods: methods?,
        access,
        require: if require_value.is_some() { Some(require?) } else { None },
        target: target?,
        strip_prefix,
        allow_in_path,
        forward_token,
        timeout_seconds: timeout_seconds.unwrap_or(defaults.timeout_seconds),
        cors,
        limit,
        streams,
    })
}

fn pattern(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Option<Pattern> {
    let Some(text) = table.text("path", mistakes) else {
        if table.take("path").is_none() {
            mistakes.add(table.place("path"), "missing; expected a path such as /api/*");
        }
        return None;
    };
    Pattern::parse(text).map_err(|error| mistakes.add(table.place("path"), error.to_string())).ok()
}

/// The one method that deliveries come by.
const WEBHOOK_METHODS: MethodSet = MethodSet::NONE.with(Method::Post);

/// Whether a route is for webhooks. What a session or the request's own path would decide has no place on one.
fn webhook(table: &mut Table<'_>, mistakes: &mut Mistakes) -> bool {
    let is_webhook = table.take("webhook").is_some();
    if is_webhook {
        check_webhook(table, mistakes);
    }
    is_webhook
}

#[inline(never)]
fn check_webhook(table: &mut Table<'_>, mistakes: &mut Mistakes) {
    table.one_of("webhook", &[("clerk", ())], mistakes);
    for key in ["access", "require", "forward_token", "strip_prefix", "cors", "limit"] {
        if table.take(key).is_some() {
            mistakes.add(table.place(key), "expected only on a route without webhook");
        }
    }
    let is_post = |methods: &Value| methods.as_array().is_some_and(|list| list.iter().all(|name| name == "POST"));
    if table.take("methods").is_some_and(|methods| !is_post(methods)) {
        mistakes.add(table.place("methods"), "expected POST alone on a route with webhook; leave it out");
    }
    if table.take("serve").is_some() {
        mistakes.add(table.place("webhook"), "expected only on a route that forwards");
    }
}

fn methods(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Option<MethodSet> {
    match table.take("methods") {
        Some(_) => listed_methods(table, mistakes),
        None => Some(MethodSet::ALL),
    }
}

#[inline(never)]
fn listed_methods(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Option<MethodSet> {
    let read = |name: &str| {
        let names = || Method::ALL.map(Method::name).join(", ");
        Method::from_name(name).ok_or_else(|| format!("expected one of {}", names()))
    };
    let before = mistakes.0.len();
    let methods = table.list("methods", mistakes, read);
    if methods.is_empty() && mistakes.0.len() == before {
        mistakes.add(table.place("methods"), "expected at least one method; leave it out for all");
    }
    let set = methods.into_iter().fold(MethodSet::NONE, MethodSet::with);
    (mistakes.0.len() == before).then_some(set)
}

fn target(table: &mut Table<'_>, defaults: &Defaults<'_>, is_webhook: bool, mistakes: &mut Mistakes) -> Option<Target> {
    let origin = table.text("origin", mistakes);
    let service = table.text("service", mistakes);
    let serve = table.text("serve", mistakes);
    let given = ["origin", "service", "serve"].into_iter().filter(|key| table.take(key).is_some()).count();
    if given != 1 {
        mistakes.add(table.own_place(), "expected exactly one of origin, service and serve");
        return None;
    }
    if let Some(service) = service {
        if !defaults.environment.has_service(service) {
            mistakes.add(table.place("service"), "expected the name of a service binding of this Worker");
        }
        return Some(Target::Service(service.to_owned()));
    }
    if let Some(handler) = serve {
        if !defaults.handlers.contains(&handler) {
            mistakes.add(table.place("serve"), format!("expected one of {}", defaults.handlers.join(", ")));
        }
        return Some(Target::Serve(handler.to_owned()));
    }
    match origin? {
        "zone" => Some(Target::Zone),
        address => {
            let origin = if is_webhook { Origin::parse_exact(address) } else { Origin::parse(address) };
            if origin.is_none() {
                let text = "expected zone or an address such as https://api.example.com/base, without query or credentials; http is for this machine alone";
                mistakes.add(table.place("origin"), text);
            }
            origin.map(Target::Origin)
        }
    }
}

fn strip_prefix(
    table: &mut Table<'_>,
    pattern: Option<&Pattern>,
    target: Option<&Target>,
    mistakes: &mut Mistakes,
) -> Option<CanonicalPath> {
    let text = table.text("strip_prefix", mistakes)?;
    stripped(text, table.place("strip_prefix"), pattern, target, mistakes)
}

#[inline(never)]
fn stripped(
    text: &str,
    place: String,
    pattern: Option<&Pattern>,
    target: Option<&Target>,
    mistakes: &mut Mistakes,
) -> Option<CanonicalPath> {
    let prefix = CanonicalPath::parse(text).ok().filter(|prefix| prefix.specials().is_empty());
    let pattern = pattern?.as_str();
    let key = text.trim_end_matches('/');
    let is_prefix = pattern.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if matches!(target, Some(Target::Serve(_))) {
        mistakes.add(place, "expected only on a route that forwards");
        return None;
    }
    if prefix.is_none() || !is_prefix || key.contains("/:") {
        mistakes.add(place, "expected the first segments of the route's path, none of them a :name");
        return None;
    }
    prefix
}

impl Origin {
    /// Reads an address: https, or http to this machine; a path, and nothing behind it.
    #[must_use]
    pub fn parse(address: &str) -> Option<Self> {
        let Self { base, path } = Self::parse_exact(address)?;
        Some(Self { base, path: path.trim_end_matches('/').to_owned() })
    }

    /// The same, the path as it stands there: for an address that no other path is put behind.
    #[must_use]
    pub fn parse_exact(address: &str) -> Option<Self> {
        if !is_trusted_address(address) {
            return None;
        }
        let (scheme, rest) = split_scheme(address)?;
        let (authority, path) = rest.find('/').map_or((rest, "/"), |index| rest.split_at(index));
        let is_authority = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
        if authority.is_empty() || authority.starts_with(':') || !authority.bytes().all(is_authority) {
            return None;
        }
        let path = CanonicalPath::parse(path).ok().filter(|path| path.specials().is_empty())?;
        let authority = authority.to_ascii_lowercase();
        let default_port = if scheme == "https" { ":443" } else { ":80" };
        let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
        Some(Self { base: [scheme, "://", authority].concat(), path: path.as_str().to_owned() })
    }
}
