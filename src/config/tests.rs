//! Every key read as meant, and every mistake as one sentence that names its place.

use std::collections::HashMap;

use serde_json::json;

use super::*;
use crate::algorithm::Algorithm;
use crate::authorization::{ClaimRequirement, Requirement, Reverification};
use crate::cors::{ALLOW_HEADERS, CorsPolicy, Origins};
use crate::instance::{InstanceKind, publishable_key};
use crate::keys::KeySource;
use crate::rate_limit::{CountBy, RateLimit};
use crate::verifier::{MissingAzp, OriginPattern, TokenPolicy};

struct Variables(HashMap<String, Value>);

impl Environment for Variables {
    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    fn json(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }

    fn has_service(&self, name: &str) -> bool {
        name == "ORDERS"
    }

    fn has_rate_limit(&self, name: &str) -> bool {
        name == "RATE_LIMIT_100_PER_60"
    }
}

fn read_with(variables: Value) -> Result<Config, Vec<String>> {
    let variables = Variables(variables.as_object().unwrap().clone().into_iter().collect());
    Config::read(&variables, &["whoami", "health"])
        .map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect())
}

fn read(gateway: Value) -> Result<Config, Vec<String>> {
    read_with(
        json!({"CLERK_PUBLISHABLE_KEY": publishable_key(InstanceKind::Production, "clerk.example.com"), "GATEWAY": gateway}),
    )
}

fn route(extra: Value) -> Result<Route, Vec<String>> {
    let mut route = json!({"path": "/api/*", "origin": "https://api.example.com"});
    for (key, value) in extra.as_object().unwrap() {
        if value.is_null() {
            route.as_object_mut().unwrap().remove(key);
        } else {
            route[key] = value.clone();
        }
    }
    read(json!({"routes": [route]})).map(|mut config| config.routes.remove(0))
}

fn mistakes(extra: Value) -> Vec<String> {
    route(extra).expect_err("a mistake")
}

#[test]
fn the_smallest_configuration_has_safe_defaults() {
    let config = read(json!({"routes": [{"path": "/api/*", "origin": "https://api.example.com"}]})).unwrap();
    assert_eq!(config.tokens.policy, TokenPolicy::for_issuer("https://clerk.example.com"));
    assert_eq!(config.tokens.policy.clock_skew_seconds, 5);
    assert_eq!(
        config.tokens.keys,
        KeySource::KeySet { url: "https://clerk.example.com/.well-known/jwks.json".into(), bearer: None }
    );
    let route = &config.routes[0];
    assert_eq!((route.access, route.forward_token, route.timeout_seconds), (Access::Required, false, 30));
    assert_eq!((&route.require, route.methods), (&None, crate::method::MethodSet::ALL));
}

