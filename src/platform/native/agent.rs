//! How a command asks over HTTP.

use std::time::Duration;

use ureq::Agent;

/// An agent for `url`, which follows no redirect: it would lead to somebody that nobody chose.
///
/// Plain HTTP is for this machine alone, so no proxy of the environment comes between: it would see what was not to leave.
pub(crate) fn agent(url: &str, timeout_seconds: u64) -> Agent {
    let config = Agent::config_builder()
        .max_redirects(0)
        // Whoever asks again may have waited for long, and a connection that was closed meanwhile fails the next request.
        .max_idle_connections(0)
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(timeout_seconds)));
    if url.starts_with("https://") { config.build().into() } else { config.proxy(None).build().into() }
}
