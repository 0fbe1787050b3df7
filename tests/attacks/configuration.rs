//! A configuration that is wrong lets nothing through. (Attack 51; the built Worker answers 503, see there.)

use serde_json::{Value, json};

use super::ORIGIN;
use super::support::request::config;

/// Configurations that are wrong in one way each.
fn corrupt() -> Vec<(&'static str, Value)> {
    let route = |extra: Value| {
        let mut route = json!({"path": "/api/*", "origin": ORIGIN});
        for (name, value) in extra.as_object().unwrap() {
            route[name] = value.clone();
        }
        json!({"routes": [route]})
    };
    vec![
        ("no routes", json!({})),
        ("routes that are no list", json!({"routes": {"path": "/"}})),
        ("an unknown key", json!({"routes": [], "allow_all": true})),
        ("a misspelt access", route(json!({"access": "Public"}))),
        ("access of the wrong kind", route(json!({"access": true}))),
        ("a misspelt requirement", route(json!({"require": {"roles": "org:admin"}}))),
        ("an empty requirement", route(json!({"require": {}}))),
        ("a requirement that is null", route(json!({"require": null}))),
        ("a requirement on a public route", route(json!({"access": "public", "require": {"role": "org:admin"}}))),
        ("an any of nothing", route(json!({"require": {"any": []}}))),
        ("no method", route(json!({"methods": []}))),
        ("a method of the wrong case", route(json!({"methods": ["get"]}))),
        ("two targets", route(json!({"serve": "whoami"}))),
        ("a target without TLS", route(json!({"origin": "http://origin.example.com"}))),
        ("a pattern that is an expression", route(json!({"path": "/api(.*)"}))),
        ("a pattern with a dot segment", route(json!({"path": "/api/../admin"}))),
        ("an unknown special spelling", route(json!({"allow_in_path": ["%2e"]}))),
        ("a prefix of another route", route(json!({"strip_prefix": "/admin"}))),
        (
            "the same route twice",
            json!({"routes": [{"path": "/a", "origin": ORIGIN}, {"path": "/a/", "access": "public", "origin": ORIGIN}]}),
        ),
        (
            "two routes but for case",
            json!({"routes": [{"path": "/a", "origin": ORIGIN}, {"path": "/A", "access": "public", "origin": ORIGIN}]}),
        ),
        ("an unknown algorithm", json!({"algorithms": ["none"], "routes": [{"path": "/", "origin": ORIGIN}]})),
        ("a symmetric algorithm", json!({"algorithms": ["HS256"], "routes": [{"path": "/", "origin": ORIGIN}]})),
        ("too large a skew", json!({"clock_skew_seconds": 86400, "routes": [{"path": "/", "origin": ORIGIN}]})),
        (
            "a party that is no origin",
            json!({"authorized_parties": ["*"], "routes": [{"path": "/", "origin": ORIGIN}]}),
        ),
    ]
}

#[test]
fn attack_51_no_gateway_comes_of_a_configuration_with_a_mistake() {
    assert!(config(json!({"routes": [{"path": "/api/*", "origin": ORIGIN}]})).is_ok());
    for (what, gateway) in corrupt() {
        let mistakes = config(gateway).err().unwrap_or_else(|| panic!("{what} is taken"));
        assert!(mistakes.iter().all(|mistake| !mistake.place.is_empty() && !mistake.text.is_empty()), "{what}");
    }
}
