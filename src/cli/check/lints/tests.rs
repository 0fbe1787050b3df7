use std::path::Path;

use super::*;
use crate::cli::wrangler::{Secrets, Wrangler};
use crate::gateway::BUILT_IN_HANDLERS;

/// A configuration that no lint has anything against.
const GOOD: &str = r#"compatibility_flags = ["enable_request_signal"]
[[kv_namespaces]]
binding = "JWKS"
[triggers]
crons = ["*/3 * * * *"]
[vars]
CLERK_PUBLISHABLE_KEY = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"
[vars.GATEWAY]
authorized_parties = ["https://app.example.com"]
[[vars.GATEWAY.routes]]
path = "/api/*"
origin = "https://api.example.com"
"#;

/// The findings of the lints that look at the configuration alone, as `line name subject`.
fn found_in(text: &str, environment: Option<&str>) -> Vec<String> {
    let wrangler = Wrangler::parse(Path::new("wrangler.toml"), text.to_owned(), environment).unwrap();
    let environment = WranglerEnvironment::new(wrangler, Secrets::default());
    let config = Config::read(&environment, &BUILT_IN_HANDLERS);
    assert!(config.is_ok(), "{text}\n{:?}", config.err());
    // A folder that is in no repository.
    let subject = Subject { environment: &environment, config: config.as_ref().ok(), folder: Path::new("/nowhere") };
    let line = |finding: Finding| format!("{} {} {}", finding.place.line, finding.name, finding.subject);
    all(&subject).into_iter().map(line).collect()
}

fn found(text: &str) -> Vec<String> {
    found_in(text, None)
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    assert_eq!(found(GOOD), Vec::<String>::new());
}

#[test]
fn a_cure_is_in_the_language_of_the_configuration() {
    let gateway = r#"{"GATEWAY": {"authorized_parties": ["https://app.example.com"], "routes": [{"path": "/a", "serve": "whoami"}]}}"#;
    let text =
        format!(r#"{{"vars": {{"CLERK_PUBLISHABLE_KEY": "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k", {}}}"#, &gateway[1..]);
    let wrangler = Wrangler::parse(Path::new("wrangler.jsonc"), text, None).unwrap();
    let environment = WranglerEnvironment::new(wrangler, Secrets::default());
    let subject = Subject { environment: &environment, config: None, folder: Path::new("/nowhere") };
    let cures: Vec<String> = all(&subject).into_iter().filter_map(|finding| finding.cure).collect();
    assert_eq!(cures.len(), 3, "{cures:?}");
    for cure in cures {
        let json = cure.split(" // ").next().unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&format!("{{{json}}}")).is_ok(), "{cure}");
    }
}

#[test]
fn each_lint_finds_what_it_is_about_and_nothing_else() {
    let route = |more: &str| format!("{GOOD}[[vars.GATEWAY.routes]]\n{more}\n");
    for (text, expected) in [
        (route("path = '/api/public/*'\naccess = 'public'\norigin = 'zone'"), "15 public-in-protected /api/public/*"),
        (
            GOOD.replace("authorized_parties = [\"https://app.example.com\"]", ""),
            "8 no-authorized-parties GATEWAY.authorized_parties",
        ),
        (
            GOOD.replace("[[vars.GATEWAY.routes]]", "missing_azp = 'accept'\n[[vars.GATEWAY.routes]]"),
            "10 missing-azp-accepted GATEWAY.missing_azp",
        ),
        (GOOD.replace("https://api.example.com", "http://127.0.0.1:8080"), "12 plain-http-origin /api/*"),
        (GOOD.replace("https://app.", "http://app."), "9 plain-http-page http://app.example.com"),
        (
            GOOD.replace("https://app.example.com", "http://localhost:3000"),
            "9 local-page-in-production http://localhost:3000",
        ),
        (
            GOOD.replace("[[vars", "cors = { origins = ['http://app.example.com'] }\n[[vars"),
            "10 plain-http-page http://app.example.com",
        ),
        (GOOD.replace("enable_request_signal", "nodejs_compat"), "1 no-request-signal compatibility_flags"),
        (GOOD.replace("JWKS", "KEYS"), "2 no-key-store kv_namespaces"),
        (GOOD.replace("[\"*/3 * * * *\"]", "[]"), "4 no-cron triggers"),
        (format!("{GOOD}[env.staging]\n"), "13 unchecked-environment env"),
    ] {
        assert_eq!(found(&text), [expected], "{text}");
    }
}

