use std::path::Path;

use super::*;
use crate::config::{Config, Environment as _};
use crate::gateway::BUILT_IN_HANDLERS;

const TEXT: &str = r#"name = "gateway"
compatibility_flags = ["enable_request_signal"]

[vars]
CLERK_PUBLISHABLE_KEY = "pk_test_Y2xlcmsuY2xlcmsuZGV2JA"
NUMBERS = { hex = 0xff, big = 1_000, half = 0.5, none = nan, day = 2026-11-24 }
JSON = '{"a": [1]}'

[vars.GATEWAY]
authorized_parties = ["https://app.example.com", "app"]

[[vars.GATEWAY.routes]]
path = "/a/*"
service = "API"

[[vars.GATEWAY.routes]]
path = "/b"
"dotted.key" = 1
require = { any = [{ role = "org:admin" }, { rolle = "x" }] }
origin = "zone"

[[services]]
binding = "API"
service = "api"

[env.staging.vars]
CLERK_PUBLISHABLE_KEY = "pk_test_no"

[env.empty]
"#;

fn wrangler(environment: Option<&str>) -> Wrangler {
    Wrangler::parse(Path::new("wrangler.toml"), TEXT.to_owned(), environment).unwrap()
}

fn environment(environment: Option<&str>, secrets: &str) -> WranglerEnvironment {
    let mut found = Secrets::default();
    found.add(Path::new(".dev.vars"), secrets);
    WranglerEnvironment::new(wrangler(environment), found)
}

/// The mistakes of a configuration as `file:line: place`.
fn mistakes(environment: &WranglerEnvironment) -> Vec<String> {
    let found = Config::read(environment, &BUILT_IN_HANDLERS).unwrap_err();
    found.iter().map(|mistake| format!("{}: {}", environment.find(&mistake.place), mistake.place)).collect()
}

#[test]
fn every_mistake_has_its_line() {
    assert_eq!(
        mistakes(&environment(None, "")),
        [
            "wrangler.toml:10: GATEWAY.authorized_parties[1]",
            "wrangler.toml:19: GATEWAY.routes[1].require.any[1].rolle",
            "wrangler.toml:18: GATEWAY.routes[1].dotted.key",
        ]
    );
}

#[test]
fn what_is_missing_belongs_to_the_nearest_table() {
    let staging = mistakes(&environment(Some("staging"), ""));
    let expected = ["26: GATEWAY", "26: GATEWAY.routes", "27: CLERK_PUBLISHABLE_KEY"];
    assert!(
        expected.map(|place| format!("wrangler.toml:{place}")).iter().all(|place| staging.contains(place)),
        "{staging:?}"
    );
    assert_eq!(mistakes(&environment(Some("empty"), ""))[0], "wrangler.toml:29: GATEWAY");
    assert_eq!(wrangler(None).find("GATEWAY.routes[0].origin").unwrap().line, 12);
    assert_eq!(wrangler(None).find("GATEWAY.routes[7].origin").unwrap().line, 12);
    assert_eq!(wrangler(None).find("CLERK_JWT_KEY"), None);
}

#[test]
fn the_longest_key_that_fits_a_place_counts() {
    let text = "[vars]\nA = { b = 1 }\n'A.b' = 2\n";
    let wrangler = Wrangler::parse(Path::new("w.toml"), text.to_owned(), None).unwrap();
    assert_eq!(["A", "A.b", "A.c", "A.b.c"].map(|place| wrangler.find(place).unwrap().line), [2, 3, 2, 3]);
}