#[test]
fn every_key_is_read() {
    let config = read(json!({
        "authorized_parties": ["https://app.example.com", "https://*.preview.example.com"],
        "missing_azp": "reject", "audience": ["https://api.example.com"], "clock_skew_seconds": 0, "algorithms": ["RS256", "RS512"],
        "forward_token": true, "timeout_seconds": 7, "case_sensitive": true, "keys_from": "frontend-api",
        "cors": {
            "origins": ["https://app.example.com"], "credentials": true, "max_age_seconds": 0,
            "allow_headers": ["X-A", "x-b"], "expose_headers": [],
        },
        "routes": [
            {"path": "/a/*", "methods": ["GET", "POST"], "service": "ORDERS", "timeout_seconds": 9, "forward_token": false, "allow_in_path": ["%2F", ";"]},
            {"path": "/b", "origin": "zone", "access": "public", "cors": false},
            {"path": "/c", "serve": "whoami", "access": "optional", "cors": {"origins": ["*"]}},
            {"path": "/v1/d/*", "origin": "https://d.example.com:8443/base/", "strip_prefix": "/v1"},
        ],
    })).unwrap();
    assert_eq!(config.tokens.policy.missing_azp, MissingAzp::Reject);
    assert_eq!(config.tokens.policy.algorithms, [Algorithm::Rs256, Algorithm::Rs512]);
    assert_eq!(
        (
            config.tokens.policy.audience.len(),
            config.tokens.policy.clock_skew_seconds,
            config.tokens.policy.authorized_parties.len()
        ),
        (1, 0, 2)
    );
    let targets: Vec<_> = config.routes.iter().map(|route| route.target.clone()).collect();
    let origin = Origin { base: "https://d.example.com:8443".into(), path: "/base".into() };
    assert_eq!(
        targets,
        [Target::Service("ORDERS".into()), Target::Zone, Target::Serve("whoami".into()), Target::Origin(origin)]
    );
    assert_eq!((config.routes[0].timeout_seconds, config.routes[0].forward_token), (9, false));
    assert_eq!((config.routes[1].timeout_seconds, config.routes[1].forward_token), (7, true));
    assert_eq!(config.routes[0].allow_in_path.len(), 2);
    let patterns = vec![OriginPattern::parse("https://app.example.com").unwrap()];
    let listed = Origins::Listed { patterns, credentials: true };
    let whole = CorsPolicy::new(listed, 0, &["x-a".to_owned(), "x-b".to_owned()], &[]);
    let own = CorsPolicy::new(
        Origins::Any,
        600,
        &ALLOW_HEADERS.map(str::to_owned),
        &["retry-after", "www-authenticate", "x-request-id"].map(str::to_owned),
    );
    let policies: Vec<_> = config.routes.iter().map(|route| route.cors.as_deref()).collect();
    assert_eq!(policies, [Some(&whole), None, Some(&own), Some(&whole)]);
    assert_eq!(config.cors.as_deref(), Some(&whole));
    assert_eq!(config.routes[3].strip_prefix.as_ref().map(CanonicalPathText::text), Some("/v1".to_owned()));
}

trait CanonicalPathText {
    fn text(&self) -> String;
}

impl CanonicalPathText for crate::path::CanonicalPath {
    fn text(&self) -> String {
        self.to_string()
    }
}

