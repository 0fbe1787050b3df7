//! Lints about who gets in.

use super::Subject;
use crate::cli::finding::{Finding, Severity};
use crate::config::{Access, Environment as _, Route, Target};
use crate::instance::InstanceKind;
use crate::verifier::MissingAzp;

pub(super) const PUBLIC_IN_PROTECTED: &str = "public-in-protected";
pub(super) const NO_AUTHORIZED_PARTIES: &str = "no-authorized-parties";
pub(super) const MISSING_AZP_ACCEPTED: &str = "missing-azp-accepted";
pub(super) const PLAIN_HTTP_ORIGIN: &str = "plain-http-origin";
pub(super) const PLAIN_HTTP_PAGE: &str = "plain-http-page";
pub(super) const LOCAL_PAGE: &str = "local-page-in-production";
pub(super) const TEST_KEY: &str = "test-key-in-production";

/// Names that environments of production have.
const PRODUCTION: [&str; 4] = ["production", "prod", "live", "main"];

pub(super) fn find(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = pages(subject);
    findings.extend(test_key(subject));
    let Some(config) = subject.config else { return findings };
    findings.extend(public_in_protected(subject, &config.routes));
    findings.extend(plain_http_origins(subject, &config.routes));
    let takes_sessions = config.routes.iter().any(|route| matches!(route.access, Access::Required | Access::Optional));
    if takes_sessions && config.tokens.policy.authorized_parties.is_empty() {
        findings.push(warning(
            subject,
            NO_AUTHORIZED_PARTIES,
            "GATEWAY.authorized_parties",
            "tokens are taken that any site of this Clerk instance asked for, a sibling domain's too",
            "list the origins of your front ends, such as https://app.example.com, in authorized_parties",
        ));
    }
    if config.tokens.policy.missing_azp == MissingAzp::Accept {
        findings.push(warning(
            subject,
            MISSING_AZP_ACCEPTED,
            "GATEWAY.missing_azp",
            "a token without azp is taken from every site, so a cookie counts that another site made the browser send",
            "leave missing_azp out: then such a token counts where the request proves to come from the application itself",
        ));
    }
    findings
}

/// Public routes below a prefix whose own route asks for a session.
fn public_in_protected(subject: &Subject<'_>, routes: &[Route]) -> Vec<Finding> {
    let prefixes: Vec<&str> = routes
        .iter()
        .filter(|route| route.access == Access::Required)
        .filter_map(|route| route.pattern.as_str().strip_suffix("/*"))
        .collect();
    let mut findings = Vec::new();
    for (index, route) in routes.iter().enumerate().filter(|(_, route)| route.access == Access::Public) {
        let path = route.pattern.as_str();
        let is_below = |prefix: &&&str| path.strip_prefix(**prefix).is_some_and(|rest| rest.starts_with('/'));
        if let Some(prefix) = prefixes.iter().filter(is_below).max_by_key(|prefix| prefix.len()) {
            findings.push(Finding {
                subject: path.to_owned(),
                ..warning(
                    subject,
                    PUBLIC_IN_PROTECTED,
                    &format!("GATEWAY.routes[{index}].access"),
                    &format!("anyone gets in at {path}, though {prefix}/* around it asks for a session"),
                    &format!("if it is meant to be, allow \"{PUBLIC_IN_PROTECTED} {path}\"; else take access out"),
                )
            });
        }
    }
    findings
}

/// Origins by plain http, which is only taken to this machine: from Cloudflare's, nothing is there.
fn plain_http_origins(subject: &Subject<'_>, routes: &[Route]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, route) in routes.iter().enumerate() {
        if let Target::Origin(origin) = &route.target
            && origin.base.starts_with("http://")
        {
            findings.push(Finding {
                subject: route.pattern.as_str().to_owned(),
                ..warning(
                    subject,
                    PLAIN_HTTP_ORIGIN,
                    &format!("GATEWAY.routes[{index}].origin"),
                    &format!("{} is a server of this machine, by plain http; a deployed Worker cannot reach it", origin.base),
                    "give the https address of the deployed origin, in [env.production.vars] if this one is for development",
                )
            });
        }
    }
    findings
}

/// Front ends by plain http, or on the developer's machine beside a production key.
fn pages(subject: &Subject<'_>) -> Vec<Finding> {
    let gateway = subject.environment.json("GATEWAY").unwrap_or_default();
    let is_live = subject
        .config
        .and_then(|config| config.tokens.instance.as_ref())
        .is_some_and(|instance| instance.kind() == InstanceKind::Production);
    let mut findings = Vec::new();
    for (list, place) in [
        (&gateway["authorized_parties"], "GATEWAY.authorized_parties"),
        (&gateway["cors"]["origins"], "GATEWAY.cors.origins"),
    ] {
        for (index, page) in list.as_array().into_iter().flatten().enumerate() {
            let page = page.as_str().unwrap_or_default();
            let host = page.split_once("://").map_or("", |(_, rest)| rest.split(':').next().unwrap_or(rest));
            let is_local = matches!(host, "localhost" | "127.0.0.1");
            let place = format!("{place}[{index}]");
            if is_local && is_live {
                let text =
                    format!("{page} is whatever runs on a visitor's own machine, and the key is a production one");
                let cure = "list it in the configuration for development alone";
                findings
                    .push(Finding { subject: page.to_owned(), ..warning(subject, LOCAL_PAGE, &place, &text, cure) });
            } else if page.starts_with("http://") && !is_local {
                let text = format!("{page} comes by plain http, so whoever is on the way can write into it");
                let cure = "list the https address";
                findings.push(Finding {
                    subject: page.to_owned(),
                    ..warning(subject, PLAIN_HTTP_PAGE, &place, &text, cure)
                });
            }
        }
    }
    findings
}

fn test_key(subject: &Subject<'_>) -> Option<Finding> {
    let environment = subject.environment.wrangler.environment()?;
    let key = subject.environment.text("CLERK_PUBLISHABLE_KEY")?;
    (PRODUCTION.contains(&environment) && key.starts_with("pk_test_")).then(|| {
        let text = format!("the environment is called {environment}, and the key is a development instance's");
        warning(subject, TEST_KEY, "CLERK_PUBLISHABLE_KEY", &text, "give the key of the production instance, pk_live_…")
    })
}

fn warning(subject: &Subject<'_>, name: &'static str, place: &str, text: &str, cure: &str) -> Finding {
    Finding {
        severity: Severity::Warning,
        name,
        subject: place.to_owned(),
        place: subject.environment.find(place),
        text: text.to_owned(),
        cure: Some(cure.to_owned()),
    }
}
