//! The requests that two configurations are compared by, without their tokens.

use serde_json::Value;

use super::Side;
use super::paths::{self, Paths};
use super::sessions::{self, Caller};
use crate::cli::rehearsal::HOST;
use crate::config::{Access, Config};
use crate::head::Head;
use crate::headers::HeaderList;
use crate::method::Method;
use crate::path::{CanonicalPath, Special};
use crate::routes::Match;
use crate::time::UnixTime;
use crate::verifier::OriginPattern;

/// A page that no configuration lists.
pub(super) const FOREIGN: &str = "https://elsewhere.example";

/// What is asked.
pub(super) struct Derived {
    pub(super) probes: Vec<Probe>,
    pub(super) callers: Vec<Caller>,
    pub(super) is_complete: bool,
}

/// What a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One of a page, a program or a person, who may have a session.
    Plain,
    /// The same, to become a WebSocket.
    WebSocket,
    /// A browser's question, without credentials.
    Preflight,
    /// A delivery of Clerk's, without credentials.
    Webhook,
}

/// One request, whoever sends it.
pub(super) struct Probe {
    /// The method, and what else it is.
    pub(super) label: String,
    pub(super) path: String,
    pub(super) method: &'static str,
    pub(super) headers: Vec<(String, String)>,
    pub(super) kind: Kind,
}

impl Derived {
    /// How many requests there are.
    pub(super) fn len(&self) -> usize {
        self.probes.iter().map(|probe| if probe.kind.has_caller() { self.callers.len() } else { 1 }).sum()
    }
}

impl Kind {
    /// Whether it matters who sends it.
    pub(super) const fn has_caller(self) -> bool {
        matches!(self, Self::Plain | Self::WebSocket)
    }
}

impl Probe {
    /// The request's head, with a token or without one.
    pub(super) fn head(&self, token: Option<&str>) -> Head {
        let mut headers = self.headers.clone();
        headers.extend(token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))));
        Head::new(self.method, &format!("{HOST}{}", self.path), HeaderList::new(headers), None)
    }
}

/// The requests for two configurations.
pub(super) fn derive(sides: [&Side; 2], now: UnixTime) -> Derived {
    let configs = sides.map(|side| &side.config);
    let routes = || configs.into_iter().flat_map(|config| &config.routes);
    let requirements: Vec<_> = routes().filter_map(|route| route.require.as_ref()).collect();
    let (callers, all_callers) = sessions::derive(&requirements);
    let Paths { paths, is_complete } = paths::derive(routes().map(|route| route.pattern.as_str()));
    let has_websocket = routes().any(|route| route.streams.websocket);
    let has_webhook = routes().any(|route| route.access == Access::Webhook);
    let pages = pages(sides);
    let mut probes = Vec::new();
    for path in paths.into_iter().flat_map(|path| spellings(path, configs)) {
        probes.extend(Method::ALL.map(|method| probe(method.name(), &path, &[])));
        if has_websocket {
            let headers = [
                ("upgrade", "websocket"),
                ("connection", "Upgrade"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", "ZGVyaXZlZCBmb3IgZGlmZg=="),
            ];
            probes.push(Probe {
                label: "WebSocket".to_owned(),
                kind: Kind::WebSocket,
                ..probe("GET", &path, &headers)
            });
        }
        if has_webhook {
            probes.push(webhook(&path, now));
        }
        for page in &pages {
            probes.extend(Method::ALL.map(|method| preflight(method, &path, page)));
        }
    }
    Derived { probes, callers, is_complete: is_complete && all_callers }
}

/// A path, and how else it may be written where that matters: in capitals, and with what routes let through.
fn spellings(path: String, configs: [&Config; 2]) -> Vec<String> {
    let mut allowed: Vec<Special> = Vec::new();
    for config in configs {
        let Ok(canonical) = CanonicalPath::parse(&path) else { continue };
        let found = Method::ALL.map(|method| config.table.find(&canonical, Some(method)));
        let routes = found.into_iter().filter_map(|found| match found {
            Match::Route(index) => config.routes.get(index),
            _ => None,
        });
        allowed.extend(routes.flat_map(|route| &route.allow_in_path));
    }
    let mut spellings = vec![path.clone()];
    spellings.extend(Some(path.to_ascii_uppercase()).filter(|capitals| *capitals != path));
    for special in Special::ALL.into_iter().filter(|special| allowed.contains(special)) {
        spellings.push(format!("{}{}x", path.trim_end_matches('/'), special.spelling()));
    }
    spellings
}

/// The pages that either configuration lists for CORS, and one that none does; nothing where there is no CORS.
fn pages(sides: [&Side; 2]) -> Vec<String> {
    let tables = sides.into_iter().flat_map(|side| {
        let routes = side.gateway["routes"].as_array().into_iter().flatten();
        std::iter::once(&side.gateway).chain(routes).map(|table| &table["cors"]["origins"])
    });
    let listed: Vec<&str> = tables.filter_map(Value::as_array).flatten().filter_map(Value::as_str).collect();
    let example = |page: &&str| OriginPattern::parse(page).ok().map(|pattern| pattern.example("preview"));
    let mut pages: Vec<String> = listed.iter().filter_map(example).collect();
    pages.extend((!listed.is_empty()).then(|| FOREIGN.to_owned()));
    pages.sort();
    pages.dedup();
    pages
}

fn probe(method: &'static str, path: &str, headers: &[(&str, &str)]) -> Probe {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Probe { label: method.to_owned(), path: path.to_owned(), method, headers, kind: Kind::Plain }
}

fn preflight(method: Method, path: &str, page: &str) -> Probe {
    let headers = [("origin", page), ("access-control-request-method", method.name())];
    let label = format!("preflight of {} from {page}", method.name());
    Probe { label, kind: Kind::Preflight, ..probe("OPTIONS", path, &headers) }
}

/// A delivery of the right form; whether it is signed is for its body to show.
fn webhook(path: &str, now: UnixTime) -> Probe {
    let (time, signature) = (now.seconds().to_string(), format!("v1,{}=", "A".repeat(43)));
    let headers =
        [("svix-id", "msg_derived"), ("svix-timestamp", time.as_str()), ("svix-signature", signature.as_str())];
    Probe { label: "webhook by POST".to_owned(), kind: Kind::Webhook, ..probe("POST", path, &headers) }
}
