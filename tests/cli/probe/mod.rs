//! `clerk-edge test`, tested: an API that does everything right passes every check, and for every check there is an API with
//! one thing wrong on which that check fails and no other does.

mod answers;
mod api;
mod clerk;
mod faults;
mod given;
mod hostile;
mod keys;
mod mutants;
mod refusals;
mod reports;
mod schemas;
mod tls;

use std::process::{Command, Output};

use serde_json::Value;

use self::api::Api;
use crate::harness::*;

/// What the API under test is told to be, and what the checks are told of it.
const SETTINGS: &str = r#"
protected = "/api/protected"
public = "/public"
optional = "/optional"
admin = "/api/admin"
graphql = "/graphql"
webhook = "/webhooks"
methods = ["GET", "HEAD", "POST"]
origin = "https://app.example.com"
authorized_parties = ["https://app.example.com"]
audience = "https://api.example.com"
graphql_public = "{ hello }"
rotation_seconds = 8
refetch_seconds = 2
window_seconds = 4
idor = [{ path = "/api/users/user_owner", user = "user_owner" }]
"#;

/// A run of all checks against an API.
struct Run {
    output: Output,
    report: Value,
}

impl Run {
    fn of(api: &Api, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::at(&api.url(), arguments, environment)
    }

    fn at(url: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let settings = Scratch::file(&format!("{}.toml", url.rsplit(':').next().unwrap()), SETTINGS);
        let mut command = Command::new(BINARY);
        // Nobody answers there: what is on this machine is not asked through it.
        command.env("ALL_PROXY", "http://127.0.0.1:1");
        command.args(["test", url, "--format", "json", "--unsafe", "--config", settings.text()]);
        let output = command.args(arguments).envs(environment.iter().copied()).output().unwrap();
        let report = serde_json::from_slice(&output.stdout);
        assert!(report.is_ok(), "{}", said(&output));
        Self { report: report.unwrap(), output }
    }

    /// The checks that ended so.
    fn ended(&self, status: &str) -> Vec<u64> {
        let checks = self.report["checks"].as_array().unwrap();
        checks.iter().filter(|check| check["status"] == status).map(|check| check["id"].as_u64().unwrap()).collect()
    }

    /// What was found wrong, for a test that fails.
    fn findings(&self) -> String {
        let checks = self.report["checks"].as_array().unwrap();
        let failed = checks.iter().filter(|check| check["status"] == "failed");
        failed.map(|check| format!("{} {}\n", check["id"], check["findings"])).collect()
    }
}

#[test]
fn an_api_that_does_everything_right_passes_every_check() {
    let stand_in = StandIn::start();
    let api = Api::start(&stand_in, None);
    let run = Run::of(&api, &["--issuer-url", &stand_in.url, "--strict"], &[]);
    assert_eq!(run.ended("failed"), [] as [u64; 0], "{}", run.findings());
    assert_eq!(run.ended("skipped"), [39], "only a session of Clerk's can be revoked");
    assert_eq!(run.output.status.code(), Some(0));
}

#[test]
fn without_secrets_the_same_api_passes_what_needs_none() {
    let stand_in = StandIn::start();
    let api = Api::start(&stand_in, None);
    let run = Run::of(&api, &["--strict"], &[]);
    assert_eq!(run.ended("failed"), [] as [u64; 0], "{}", run.findings());
    assert!(run.ended("passed").len() >= 22, "{:?}", run.ended("passed"));
    assert_eq!(run.output.status.code(), Some(0));
}
