//! Lints: what a configuration may be, and had better not. Each has a stable name, a cause and a cure.

mod deployment;
mod policy;
mod repository;
mod secret_shapes;

use std::path::Path;

use crate::cli::finding::{Finding, Severity};
use crate::cli::wrangler::{Place, WranglerEnvironment};
use crate::config::{Config, Mistake};

/// The name of what the Worker itself would log.
pub(super) const CONFIGURATION: &str = "configuration";
/// A secret that is not on this machine and said to be there.
pub(super) const ASSUMED: &str = "secret-taken-for-granted";
/// Something about an allowance itself.
pub(super) const ALLOWANCE: &str = "allowance";

/// The names of everything that may be allowed.
pub(super) const NAMES: [&str; 16] = [
    policy::PUBLIC_IN_PROTECTED,
    policy::NO_AUTHORIZED_PARTIES,
    policy::MISSING_AZP_ACCEPTED,
    policy::PLAIN_HTTP_ORIGIN,
    policy::PLAIN_HTTP_PAGE,
    policy::LOCAL_PAGE,
    policy::TEST_KEY,
    deployment::NO_REQUEST_SIGNAL,
    deployment::NO_KEY_STORE,
    deployment::NO_CRON,
    deployment::UNCHECKED_ENVIRONMENT,
    ASSUMED,
    repository::SECRET_IN_VARIABLE,
    repository::TRACKED_SECRETS,
    repository::SECRET_IN_SOURCE,
    repository::NOT_ALL_SEARCHED,
];

/// What is looked at.
pub(super) struct Subject<'a> {
    pub(super) environment: &'a WranglerEnvironment,
    /// `None` where it has mistakes.
    pub(super) config: Option<&'a Config>,
    /// The folder of the configuration.
    pub(super) folder: &'a Path,
}

/// Every lint's findings.
pub(super) fn all(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = policy::find(subject);
    findings.extend(deployment::find(subject));
    findings.extend(repository::find(subject));
    findings
}

/// A complaint of the TOML parser.
pub(super) fn syntax(place: Place, text: String) -> Finding {
    let subject = place.file.display().to_string();
    Finding { severity: Severity::Mistake, name: "syntax", subject, place, text, cure: None }
}

/// What helps against a mistake, where the mistake itself cannot know: how variables come to a Worker.
pub(super) fn cure_of_mistake(mistake: &Mistake, environment: &WranglerEnvironment) -> Option<String> {
    let name = mistake.place.as_str();
    if super::secrets::NAMES.contains(&name) && mistake.text.starts_with("missing") {
        let declared = environment.wrangler.spelled(
            format!("wrangler.toml:\n[secrets]\nrequired = [\"{name}\"]"),
            format!("the configuration:\n\"secrets\": {{ \"required\": [\"{name}\"] }}"),
        );
        return Some(format!(
            "put it into .dev.vars for this machine; if the deployed Worker has it, say so by --secret {name}, or in {declared}"
        ));
    }
    if name.ends_with(".serve") {
        return Some(
            "name a handler of this Worker's own by --handler, or under handlers in gateway.tests.toml".to_owned(),
        );
    }
    let wrangler = &environment.wrangler;
    if name == "GATEWAY"
        && wrangler.environment().is_some()
        && wrangler.vars().is_none_or(|vars| vars.get(name).is_none())
    {
        let environment = wrangler.environment().unwrap_or_default();
        let below = wrangler.spelled(format!("[env.{environment}.vars]"), format!("env, {environment}, vars"));
        return Some(format!("environments do not inherit variables; write them below {below} again"));
    }
    None
}

#[cfg(test)]
mod tests;