#[test]
fn a_variable_is_text_or_json_as_wrangler_hands_it_over() {
    let environment = environment(None, "");
    assert_eq!(environment.text("CLERK_PUBLISHABLE_KEY").as_deref(), Some("pk_test_Y2xlcmsuY2xlcmsuZGV2JA"));
    assert_eq!(environment.text("NUMBERS"), None);
    let numbers = serde_json::json!({"hex": 255, "big": 1000, "half": 0.5, "none": null, "day": "2026-11-24"});
    assert_eq!(environment.json("NUMBERS"), Some(numbers));
    assert_eq!(environment.json("JSON"), Some(serde_json::json!({"a": [1]})));
    assert_eq!(environment.json("CLERK_PUBLISHABLE_KEY"), Some("pk_test_Y2xlcmsuY2xlcmsuZGV2JA".into()));
    assert_eq!(environment.json("GATEWAY").unwrap()["routes"][0]["service"], "API");
}

#[test]
fn an_environment_inherits_flags_and_neither_variables_nor_bindings() {
    let staging = environment(Some("staging"), "");
    assert_eq!(staging.json("GATEWAY"), None);
    assert!(!staging.has_service("API") && environment(None, "").has_service("API"));
    assert!(staging.wrangler.inherited("compatibility_flags").is_some());
    assert_eq!(staging.wrangler.environments(), ["empty", "staging"]);
    let missing = Wrangler::parse(Path::new("w.toml"), TEXT.to_owned(), Some("prod")).unwrap_err();
    assert_eq!(missing.to_string(), "there is no [env.prod] in w.toml; it has empty, staging");
}

#[test]
fn a_secret_stands_in_the_place_of_a_variable_and_keeps_its_own() {
    let environment = environment(None, "\nCLERK_PUBLISHABLE_KEY=sk_test_1\n");
    assert_eq!(environment.text("CLERK_PUBLISHABLE_KEY").as_deref(), Some("sk_test_1"));
    assert!(mistakes(&environment).contains(&".dev.vars:2: CLERK_PUBLISHABLE_KEY".to_owned()));
    assert!(!format!("{environment:?}").contains("sk_test_1"));
}

#[test]
fn secrets_are_read_as_wrangler_reads_them() {
    let mut secrets = Secrets::default();
    let text = "# c\nPLAIN=a b # c\n export QUOTED = \"a\\nb # c\" # d\r\nSINGLE='a\\nb'\nTICKS=`a'\"b`\nCOLON: x\nEMPTY=\n\
                PEM=\"-----BEGIN\nline=2\n-----END\"\nhalf line\nHALF=\"a\" b\nLAST=1\nLAST=2";
    secrets.add(Path::new("f"), text);
    for (name, value, line) in [
        ("PLAIN", "a b", 2),
        ("QUOTED", "a\nb # c", 3),
        ("SINGLE", "a\\nb", 4),
        ("TICKS", "a'\"b", 5),
        ("COLON", "x", 6),
        ("EMPTY", "", 7),
        ("PEM", "-----BEGIN\nline=2\n-----END", 8),
        ("HALF", "\"a\" b", 12),
        ("LAST", "2", 14),
    ] {
        assert_eq!((secrets.get(name), secrets.place(name).unwrap().line), (Some(value), line), "{name}");
    }
    assert_eq!(secrets.get("line"), None);
}

#[test]
fn declared_secrets_are_the_only_ones() {
    let text = "[vars]\nA = '1'\n[secrets]\nrequired = ['B']\n";
    let mut secrets = Secrets::default();
    secrets.add(Path::new(".dev.vars"), "A=2\nB=3\nC=4");
    let wrangler = Wrangler::parse(Path::new("w.toml"), text.to_owned(), None).unwrap();
    let environment = WranglerEnvironment::new(wrangler, secrets);
    let text = |name| environment.text(name);
    assert_eq!((text("A").as_deref(), text("B").as_deref(), text("C")), (Some("2"), Some("3"), None));
    assert_eq!(environment.declared_secrets(), ["B"]);
}

#[test]
fn what_is_no_toml_is_told_whole() {
    let error = Wrangler::parse(Path::new("w.toml"), "a = \n[x]\nb = 1\nb = 2\n".to_owned(), None).unwrap_err();
    let WranglerError::Syntax(complaints) = error else { panic!("{error}") };
    let lines: Vec<usize> = complaints.iter().map(|(place, _)| place.line).collect();
    assert_eq!(lines, [1, 4], "{complaints:?}");
}

