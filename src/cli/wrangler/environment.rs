//! What a Worker with this configuration and these secrets finds in its environment.

use serde_json::Value;

use super::{Node, Place, Secrets, Wrangler};
use crate::config::Environment;

/// The bindings that have a `fetch`, each as the list that names it and the key of its name there.
const SERVICES: [(&str, &str); 3] =
    [("services", "binding"), ("mtls_certificates", "binding"), ("vpc_services", "binding")];

/// Configuration for wrangler and secrets, as one environment.
#[derive(Debug)]
pub(in crate::cli) struct WranglerEnvironment {
    pub(in crate::cli) wrangler: Wrangler,
    pub(in crate::cli) secrets: Secrets,
}

impl WranglerEnvironment {
    /// Both together, as wrangler puts them together: where the configuration says which secrets there are, files of
    /// secrets bring in no others, except in the place of variables.
    pub(in crate::cli) fn new(wrangler: Wrangler, mut secrets: Secrets) -> Self {
        if let Some(declared) = wrangler.own("secrets") {
            let required: Vec<&str> =
                declared.get("required").map_or(&[][..], Node::elements).iter().filter_map(Node::as_str).collect();
            let is_variable = |name: &str| wrangler.vars().is_some_and(|vars| vars.get(name).is_some());
            secrets.retain(|name| required.contains(&name) || is_variable(name));
        }
        Self { wrangler, secrets }
    }

    /// The secrets that the configuration says a deployed Worker has: `[secrets] required`.
    pub(in crate::cli) fn declared_secrets(&self) -> Vec<&str> {
        let required = self.wrangler.own("secrets").and_then(|secrets| secrets.get("required"));
        required.map_or(&[][..], Node::elements).iter().filter_map(Node::as_str).collect()
    }

    /// Where a place of a mistake stands. What is missing altogether belongs where the variables begin.
    pub(in crate::cli) fn find(&self, place: &str) -> Place {
        let name = place.split(['.', '[']).next().unwrap_or(place);
        let secret = self.secrets.place(name).cloned();
        secret.or_else(|| self.wrangler.find(place)).unwrap_or_else(|| self.wrangler.place_of_vars())
    }

    fn variable(&self, name: &str) -> Option<&Node> {
        self.wrangler.vars()?.get(name)
    }
}

impl Environment for WranglerEnvironment {
    fn text(&self, name: &str) -> Option<String> {
        let secret = self.secrets.get(name);
        secret.or_else(|| self.variable(name)?.as_str()).map(str::to_owned)
    }

    fn json(&self, name: &str) -> Option<Value> {
        match self.text(name) {
            // As in the Worker, a text that is no JSON is a value too.
            Some(text) => Some(serde_json::from_str(&text).unwrap_or(Value::String(text))),
            None => self.variable(name).map(Node::to_json),
        }
    }

    fn has_service(&self, name: &str) -> bool {
        let assets = self.wrangler.inherited("assets").and_then(|assets| assets.get("binding")?.as_str());
        SERVICES.iter().any(|(list, key)| self.wrangler.bindings(list, key).contains(&name)) || assets == Some(name)
    }

    fn has_rate_limit(&self, name: &str) -> bool {
        let older = self.wrangler.own("unsafe").and_then(|own| own.get("bindings")).map_or(&[][..], Node::elements);
        let is_it = |binding: &Node| {
            let text = |key: &str| binding.get(key).and_then(Node::as_str);
            text("type") == Some("ratelimit") && text("name") == Some(name)
        };
        self.wrangler.bindings("ratelimits", "name").contains(&name) || older.iter().any(is_it)
    }
}
