use std::sync::LazyLock;

use serde_json::json;

use super::*;
use crate::cli::wrangler::{Secrets, Wrangler, WranglerEnvironment};
use crate::config::Config;
use crate::gateway::BUILT_IN_HANDLERS;

const NOW: UnixTime = UnixTime::from_seconds(1_750_000_000);

const WRANGLER: &str = r#"
[vars]
CLERK_PUBLISHABLE_KEY = "pk_test_Y2xlcmsuY2xlcmsuZGV2JA"
[vars.GATEWAY]
authorized_parties = ["https://*.example.com"]
audience = ["api"]
routes = [
  { path = "/api/*", origin = "https://api.example.com/v1", strip_prefix = "/api" },
  { path = "/api/admin", require = { role = "org:admin" }, service = "ADMIN" },
  { path = "/api/pay", require = { reverification = "strict" }, origin = "zone" },
  { path = "/plan", require = { all = [{ plan = "pro" }, { feature = "export" }, { claim = "metadata.tier", equals = 2 }] }, origin = "zone" },
  { path = "/whoami", access = "optional", serve = "whoami" },
  { path = "/open", access = "public", origin = "zone", cors = { origins = ["https://app.example.com"] } },
  { path = "/hook", webhook = "clerk", origin = "https://api.example.com/hook" },
]
[[services]]
binding = "ADMIN"
"#;

static KEY: LazyLock<ThrowawayKey> = LazyLock::new(|| ThrowawayKey::generate().unwrap());

fn gateway() -> Rehearsal {
    let wrangler = Wrangler::parse(Path::new("wrangler.toml"), WRANGLER.to_owned(), None).unwrap();
    let mut secrets = Secrets::default();
    secrets.assume("CLERK_WEBHOOK_SIGNING_SECRET", "whsec_YWJj");
    let config = Config::read(&WranglerEnvironment::new(wrangler, secrets), &BUILT_IN_HANDLERS).unwrap();
    Rehearsal::new(config, &KEY).unwrap()
}

/// What is wrong with a file, each with its line.
fn mistakes(text: &str) -> Vec<String> {
    let mistakes = PolicyTests::parse(Path::new("t"), text, None).mistakes;
    mistakes.iter().map(|mistake| format!("{}: {}", mistake.place.line, mistake.text)).collect()
}

/// Runs one test; what it got where it failed.
fn run(test: &str) -> Result<(), String> {
    let text = format!("[[tests]]\nname = 'x'\n{test}");
    let tests = PolicyTests::parse(Path::new("t"), &text, None);
    assert_eq!(tests.mistakes, [], "{test}");
    let [ran] = tests.run(&gateway(), &KEY, NOW).try_into().unwrap();
    if ran.passed { Ok(()) } else { Err(ran.got) }
}

#[test]
fn every_kind_of_token_comes_to_its_own_refusal() {
    for (token, code) in [
        ("expired", "token-expired"),
        ("not-active-yet", "token-not-active-yet"),
        ("forged", "token-invalid-signature"),
        ("other-instance", "jwk-kid-mismatch"),
        ("malformed", "token-invalid"),
        ("template", "token-type-mismatch"),
        ("machine", "token-type-mismatch"),
        ("pending", "session-pending"),
    ] {
        assert_eq!(run(&format!("request = 'GET /api/x'\ntoken = '{token}'\nexpect = '{code}'")), Ok(()), "{token}");
        assert!(run(&format!("request = 'GET /api/x'\ntoken = '{token}'\nexpect = 'forward'")).is_err(), "{token}");
    }
    assert_eq!(run("request = 'GET /api/x'\ntoken = 'valid'\nexpect = 'forward'"), Ok(()));
}