#[test]
fn several_conditions_are_all_of_them() {
    let require = route(json!({"require": {
        "role": "org:admin", "reverification": "strict",
        "any": [{"permission": "org:billing:manage"}, {"all": [{"plan": "o:pro"}, {"feature": "o:billing"}]}],
        "claim": "metadata.role", "in": ["admin", "owner"],
    }}))
    .unwrap()
    .require
    .unwrap();
    let claim =
        ClaimRequirement { path: vec!["metadata".into(), "role".into()], values: vec![json!("admin"), json!("owner")] };
    assert_eq!(
        require,
        Requirement::All(vec![
            Requirement::Role("org:admin".into()),
            Requirement::Reverification(Reverification::preset("strict").unwrap()),
            Requirement::Claim(claim),
            Requirement::Any(vec![
                Requirement::Permission("org:billing:manage".into()),
                Requirement::All(vec![Requirement::Plan("o:pro".into()), Requirement::Feature("o:billing".into())]),
            ]),
        ])
    );
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let found = read_with(json!({
        "CLERK_PUBLISHABLE_KEY": "pk_test_x",
        "CLERK_SECRET_KEY": "wrong",
        "GATEWAY": {
            "missing_azp": "maybe", "clock_skew_seconds": 301, "autorized_parties": [],
            "routes": [
                {"path": "/a", "origin": "http://api.example.com"},
                {"path": "/a/", "origin": "zone", "serve": "whoami"},
                {"origin": "zone", "acces": "public"},
                7,
            ],
        },
    }))
    .unwrap_err();
    let expected = [
        "GATEWAY.missing_azp: expected one of accept, same-origin, reject",
        "GATEWAY.clock_skew_seconds: expected a whole number from 0 to 300",
        "CLERK_PUBLISHABLE_KEY: is not a whole publishable key",
        "CLERK_SECRET_KEY: expected a secret key",
        "GATEWAY.routes[0].origin: expected zone or an address",
        "GATEWAY.routes[1]: expected exactly one of origin, service and serve",
        "GATEWAY.routes[2].path: missing",
        "GATEWAY.routes[2].acces: unknown key; expected one of access,",
        "GATEWAY.routes[3]: expected a table",
        "GATEWAY.autorized_parties: unknown key; expected one of algorithms, audience, authorized_parties",
    ];
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found:?} does not start with {expected:?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn every_mistake_on_a_route_names_its_place() {
    for (extra, expected) in [
        (json!({"path": "api"}), "routes[0].path: expected a path"),
        (json!({"path": 7}), "routes[0].path: expected a text"),
        (json!({"path": "/a*b"}), "routes[0].path: expected a *"),
        (json!({"methods": ["get"]}), "routes[0].methods[0]: expected one of GET"),
        (json!({"methods": []}), "routes[0].methods: expected at least one"),
        (json!({"access": "open"}), "routes[0].access: expected one of public, optional, required"),
        (json!({"access": "public", "require": {"role": "admin"}}), "routes[0].require: expected only on a route"),
        (json!({"access": "optional", "require": {"role": "admin"}}), "routes[0].require: expected only on a route"),
        (json!({"origin": null}), "routes[0]: expected exactly one"),
        (json!({"origin": "ftp://x.y"}), "routes[0].origin: expected zone"),
        (json!({"origin": "https://u:p@x.y"}), "routes[0].origin: expected zone"),
        (json!({"origin": "https://x.y/../z"}), "routes[0].origin: expected zone"),
        (json!({"origin": "https://x.y?a=b"}), "routes[0].origin: expected zone"),
        (json!({"origin": null, "service": "NONE"}), "routes[0].service: expected the name of a service binding"),
        (json!({"origin": null, "serve": "nothing"}), "routes[0].serve: expected one of whoami, health"),
        (json!({"strip_prefix": "/other"}), "routes[0].strip_prefix: expected the first segments"),
        (json!({"strip_prefix": "/ap"}), "routes[0].strip_prefix: expected the first segments"),
        (
            json!({"path": "/:tenant/api/*", "strip_prefix": "/:tenant"}),
            "routes[0].strip_prefix: expected the first segments",
        ),
        (json!({"origin": "https://:443"}), "routes[0].origin: expected zone or an address"),
        (
            json!({"origin": null, "serve": "whoami", "strip_prefix": "/api"}),
            "routes[0].strip_prefix: expected only on a route that forwards",
        ),
        (json!({"allow_in_path": ["%00"]}), "routes[0].allow_in_path[0]: expected one of %2F"),
        (json!({"timeout_seconds": 0}), "routes[0].timeout_seconds: expected a whole number from 1 to 600"),
        (json!({"forward_token": "yes"}), "routes[0].forward_token: expected true or false"),
        (json!({"webhook": "svix"}), "routes[0].webhook: expected one of clerk"),
        (json!({"webhook": "clerk", "access": "public"}), "routes[0].access: expected only on a route without webhook"),
        (
            json!({"webhook": "clerk", "require": {"role": "admin"}}),
            "routes[0].require: expected only on a route without",
        ),
        (
            json!({"webhook": "clerk", "forward_token": false}),
            "routes[0].forward_token: expected only on a route without",
        ),
        (
            json!({"webhook": "clerk", "strip_prefix": "/api"}),
            "routes[0].strip_prefix: expected only on a route without",
        ),
        (json!({"webhook": "clerk", "methods": ["POST", "PUT"]}), "routes[0].methods: expected POST alone"),
        (json!({"webhook": "clerk", "methods": "POST"}), "routes[0].methods: expected POST alone"),
        (
            json!({"webhook": "clerk", "origin": null, "serve": "whoami"}),
            "routes[0].webhook: expected only on a route that",
        ),
        (json!({"webhook": "clerk", "cors": false}), "routes[0].cors: expected only on a route without webhook"),
        (json!({"cors": true}), "routes[0].cors: expected a table, or false for none"),
        (json!({"cors": {}}), "routes[0].cors.origins: missing"),
        (json!({"cors": {"origins": []}}), "routes[0].cors.origins: expected at least one origin"),
        (json!({"cors": {"origins": "*"}}), "routes[0].cors.origins: expected a list of texts"),
        (json!({"cors": {"origins": ["null"]}}), "routes[0].cors.origins[0]: expected an origin such as"),
        (json!({"cors": {"origins": ["https://*"]}}), "routes[0].cors.origins[0]: expected an origin such as"),
        (json!({"cors": {"origins": ["https://a.b", "*"]}}), "routes[0].cors.origins: expected * alone"),
        (
            json!({"cors": {"origins": ["*"], "credentials": true}}),
            "routes[0].cors.origins: expected origins by name, since with credentials any page",
        ),
        (
            json!({"cors": {"origins": ["*"], "max_age_seconds": 86_401}}),
            "routes[0].cors.max_age_seconds: expected a whole number from 0 to 86400",
        ),
        (
            json!({"cors": {"origins": ["*"], "allow_headers": ["*"]}}),
            "routes[0].cors.allow_headers[0]: expected the name of a header",
        ),
        (
            json!({"cors": {"origins": ["*"], "expose_headers": ["x-a: b"]}}),
            "routes[0].cors.expose_headers[0]: expected the name of a header",
        ),
        (json!({"cors": {"origins": ["*"], "methods": []}}), "routes[0].cors.methods: unknown key"),
        (
            json!({"webhook": "clerk", "limit": {"requests": 100, "per_seconds": 60, "by": "ip"}}),
            "routes[0].limit: expected only on a route without webhook",
        ),
        (json!({"limit": 100}), "routes[0].limit: expected a table"),
        (json!({"limit": {"per_seconds": 60, "by": "user"}}), "routes[0].limit.requests: missing"),
        (json!({"limit": {"requests": 100, "by": "user"}}), "routes[0].limit.per_seconds: missing"),
        (json!({"limit": {"requests": 100, "per_seconds": 60}}), "routes[0].limit.by: missing"),
        (
            json!({"limit": {"requests": 0, "per_seconds": 60, "by": "user"}}),
            "routes[0].limit.requests: expected a whole number from 1 to 1000000",
        ),
        (
            json!({"limit": {"requests": 100, "per_seconds": 30, "by": "user"}}),
            "routes[0].limit.per_seconds: expected 10 or 60",
        ),
        (
            json!({"limit": {"requests": 100, "per_seconds": 60, "by": "session"}}),
            "routes[0].limit.by: expected one of user, org, ip",
        ),
        (
            json!({"limit": {"requests": 100, "per_seconds": 60, "by": "user", "burst": 1}}),
            "routes[0].limit.burst: unknown key",
        ),
        (
            json!({"access": "public", "limit": {"requests": 100, "per_seconds": 60, "by": "org"}}),
            "routes[0].limit.by: expected ip on a public route",
        ),
        (json!({"require": {}}), "routes[0].require: expected at least one condition"),
        (json!({"require": {"not": {"role": "x"}}}), "routes[0].require.not: unknown key"),
        (json!({"require": {"role": ""}}), "routes[0].require.role: expected a name"),
        (json!({"require": {"role": "org:"}}), "routes[0].require.role: expected a name"),
        (json!({"require": {"any": []}}), "routes[0].require.any: expected a list of conditions, not empty"),
        (json!({"require": {"any": [{"rol": "x"}]}}), "routes[0].require.any[0].rol: unknown key"),
        (json!({"require": {"claim": "a"}}), "routes[0].require: expected either equals or in"),
        (json!({"require": {"claim": "a", "equals": 1, "in": [1]}}), "routes[0].require: expected either equals or in"),
        (json!({"require": {"equals": 1}}), "routes[0].require: expected claim"),
        (json!({"require": {"claim": "a..b", "equals": 1}}), "routes[0].require.claim: expected the names"),
        (json!({"require": {"claim": "a", "equals": {}}}), "routes[0].require.equals: expected a text"),
        (json!({"require": {"claim": "a", "in": []}}), "routes[0].require.in: expected a list"),
        (json!({"require": {"reverification": "very"}}), "routes[0].require.reverification: expected strict_mfa"),
        (
            json!({"require": {"reverification": {"level": "x", "after_minutes": 1}}}),
            "routes[0].require.reverification.level: expected one of first_factor",
        ),
        (
            json!({"require": {"reverification": {"level": "first_factor"}}}),
            "routes[0].require.reverification.after_minutes: missing",
        ),
        (json!({"require": {"organization": false}}), "routes[0].require.organization: expected true, or the id"),
        (json!({"require": {"organization": "acme"}}), "routes[0].require.organization: expected true, or the id"),
        (json!({"require": {"organization": "org_"}}), "routes[0].require.organization: expected true, or the id"),
    ] {
        let found = mistakes(extra.clone());
        assert!(found[0].starts_with(&format!("GATEWAY.{expected}")), "{extra}: {found:?}");
    }
}

#[test]
fn a_limit_without_its_binding_says_what_to_add() {
    let limit = |requests: u32| json!({"limit": {"requests": requests, "per_seconds": 60, "by": "user"}});
    assert_eq!(route(limit(100)).unwrap().limit, Some(RateLimit::new(100, 60, CountBy::User)));
    assert_eq!(
        mistakes(limit(20)),
        ["GATEWAY.routes[0].limit: expected the binding that counts; add to wrangler.toml:\n[[ratelimits]]\n\
          name = \"RATE_LIMIT_20_PER_60\"\nnamespace_id = \"2060\" # a number that no other limit of your account has\nsimple = { limit = 20, period = 60 }"]
    );
    assert_eq!(route(json!({})).unwrap().limit, None);
}

#[test]
fn a_requirement_too_deep_is_a_mistake() {
    let mut require = json!({"role": "x"});
    for _ in 0..crate::limits::REQUIREMENT_DEPTH {
        require = json!({"all": [require]});
    }
    assert!(mistakes(json!({"require": require}))[0].contains("at most 16 levels"));
}

#[test]
fn routes_that_say_the_same_are_a_mistake() {
    let routes =
        |second: &str| json!({"routes": [{"path": "/a/:x", "origin": "zone"}, {"path": second, "origin": "zone"}]});
    assert_eq!(read(routes("/a/:y")).unwrap_err(), ["GATEWAY.routes[1].path: says the same as routes[0]"]);
    assert!(read(routes("/A/:y")).unwrap_err()[0].contains("by upper and lower case alone"));
    assert!(read(routes("/a/b")).is_ok());
}

#[test]
fn keys_come_from_the_pem_the_frontend_or_the_backend_api() {
    let key = publishable_key(InstanceKind::Production, "clerk.example.com");
    let routes = json!([{"path": "/", "origin": "zone"}]);
    let backend = json!({"keys_from": "backend-api", "routes": routes});
    let config =
        read_with(json!({"CLERK_PUBLISHABLE_KEY": key, "CLERK_SECRET_KEY": "sk_test_1", "GATEWAY": backend})).unwrap();
    assert_eq!(
        config.tokens.keys,
        KeySource::KeySet { url: "https://api.clerk.com/v1/jwks".into(), bearer: Some("sk_test_1".into()) }
    );
    assert!(!format!("{:?}", config.tokens.keys).contains("sk_test_1"));
    let missing = read_with(json!({"CLERK_PUBLISHABLE_KEY": key, "GATEWAY": backend})).unwrap_err();
    assert!(missing[0].starts_with("CLERK_SECRET_KEY: missing"), "{missing:?}");
    let config = read_with(json!({"CLERK_PUBLISHABLE_KEY": key, "CLERK_SECRET_KEY": "sk_test_1", "CLERK_API_URL": "http://127.0.0.1:9", "GATEWAY": backend})).unwrap();
    assert_eq!(
        config.tokens.keys,
        KeySource::KeySet { url: "http://127.0.0.1:9/v1/jwks".into(), bearer: Some("sk_test_1".into()) }
    );
    for (variables, expected) in [
        (json!({"GATEWAY": {"routes": routes}}), "CLERK_PUBLISHABLE_KEY: missing"),
        (json!({"CLERK_ISSUER": "https://clerk.example.com", "GATEWAY": {"routes": routes}}), "CLERK_JWT_KEY: missing"),
        (
            json!({"CLERK_ISSUER": "clerk.example.com", "CLERK_JWT_KEY": "x", "GATEWAY": {"routes": routes}}),
            "CLERK_ISSUER: expected an https address",
        ),
        (
            json!({"CLERK_PUBLISHABLE_KEY": key, "CLERK_JWT_KEY": "-----BEGIN PRIVATE KEY-----", "GATEWAY": {"routes": routes}}),
            "CLERK_JWT_KEY: is a private key",
        ),
        (
            json!({"CLERK_PUBLISHABLE_KEY": key, "CLERK_PROXY_URL": "ftp://x", "GATEWAY": {"routes": routes}}),
            "CLERK_PROXY_URL: expected an https address",
        ),
        (json!({"CLERK_PUBLISHABLE_KEY": key}), "GATEWAY: missing"),
        (json!({"CLERK_PUBLISHABLE_KEY": key, "GATEWAY": []}), "GATEWAY: expected a table"),
        (json!({"CLERK_PUBLISHABLE_KEY": key, "GATEWAY": {}}), "GATEWAY.routes: missing"),
        (json!({"CLERK_PUBLISHABLE_KEY": key, "GATEWAY": {"routes": {}}}), "GATEWAY.routes: expected a list"),
    ] {
        let found = read_with(variables.clone()).unwrap_err();
        assert!(found[0].starts_with(expected), "{variables}: {found:?}");
    }
}

#[test]
fn a_proxy_or_satellite_moves_the_key_set() {
    let key = publishable_key(InstanceKind::Production, "clerk.example.com");
    let gateway = json!({"routes": [{"path": "/", "origin": "zone"}]});
    let url = |extra: Value| {
        let mut variables = json!({"CLERK_PUBLISHABLE_KEY": key, "GATEWAY": gateway});
        for (name, value) in extra.as_object().unwrap() {
            variables[name] = value.clone();
        }
        match read_with(variables).unwrap().tokens.keys {
            KeySource::KeySet { url, .. } => url,
            KeySource::Given(_) | KeySource::GivenSet(_) => panic!("a given key"),
        }
    };
    assert_eq!(
        url(json!({"CLERK_PROXY_URL": "https://example.com/__clerk"})),
        "https://example.com/__clerk/.well-known/jwks.json"
    );
    assert_eq!(
        url(json!({"CLERK_DOMAIN": "sat.org", "CLERK_IS_SATELLITE": "true"})),
        "https://clerk.sat.org/.well-known/jwks.json"
    );
    assert_eq!(url(json!({"CLERK_DOMAIN": "sat.org"})), "https://clerk.example.com/.well-known/jwks.json");
}

#[test]
fn a_webhook_route_takes_post_alone_leads_to_its_very_address_and_asks_for_a_secret() {
    let key = publishable_key(InstanceKind::Production, "clerk.example.com");
    let read = |secrets: Value, origin: &str| {
        let routes = json!([{"path": "/webhooks/clerk", "webhook": "clerk", "origin": origin}]);
        let mut variables = json!({"CLERK_PUBLISHABLE_KEY": key, "GATEWAY": {"forward_token": true, "routes": routes}});
        for (name, secret) in secrets.as_object().unwrap() {
            variables[name] = secret.clone();
        }
        read_with(variables)
    };
    let config = read(json!({"CLERK_WEBHOOK_SIGNING_SECRET": "whsec_YWJj YWJk"}), "https://a.example/b/").unwrap();
    let route = &config.routes[0];
    assert_eq!((route.access, route.methods.allow(), route.forward_token), (Access::Webhook, "POST".to_owned(), false));
    assert_eq!(route.target, Target::Origin(Origin { base: "https://a.example".into(), path: "/b/".into() }));
    assert!(!format!("{config:?}").contains("YWJ") && format!("{config:?}").contains("2 redacted"));
    assert!(read(json!({"CLERK_WEBHOOK_SECRET": "whsec_YWJj"}), "zone").is_ok());
    for (secrets, expected) in [
        (json!({}), "CLERK_WEBHOOK_SIGNING_SECRET: missing; a route with webhook asks for"),
        (json!({"CLERK_WEBHOOK_SIGNING_SECRET": ""}), "CLERK_WEBHOOK_SIGNING_SECRET: missing"),
        (json!({"CLERK_WEBHOOK_SIGNING_SECRET": "whsec_"}), "CLERK_WEBHOOK_SIGNING_SECRET: expected one or more"),
        (
            json!({"CLERK_WEBHOOK_SIGNING_SECRET": "whsec_!", "CLERK_WEBHOOK_SECRET": "whsec_YWJj"}),
            "CLERK_WEBHOOK_SIGNING_SECRET: expected one or more",
        ),
        (json!({"CLERK_WEBHOOK_SECRET": "whsec_YWJj !"}), "CLERK_WEBHOOK_SECRET: expected one or more"),
    ] {
        let found = read(secrets.clone(), "zone").unwrap_err();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(expected), "{secrets}: {found:?}");
    }
}