#[test]
fn rate_limits_are_found_under_both_of_their_names() {
    let text = "[[ratelimits]]\nname = 'A'\n[[unsafe.bindings]]\nname = 'B'\ntype = 'ratelimit'\n[[unsafe.bindings]]\nname = 'C'\ntype = 'x'";
    let wrangler = Wrangler::parse(Path::new("w.toml"), text.to_owned(), None).unwrap();
    let environment = WranglerEnvironment::new(wrangler, Secrets::default());
    assert_eq!(["A", "B", "C"].map(|name| environment.has_rate_limit(name)), [true, true, false]);
}

#[test]
fn json_with_comments_is_read_as_toml_is_with_its_lines() {
    let text = r#"{
  // wrangler's own schema
  "$schema": "node_modules/wrangler/config-schema.json",
  "vars": {
    "CLERK_PUBLISHABLE_KEY": "pk_test_Y2xlcmsuY2xlcmsuZGV2JA",
    "GATEWAY": { /* the routes */ "routes": [
      { "path": "/a", "origin": "zone", "timeout_seconds": 1.5 },
      { "path": "/b", "requires": {}, "origin": "zone" },
    ] },
  },
  "env": { "staging": { "vars": { "A": "\u0062" } } },
  "kv_namespaces": [{ "binding": "JWKS", "id": "x" }],
}"#;
    for path in ["wrangler.jsonc", "wrangler.json", "/dev/fd/63"] {
        let wrangler = Wrangler::parse(Path::new(path), text.to_owned(), None).unwrap();
        assert_eq!(wrangler.find("GATEWAY.routes[1].requires").unwrap().line, 8);
        assert_eq!(wrangler.vars().unwrap().get("GATEWAY").unwrap().to_json()["routes"][0]["timeout_seconds"], 1.5);
        assert_eq!(
            (wrangler.bindings("kv_namespaces", "binding"), wrangler.environments()),
            (vec!["JWKS"], vec!["staging"])
        );
        let staging = Wrangler::parse(Path::new(path), text.to_owned(), Some("staging")).unwrap();
        assert_eq!(staging.vars().unwrap().get("A").unwrap().as_str(), Some("b"));
    }
}

#[test]
fn json_is_as_strict_as_wrangler_takes_it_and_names_the_line() {
    let deep = "[".repeat(100_000);
    let deep = format!("{{\"vars\": {deep}");
    for (text, line) in [
        ("", 1),
        ("[]", 1),
        ("{\n'name': 1}", 2),
        ("{\nname: 1}", 2),
        ("{\n\"a\": 1\n\"b\": 2}", 2),
        ("{\n\"a\": 0x1}", 2),
        ("{\n\"a\": 1,\n\"a\": 2}", 3),
        ("{\n\"a\": {\"b\": 1,\n\"b\": 2}}", 3),
        ("{\"a\": 1}\n{}", 2),
        ("{\n\"a\": \"", 2),
        (deep.as_str(), 1),
    ] {
        let refused = Wrangler::parse(Path::new("wrangler.jsonc"), text.to_owned(), None).map(|_| ());
        let Err(WranglerError::Syntax(complaints)) = refused else { panic!("{text}") };
        assert_eq!(complaints.first().unwrap().0.line, line, "{text} {}", complaints.first().unwrap().1);
    }
}

#[test]
fn a_byte_order_mark_is_no_mistake_and_moves_no_line() {
    for (path, text) in [("w.jsonc", "\u{feff}{\n\"vars\":\n{\n\"A\":1}}"), ("w.toml", "\u{feff}\n\n[vars]\nA = 1")] {
        let wrangler = Wrangler::parse(Path::new(path), text.to_owned(), None).unwrap();
        assert_eq!(wrangler.find("A").unwrap().line, 4, "{path}");
    }
}