#[test]
fn a_session_has_what_the_test_says_and_no_more() {
    let plan = "request = 'GET /plan'\nsession = { plan = 'pro', features = ['export'], claims = { metadata = { tier = 2 } } }";
    assert_eq!(run(&format!("{plan}\nexpect = 'forward'")), Ok(()));
    assert_eq!(
        run("request = 'GET /plan'\nsession = { plan = 'pro' }\nexpect = 403\ncode = 'insufficient-feature'"),
        Ok(())
    );
    assert_eq!(run("request = 'GET /plan'\nsession = {}\nexpect = 'insufficient-plan'"), Ok(()));
    for expect in ["403\ncode = 'insufficient-feature'", "'insufficient-feature'", "401"] {
        let got = run(&format!("request = 'GET /plan'\nsession = {{}}\nexpect = {expect}"));
        assert_eq!(got, Err("403 insufficient-plan".to_owned()), "{expect}");
    }
    let pay = |ages: &str| {
        run(&format!("request = 'GET /api/pay'\nsession = {{ factor_ages = {ages} }}\nexpect = 'forward'"))
    };
    assert_eq!(pay("[30, 9]"), Ok(()));
    assert_eq!(pay("[0, 10]"), Err("403 reverification-required".to_owned()));
    let party = |azp: &str| run(&format!("request = 'GET /api/x'\nsession = {{ azp = {azp} }}\nexpect = 'forward'"));
    assert_eq!(party("'https://app.example.com'"), Ok(()));
    assert_eq!(party("true"), Ok(()));
    for azp in ["'https://a.b.example.com'", "false"] {
        assert_eq!(party(azp), Err("401 token-invalid-authorized-parties".to_owned()), "{azp}");
    }
    let audience =
        "request = 'GET /api/x'\nsession = { claims = { aud = 'other' } }\nexpect = 'token-invalid-audience'";
    assert_eq!(run(audience), Ok(()));
}

#[test]
fn a_target_may_be_named_with_or_without_its_path() {
    let target = |target: &str| {
        run(&format!("request = 'GET /api/x?y=1'\nsession = {{}}\nexpect = 'forward'\ntarget = '{target}'"))
    };
    assert_eq!(target("https://api.example.com"), Ok(()));
    assert_eq!(target("https://api.example.com/v1/x?y=1"), Ok(()));
    assert_eq!(target("https://api.example.com/v1"), Err("forward to https://api.example.com/v1/x?y=1".to_owned()));
    let admin = |target: &str| {
        let session = "session = { org = 'org_1', role = 'org:admin' }";
        run(&format!("request = 'GET /api/admin'\n{session}\nexpect = 'forward'\ntarget = '{target}'"))
    };
    assert_eq!((admin("service:ADMIN"), admin("service:ADMIN/api/admin")), (Ok(()), Ok(())));
    assert_eq!(admin("zone"), Err("forward to service:ADMIN/api/admin".to_owned()));
}

#[test]
fn what_the_target_gets_is_compared_header_by_header() {
    let gets = |gets: &str| {
        let request = "request = 'GET /api/x'\nheaders = { x-clerk-user-id = 'user_0', accept = 'a' }";
        run(&format!("{request}\nsession = {{ user = 'user_1' }}\nexpect = 'forward'\ngets = {{ {gets} }}"))
    };
    assert_eq!(gets("X-Clerk-User-Id = 'user_1', authorization = false, accept = 'a'"), Ok(()));
    assert_eq!(gets("x-clerk-user-id = 'user_0'"), Err("x-clerk-user-id: user_1".to_owned()));
    assert_eq!(gets("x-clerk-org-id = 'org_1'"), Err("no x-clerk-org-id".to_owned()));
    assert_eq!(gets("accept = false"), Err("accept: a".to_owned()));
}

#[test]
fn pages_cookies_preflights_and_webhooks_can_be_told() {
    let cookie = "request = 'POST /api/x'\ncarrier = 'cookie'\nsession = {}";
    assert_eq!(run(&format!("{cookie}\norigin = 'https://app.example.com'\nexpect = 'forward'")), Ok(()));
    assert_eq!(run(&format!("{cookie}\norigin = 'https://evil.example'\nexpect = 'cross-site-request'")), Ok(()));
    let preflight = "request = 'OPTIONS /open'\nheaders = { access-control-request-method = 'GET' }";
    assert_eq!(run(&format!("{preflight}\norigin = 'https://app.example.com'\nexpect = 'preflight'")), Ok(()));
    assert_eq!(run(&format!("{preflight}\norigin = 'https://evil.example'\nexpect = 'origin-not-allowed'")), Ok(()));
    assert_eq!(run("request = 'POST /hook'\nexpect = 'webhook-headers-missing'"), Ok(()));
    let signed =
        format!("svix-id = 'm', svix-timestamp = '{}', svix-signature = 'v1,{}='", NOW.seconds(), "A".repeat(43));
    let hook = format!(
        "request = 'POST /hook'\nheaders = {{ {signed} }}\nexpect = 'webhook'\ntarget = 'https://api.example.com/hook'"
    );
    assert_eq!(run(&hook), Ok(()));
    assert_eq!(run("request = 'GET /whoami'\nexpect = 'serve'\ntarget = 'whoami'"), Ok(()));
    assert_eq!(run("request = 'GET /whoami'\nexpect = 'serve'\ntarget = 'health'"), Err("serve whoami".to_owned()));
    assert_eq!(run("request = 'GET https://gateway.example.com/nowhere'\nexpect = 404"), Ok(()));
}

