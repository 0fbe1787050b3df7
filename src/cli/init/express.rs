//! What an Express project gets: guards, a router of examples, a webhook receiver, and a server where there is none.

use std::path::Path;

use super::error::InitError;
use super::node::{CLERK_EDGE, Dependency, NodeProject};
use super::scaffold::Scaffold;

const DEPENDENCIES: [Dependency; 5] =
    [CLERK_EDGE, ("express", "5.3.0"), ("cors", "2.8.6"), ("@types/express", "5.0.6"), ("@types/cors", "2.8.19")];

/// The templates, and the files that they become.
const FILES: [(&str, &str); 6] = [
    ("shared/verifier", "verifier"),
    ("shared/events", "events"),
    ("express/auth", "auth"),
    ("express/webhooks", "webhooks"),
    ("express/api", "api"),
    ("express/tests", "auth.test"),
];

pub(super) fn scaffold(root: &Path) -> Result<Scaffold, InitError> {
    let project = NodeProject::read(root)?;
    let mut scaffold = project.scaffold(&FILES, &DEPENDENCIES)?;
    if !project.serve(&mut scaffold, "express/server")? {
        let api = project.import("api");
        scaffold
            .next_steps
            .push(format!("mount it before any parser of bodies: import {{ api }} from '{api}', app.use(api)"));
    }
    Ok(scaffold)
}
