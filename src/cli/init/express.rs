//! What an Express project gets: guards, a router of examples, a webhook receiver, and a server where there is none.

use std::path::Path;

use minijinja::Value;

use super::error::InitError;
use super::node::{CLERK_EDGE, ENVIRONMENT, NodeProject};
use super::scaffold::{Part, Scaffold};
use super::templates::render_node;

const DEPENDENCIES: [(&str, &str); 5] =
    [CLERK_EDGE, ("express", "5.3.0"), ("cors", "2.8.6"), ("@types/express", "5.0.6"), ("@types/cors", "2.8.19")];

pub(super) fn scaffold(root: &Path) -> Result<Scaffold, InitError> {
    let project = NodeProject::read(root)?;
    let file = |template: &str, name: &str| {
        let text = render_node(template, &project, Value::UNDEFINED)?;
        Ok(Part::whole(project.path(name), text))
    };
    let mut parts = vec![file("shared/verifier", "verifier")?, file("express/auth", "auth")?];
    let _ = &mut parts;
    parts.push(Part::ignored(vec!["node_modules/", ".env*", "!.env.example"]));
    parts.push(Part::variables(".env.example", ENVIRONMENT.to_vec()));
    parts.push(project.package(&DEPENDENCIES, vec![project.test_script()]));
    Ok(Scaffold { parts, next_steps: project.warnings(), install_with: project.package_manager.install() })
}
