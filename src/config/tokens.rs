//! What a configuration says of tokens: which instance issues them, what they must meet, and where keys come from.
//!
//! Every skin reads it, those too that have no routes.

use serde_json::Value;

use super::Environment;
use super::reader::{Mistake, Mistakes, Table};
use crate::algorithm::Algorithm;
use crate::instance::{Instance, is_trusted_address};
use crate::keys::KeySource;
use crate::limits::CLOCK_SKEW_SECONDS;
use crate::public_key::PublicKey;
use crate::verifier::{MissingAzp, OriginPattern, TokenPolicy};

/// What is known of the tokens that count.
#[derive(Debug, Clone)]
pub struct TokenConfig {
    /// The instance, where a publishable key names it.
    pub instance: Option<Instance>,
    /// What tokens must meet.
    pub policy: TokenPolicy,
    /// Where keys come from.
    pub keys: KeySource,
}

impl TokenConfig {
    /// Reads `options`, a table at `place` of the keys that concern tokens, and the variables of the instance.
    ///
    /// # Errors
    /// Every mistake there is, in the order of reading.
    pub fn read(environment: &dyn Environment, options: &Value, place: &str) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let mut table = Table::read(options, place.to_owned(), &mut mistakes);
        let settings = table.as_mut().map(|table| TokenSettings::read(table, &mut mistakes)).unwrap_or_default();
        if let Some(table) = table {
            table.finish(&mut mistakes);
        }
        let tokens = settings.complete(environment, &mut mistakes);
        if mistakes.0.is_empty() { tokens.ok_or_else(Vec::new) } else { Err(mistakes.0) }
    }
}

/// The keys that concern tokens.
pub(super) struct TokenSettings {
    policy: TokenPolicy,
    backend_api: bool,
}

impl Default for TokenSettings {
    fn default() -> Self {
        Self { policy: TokenPolicy::for_issuer(""), backend_api: false }
    }
}

impl TokenSettings {
    pub(super) fn read(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Self {
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
        settings
    }

    /// The same with what the variables say; `None`, and a mistake, where they do not say enough.
    pub(super) fn complete(self, environment: &dyn Environment, mistakes: &mut Mistakes) -> Option<TokenConfig> {
        let instance = instance(environment, mistakes);
        let issuer = issuer(environment, instance.as_ref(), mistakes);
        let keys = key_source(environment, instance.as_ref(), self.backend_api, mistakes);
        Some(TokenConfig { policy: TokenPolicy { issuer: issuer?, ..self.policy }, keys: keys?, instance })
    }
}

fn algorithms(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Vec<Algorithm> {
    let before = mistakes.0.len();
    let algorithms = table.list("algorithms", mistakes, |name| {
        let names = || Algorithm::ALL.map(Algorithm::name).join(", ");
        Algorithm::from_name(name).ok_or_else(|| format!("expected one of {}", names()))
    });
    if algorithms.is_empty() && mistakes.0.len() == before {
        mistakes.add(table.place("algorithms"), "expected at least one algorithm; leave it out for RS256");
    }
    algorithms
}

/// A variable that says something.
fn variable(environment: &dyn Environment, name: &str) -> Option<String> {
    environment.text(name).filter(|text| !text.is_empty())
}

fn instance(environment: &dyn Environment, mistakes: &mut Mistakes) -> Option<Instance> {
    let key = variable(environment, "CLERK_PUBLISHABLE_KEY")?;
    let instance = match Instance::from_publishable_key(key.trim()) {
        Ok(instance) => instance,
        Err(error) => {
            mistakes.add("CLERK_PUBLISHABLE_KEY", error.to_string());
            return None;
        }
    };
    let proxy = variable(environment, "CLERK_PROXY_URL");
    let domain = variable(environment, "CLERK_DOMAIN");
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
    if let Some(issuer) = variable(environment, "CLERK_ISSUER") {
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
    if let Some(pem) = variable(environment, "CLERK_JWT_KEY") {
        let key = PublicKey::from_pem(&pem).map_err(|error| mistakes.add("CLERK_JWT_KEY", error.to_string()));
        return key.ok().map(KeySource::Given);
    }
    let secret = variable(environment, "CLERK_SECRET_KEY");
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
    let api = variable(environment, "CLERK_API_URL");
    if api.as_deref().is_some_and(|url| !is_trusted_address(url)) {
        mistakes.add("CLERK_API_URL", "expected an https address, such as https://api.clerk.com");
    }
    let api = api.unwrap_or_else(|| instance.backend_api().to_owned());
    Some(KeySource::KeySet { url: format!("{}/v1/jwks", api.trim_end_matches('/')), bearer: secret })
}
