//! A Hono project on Cloudflare Workers: the environment comes with each request, and wrangler runs it.

use std::path::Path;

use minijinja::context;

use super::super::error::InitError;
use super::super::node::{CLERK_EDGE, Dependency, NodeProject};
use super::super::package_json::PackageJson;
use super::super::plan::{is_held_by, read};
use super::super::scaffold::Scaffold;
use super::super::templates::{render, render_node};
use super::super::worker::{COMPATIBILITY_DATE, name};
use super::super::wrangler::{WranglerVars, main};
use crate::cli::project::Part;

const DEPENDENCIES: [Dependency; 2] = [CLERK_EDGE, ("hono", "4.13.19")];

/// The templates, and the files that they become.
const FILES: [(&str, &str); 6] = [
    ("hono/workers/verifier", "verifier"),
    ("shared/events", "events"),
    ("hono/auth", "auth"),
    ("hono/webhooks", "webhooks"),
    ("hono/api", "api"),
    ("hono/workers/tests", "auth.test"),
];

/// The names of wrangler's configuration, in the order in which wrangler looks for them.
const CONFIGURATIONS: [&str; 3] = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

/// The file of wrangler's configuration that is there, or that a project with wrangler shall have; none for one on Node.
pub(super) fn configuration(root: &Path, package: &PackageJson) -> Option<&'static str> {
    let there = CONFIGURATIONS.into_iter().find(|name| root.join(name).is_file());
    let is_on_workers = package.has("wrangler") && !package.has("@hono/node-server");
    there.or_else(|| is_on_workers.then_some("wrangler.jsonc"))
}

pub(super) fn scaffold(root: &Path, project: NodeProject, configuration: &'static str) -> Result<Scaffold, InitError> {
    let project = project.of_workers();
    let mut scaffold = project.scaffold(&FILES, &DEPENDENCIES)?;
    for (name, command) in [("dev", "wrangler dev"), ("deploy", "wrangler deploy")] {
        scaffold.add_script(name, Some(command.to_owned()));
    }
    let server = project.source_path("index");
    let text = render_node("hono/workers/server", &project)?;
    let before = read(&root.join(configuration))?;
    let main = before.as_deref().map(|text| main(configuration, text)).transpose()?.flatten();
    let is_ours = is_held_by(&root.join(&server), &text)?;
    let starts = is_ours || (main.is_none() && !project.has_entry);
    if starts {
        scaffold.parts.insert(0, Part::whole(server.clone(), text));
    } else {
        let api = project.import("api");
        scaffold.next_steps.push(format!("mount it: import {{ api }} from '{api}', app.route('/', api)"));
    }
    let context = context! { name => name(root), main => &server, compatibility_date => COMPATIBILITY_DATE };
    let template = render("hono/workers/wrangler.jsonc", context)?;
    scaffold.parts.push(Part::edited(configuration, WranglerVars { template, main: starts.then_some(server) }));
    scaffold.next_steps.push(format!("fill in the vars of {configuration}"));
    scaffold.next_steps.push(project.last_step());
    Ok(scaffold)
}