#[test]
fn a_targets_address_is_written_as_its_origin_is() {
    for (address, base) in [
        ("https://API.Example.com:443/Base/", "https://api.example.com"),
        ("https://api.example.com:8443/Base", "https://api.example.com:8443"),
        ("http://localhost:80/Base", "http://localhost"),
        ("http://127.0.0.1:443/Base", "http://127.0.0.1:443"),
    ] {
        assert_eq!(Origin::parse(address), Some(Origin { base: base.into(), path: "/Base".into() }), "{address}");
    }
}

#[test]
fn sockets_and_streams_are_configured_where_something_is_forwarded() {
    let streams = |extra: Value| route(extra).unwrap().streams;
    assert_eq!(streams(json!({})), Streams { websocket: false, outlives_token: false });
    assert_eq!(
        streams(json!({"websocket": true, "outlives_token": true, "methods": ["GET"]})),
        Streams { websocket: true, outlives_token: true }
    );
    let forwards = |key: &str| format!("GATEWAY.routes[0].{key}: expected only on a route that forwards");
    let serve = json!({"origin": null, "serve": "whoami", "websocket": true, "outlives_token": false});
    assert_eq!(mistakes(serve), [forwards("websocket"), forwards("outlives_token")]);
    assert_eq!(
        mistakes(json!({"websocket": true, "methods": ["POST"]})),
        ["GATEWAY.routes[0].websocket: expected only on a route that takes GET, the method of a handshake"]
    );
    assert_eq!(mistakes(json!({"websocket": "yes"})), ["GATEWAY.routes[0].websocket: expected true or false"]);
}

#[test]
fn the_grace_of_streams_is_bounded() {
    let grace = |seconds: Value| {
        let routes = json!([{"path": "/", "origin": "https://api.example.com"}]);
        read(json!({"stream_grace_seconds": seconds, "routes": routes})).map(|config| config.stream_grace_seconds)
    };
    assert_eq!((grace(json!(0)), grace(json!(300))), (Ok(0), Ok(300)));
    assert_eq!(
        grace(json!(301)),
        Err(vec!["GATEWAY.stream_grace_seconds: expected a whole number from 0 to 300".to_owned()])
    );
}