#[test]
fn a_forged_token_has_the_form_of_a_good_one() {
    // Another text's signature is what is wrong with it, whatever its bytes are.
    for _ in 0..20 {
        assert_eq!(run("request = 'GET /api/x'\ntoken = 'forged'\nexpect = 'token-invalid-signature'"), Ok(()));
    }
}

#[test]
fn every_mistake_of_the_file_is_told_with_its_line() {
    let base = "name = 'x'\nrequest = 'GET /'\n";
    let found = mistakes(&format!(
        "allowed = []\n[[tests]]\n{base}expect = 'forwards'\n[[tests]]\n{base}expect = 403\nsesion = {{}}\n[[tests]]\nname = 'x'\nrequest = 'get /'\nexpect = 404\n"
    ));
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found[0].starts_with("1: unknown field `allowed`, expected one of `handlers`"), "{found:?}");
    assert!(found[1].starts_with("2: there is no refusal \"forwards\""), "{found:?}");
    assert!(found[2].starts_with("10: unknown field `sesion`"), "{found:?}");
    assert!(found[3].starts_with("11: expected request as a method and a path"), "{found:?}");
    for (rest, expected) in [
        ("expect = 'forward'\ncode = 'token-expired'", "expected code only beside a status"),
        ("expect = 403\ncode = 'nope'", "there is no refusal \"nope\""),
        ("expect = 200", "the gateway refuses nothing with that status"),
        ("expect = 'token-expired'\ncode = 'token-expired'", "expected expect as a status beside code"),
        ("expect = true", "expected expect as forward"),
        ("expect = 403\ntarget = 'zone'", "expected target and gets only where"),
        ("expect = 'serve'\ngets = { a = 'b' }", "expected gets only where"),
        ("expect = 'forward'\ngets = { a = 1 }", "expected gets.a as a text"),
        ("expect = 'forward'\ntoken = 'bad'", "unknown variant `bad`"),
        ("expect = 'forward'\nsession = { users = 'x' }", "unknown field `users`"),
        ("", "missing field `expect`"),
    ] {
        let found = mistakes(&format!("[[tests]]\n{base}{rest}"));
        assert!(found.len() == 1 && found[0].contains(expected), "{rest}: {found:?}");
    }
    assert_eq!(mistakes("tests = 1"), ["1: expected [[tests]]"]);
    assert_eq!(mistakes("[[tests]\n").len(), 1);
}

#[test]
fn settings_stand_beside_the_tests() {
    let tests = PolicyTests::parse(Path::new("t"), "handlers = ['a']\nsecrets = ['B']\n\nallow = ['no-cron']\n", None);
    let Settings { handlers, secrets, allow, environment: _ } = &tests.settings;
    assert_eq!(json!([handlers, secrets, allow[0].get_ref()]), json!([["a"], ["B"], "no-cron"]));
    assert_eq!(tests.place_at(allow[0].span().start).line, 4);
}

#[test]
fn tests_and_files_may_be_about_one_environment() {
    let test = |environment: &str| format!("[[tests]]\nname = 'x'\nrequest = 'GET /'\nexpect = 404\n{environment}\n");
    let [all, staging, top] = ["", "environment = 'staging'", "environment = ''"].map(test);
    let counts = |text: &str, environment: Option<&str>| {
        let tests = PolicyTests::parse(Path::new("t"), text, environment);
        assert_eq!(tests.mistakes, []);
        (tests.len(), tests.elsewhere, tests.settings.handlers.len())
    };
    let each = format!("handlers = ['h']\n{all}{staging}{top}");
    assert_eq!(counts(&each, None), (2, 1, 1));
    assert_eq!(counts(&each, Some("staging")), (2, 1, 1));
    assert_eq!(counts(&each, Some("production")), (1, 2, 1));
    let whole = format!("environment = 'staging'\nhandlers = ['h']\n{all}{staging}");
    assert_eq!(counts(&whole, Some("staging")), (2, 0, 1));
    assert_eq!(counts(&whole, None), (0, 2, 0));
    assert_eq!(
        mistakes(&format!("environment = 'staging'\n{}", test("environment = 'production'"))),
        ["6: the file is about the environment \"staging\" alone"]
    );
    let unknown = PolicyTests::parse(Path::new("t"), &each, None).unknown_environments(&["production"]);
    let told: Vec<_> = unknown.iter().map(|found| format!("{}: {}", found.place.line, found.text)).collect();
    assert_eq!(told, ["11: there is no environment staging"]);
}
