//! What a Fastify project gets: a plugin of guards, one of examples, a webhook receiver, and a server where there is none.

use std::path::Path;

use super::error::InitError;
use super::node::{CLERK_EDGE, Dependency, NodeProject};
use super::scaffold::Scaffold;

const DEPENDENCIES: [Dependency; 4] =
    [CLERK_EDGE, ("fastify", "5.12.8"), ("@fastify/cors", "11.4.3"), ("fastify-plugin", "6.0.1")];

/// The templates, and the files that they become.
const FILES: [(&str, &str); 6] = [
    ("shared/verifier", "verifier"),
    ("shared/events", "events"),
    ("fastify/auth", "auth"),
    ("fastify/webhooks", "webhooks"),
    ("fastify/api", "api"),
    ("fastify/tests", "auth.test"),
];

pub(super) fn scaffold(root: &Path) -> Result<Scaffold, InitError> {
    let project = NodeProject::read(root)?;
    let mut scaffold = project.scaffold(&FILES, &DEPENDENCIES)?;
    if !project.serve(&mut scaffold, "fastify/server")? {
        let api = project.import("api");
        scaffold.next_steps.push(format!("register it: import {{ api }} from '{api}', app.register(api)"));
    }
    Ok(scaffold)
}
