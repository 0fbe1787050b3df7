//! Lints about how the Worker is deployed.

use super::Subject;
use crate::cli::finding::{Finding, Severity};
use crate::cli::wrangler::{Node, Place};
use crate::config::Access;
use crate::keys::KeySource;

pub(super) const NO_REQUEST_SIGNAL: &str = "no-request-signal";
pub(super) const NO_KEY_STORE: &str = "no-key-store";
pub(super) const NO_CRON: &str = "no-cron";
pub(super) const UNCHECKED_ENVIRONMENT: &str = "unchecked-environment";

/// The compatibility flag by which a Worker learns that a client has gone.
const REQUEST_SIGNAL: &str = "enable_request_signal";

/// The binding of the store that holds key sets.
const KEY_STORE: &str = "JWKS";

pub(super) fn find(subject: &Subject<'_>) -> Vec<Finding> {
    let wrangler = &subject.environment.wrangler;
    let mut findings = Vec::new();
    let flags = wrangler.inherited("compatibility_flags").map_or(&[][..], Node::elements);
    if !flags.iter().any(|flag| flag.as_str() == Some(REQUEST_SIGNAL)) {
        let text =
            "the Worker is not told when a client goes away, so what such a request leaves behind stays in memory";
        let cure = wrangler.spelled(
            format!("compatibility_flags = [\"{REQUEST_SIGNAL}\"]"),
            format!("\"compatibility_flags\": [\"{REQUEST_SIGNAL}\"]"),
        );
        findings.push(warning(subject, NO_REQUEST_SIGNAL, "compatibility_flags", text, cure));
    }
    let keys = subject.config.map(|config| &config.tokens.keys);
    let fetches_keys = !matches!(keys, Some(KeySource::Given(_) | KeySource::GivenSet(_)));
    let takes_webhooks =
        subject.config.is_some_and(|config| config.routes.iter().any(|route| route.access == Access::Webhook));
    if (fetches_keys || takes_webhooks) && !wrangler.bindings("kv_namespaces", "binding").contains(&KEY_STORE) {
        let text =
            "there is no KV store for key sets: each cold Worker fetches them, and none survives an outage at Clerk's";
        let cure = wrangler.spelled(
            format!("[[kv_namespaces]]\nbinding = \"{KEY_STORE}\"\nid = \"…\" # npx wrangler kv namespace create {KEY_STORE}"),
            format!("\"kv_namespaces\": [{{ \"binding\": \"{KEY_STORE}\", \"id\": \"…\" }}] // npx wrangler kv namespace create {KEY_STORE}"),
        );
        findings.push(warning(subject, NO_KEY_STORE, "kv_namespaces", text, cure));
    }
    let crons =
        wrangler.inherited("triggers").and_then(|triggers| triggers.get("crons")).map_or(&[][..], Node::elements);
    if fetches_keys && crons.is_empty() {
        let text = "nothing keeps the key set in KV fresh, so a cold Worker may have to wait for Clerk";
        let cure = wrangler.spelled(
            "[triggers]\ncrons = [\"*/3 * * * *\"]".to_owned(),
            "\"triggers\": { \"crons\": [\"*/3 * * * *\"] }".to_owned(),
        );
        findings.push(warning(subject, NO_CRON, "triggers", text, cure));
    }
    findings.extend(unchecked(subject));
    findings
}

/// The environments that this check is not about.
fn unchecked(subject: &Subject<'_>) -> Option<Finding> {
    let wrangler = &subject.environment.wrangler;
    let others = wrangler.environments();
    (wrangler.environment().is_none() && !others.is_empty()).then(|| Finding {
        severity: Severity::Note,
        text: format!("only the top level is checked, not its environments: {}", others.join(", ")),
        ..warning(subject, UNCHECKED_ENVIRONMENT, "env", "", format!("clerk-edge check --env {}", others[0]))
    })
}

fn warning(subject: &Subject<'_>, name: &'static str, key: &str, text: &str, cure: String) -> Finding {
    let wrangler = &subject.environment.wrangler;
    let top = || Place { file: wrangler.path().to_owned(), line: 1 };
    Finding {
        severity: Severity::Warning,
        name,
        subject: key.to_owned(),
        place: wrangler.inherited(key).map_or_else(top, |node| wrangler.place_of(node)),
        text: text.to_owned(),
        cure: Some(cure),
    }
}