#[test]
fn what_is_beside_the_point_is_not_found() {
    let route = |more: &str| format!("{GOOD}[[vars.GATEWAY.routes]]\n{more}\norigin = 'zone'\n");
    for text in [
        route("path = '/apis/*'\naccess = 'public'"),
        route("path = '/public/*'\naccess = 'public'"),
        route("path = '/api/optional/*'\naccess = 'optional'"),
        GOOD.replace("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k", "pk_test_Y2xlcmsuY2xlcmsuZGV2JA")
            .replace("https://app.example.com", "http://localhost:3000"),
        GOOD.replace("[[vars", "missing_azp = 'reject'\n[[vars"),
    ] {
        assert_eq!(found(&text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_development_key_in_production_is_found_by_the_environments_name() {
    let text = |name: &str| {
        format!(
            "{}[[env.{name}.kv_namespaces]]\nbinding = 'JWKS'\n[env.{name}.vars]\nCLERK_PUBLISHABLE_KEY = 'pk_test_Y2xlcmsuY2xlcmsuZGV2JA'\n[env.{name}.vars.GATEWAY]\nauthorized_parties = ['https://a.example.com']\nroutes = [{{ path = '/', origin = 'zone' }}]",
            GOOD
        )
    };
    let expected = ["16 test-key-in-production CLERK_PUBLISHABLE_KEY"];
    assert_eq!(found_in(&text("production"), Some("production")), expected);
    assert_eq!(found_in(&text("staging"), Some("staging")), Vec::<String>::new());
}

#[test]
fn secrets_in_variables_are_found_in_every_environment_however_deep() {
    let secret = format!("sk_live_{}", "aB3dE5gH7jK9mN1pQ3sT5vX7");
    let deep = format!("{GOOD}[env.staging.vars]\nOTHER = {{ list = [{{ key = '{secret}' }}] }}\n");
    assert_eq!(found(&deep), ["13 unchecked-environment env", "14 secret-in-variable OTHER"]);
    let named =
        GOOD.replace("[vars.GATEWAY]", "ASSERTION_KEY = 'YSBrZXkgZm9yIHRoZSB0ZXN0cyBvZiBhc3NlcnRpb24'\n[vars.GATEWAY]");
    assert_eq!(found(&named), ["8 secret-in-variable ASSERTION_KEY"]);
    let placeholder = GOOD.replace("[vars.GATEWAY]", "CLERK_SECRET_KEY = 'sk_test_…'\n[vars.GATEWAY]");
    let wrangler = Wrangler::parse(Path::new("w"), placeholder, None).unwrap();
    let environment = WranglerEnvironment::new(wrangler, Secrets::default());
    assert_eq!(all(&Subject { environment: &environment, config: None, folder: Path::new("/nowhere") }), []);
}

#[test]
fn a_given_key_needs_no_store_and_no_cron() {
    let text = GOOD.replace("JWKS", "KEYS").replace("[\"*/3 * * * *\"]", "[]");
    let wrangler = Wrangler::parse(Path::new("w"), text, None).unwrap();
    let environment = WranglerEnvironment::new(wrangler, Secrets::default());
    let mut config = Config::read(&environment, &BUILT_IN_HANDLERS).unwrap();
    let names = |config: &Config| {
        let subject = Subject { environment: &environment, config: Some(config), folder: Path::new("/nowhere") };
        all(&subject).into_iter().map(|finding| finding.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&config), ["no-key-store", "no-cron"]);
    let document =
        serde_json::json!({"keys": [crate::cli::signing_key::SigningKey::generate().unwrap().public_jwk("k")]});
    config.tokens.keys =
        crate::keys::KeySource::GivenSet(crate::keys::KeySet::parse(document.to_string().as_bytes()).unwrap());
    assert_eq!(names(&config), Vec::<&str>::new());
}

#[test]
fn names_are_each_once() {
    let mut names = NAMES.to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), NAMES.len());
}

#[test]
fn the_page_about_the_command_names_every_lint() {
    let page = include_str!("../../../../docs/cli/check.md");
    for name in NAMES {
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
    }
    assert_eq!(page.lines().filter(|line| line.starts_with("| `") && line.contains(" | warning | ")).count(), 10);
}
