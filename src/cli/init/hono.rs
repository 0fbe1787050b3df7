//! What a Hono project gets, on Node or on Cloudflare Workers: guards, an application of examples, a webhook receiver, and a
//! server where there is none.

mod workers;

use std::path::Path;

use super::error::InitError;
use super::node::{CLERK_EDGE, Dependency, NodeProject};
use super::scaffold::Scaffold;

const DEPENDENCIES: [Dependency; 3] = [CLERK_EDGE, ("hono", "4.13.19"), ("@hono/node-server", "2.1.9")];

/// The templates of both, and the files that they become.
const FILES: [(&str, &str); 6] = [
    ("shared/verifier", "verifier"),
    ("shared/events", "events"),
    ("hono/auth", "auth"),
    ("hono/webhooks", "webhooks"),
    ("hono/api", "api"),
    ("hono/tests", "auth.test"),
];

pub(super) fn scaffold(root: &Path) -> Result<Scaffold, InitError> {
    let project = NodeProject::read(root)?;
    if let Some(configuration) = workers::configuration(root, &project.package) {
        return workers::scaffold(root, project, configuration);
    }
    let mut scaffold = project.scaffold(&FILES, &DEPENDENCIES)?;
    if !project.serve(&mut scaffold, "hono/server")? {
        let api = project.import("api");
        scaffold.next_steps.push(format!("mount it: import {{ api }} from '{api}', app.route('/', api)"));
    }
    Ok(scaffold)
}
