//! What a Next.js project gets: guards around route handlers, examples of them, a webhook receiver, and proxy.ts, which was
//! middleware.ts before Next.js 16.

use std::path::Path;

use minijinja::context;

use super::error::InitError;
use super::node::{CLERK_EDGE, Dependency, NodeProject};
use super::scaffold::Scaffold;
use super::templates::{render_node, render_node_with};
use crate::cli::project::{Part, TYPESCRIPT};

const DEPENDENCIES: [Dependency; 5] =
    [CLERK_EDGE, ("next", "16.4.6"), ("react", "19.3.1"), ("react-dom", "19.3.1"), ("@types/react", "19.3.0")];

/// The templates of both routers, and the routes below `api` that they become.
const ROUTES: [(&str, &str); 6] = [
    ("health", "health"),
    ("optional", "optional"),
    ("protected", "protected"),
    ("admin", "admin"),
    ("organization", "orgs/[orgId]"),
    ("webhooks", "webhooks/clerk"),
];

/// Next.js before that asks the compiler's own library, which TypeScript 7 has no more.
const TYPESCRIPT_6: Dependency = ("typescript", "6.0.3");

/// The first version that calls it proxy.ts.
const PROXY_SINCE: u32 = 16;

pub(super) fn scaffold(root: &Path) -> Result<Scaffold, InitError> {
    let project = NodeProject::read(root)?;
    let typescript = if is_before_proxy(&project) { TYPESCRIPT_6 } else { TYPESCRIPT };
    let project = project.of_nextjs(source(root), typescript);
    let router = Router::of(root, project.source);
    let tests = format!("nextjs/{}/tests", router.folder());
    let files = [("shared/verifier", "verifier"), ("shared/events", "events"), (tests.as_str(), "auth.test")];
    let mut scaffold = project.scaffold(&files, &DEPENDENCIES)?;
    for (name, command) in [("dev", "next dev"), ("build", "next build"), ("start", "next start")] {
        scaffold.add_script(name, Some(command.to_owned()));
    }
    let (base, extension) = (project.source, project.extension());
    for (template, route) in ROUTES {
        let text = render_node(&format!("nextjs/{}/{template}", router.folder()), &project)?;
        scaffold.parts.push(Part::whole(format!("{base}{}.{extension}", router.path(route)), text));
    }
    let proxy = proxy(&project);
    let context = context! { proxy, extension, router => router.folder() };
    let auth = render_node_with("nextjs/auth", &project, context.clone())?;
    scaffold.parts.push(Part::whole(project.path("auth"), auth));
    match other_proxy(root, base, &format!("{proxy}.{extension}")) {
        Some(there) => scaffold
            .next_steps
            .push(format!("let {there} answer preflights, and see protect in {}", project.path("auth"))),
        None => {
            let text = render_node_with("nextjs/proxy", &project, context)?;
            scaffold.parts.push(Part::whole(format!("{base}{proxy}.{extension}"), text));
        }
    }
    scaffold.next_steps.push(project.last_step());
    Ok(scaffold)
}

/// What finds the handler of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Router {
    App,
    Pages,
}

impl Router {
    /// Of a project; the newer one where there is neither, or both.
    fn of(root: &Path, source: &str) -> Self {
        let has = |folder: &str| root.join(source).join(folder).is_dir();
        if has("pages") && !has("app") { Self::Pages } else { Self::App }
    }

    const fn folder(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Pages => "pages",
        }
    }

    /// The file of a route, without its ending.
    fn path(self, route: &str) -> String {
        match self {
            Self::App => format!("app/api/{route}/route"),
            Self::Pages => format!("pages/api/{route}"),
        }
    }
}

/// Where Next.js looks: below `src` unless a folder of routes stands beside it.
fn source(root: &Path) -> &'static str {
    let has = |folder: &str| root.join(folder).is_dir();
    let is_at_top = has("app") || has("pages");
    if has("src") && !is_at_top { "src/" } else { "" }
}

/// What the file before every route is called.
fn proxy(project: &NodeProject) -> &'static str {
    if is_before_proxy(project) { "middleware" } else { "proxy" }
}

fn is_before_proxy(project: &NodeProject) -> bool {
    project.package.version("next").and_then(major).is_some_and(|major| major < PROXY_SINCE)
}

/// The first number of a range of versions: 15 of `^15.2.0`.
fn major(range: &str) -> Option<u32> {
    let digits = range.split(|character: char| !character.is_ascii_digit()).find(|digits| !digits.is_empty())?;
    digits.parse().ok()
}

/// A file that Next.js would take beside ours, or that is there instead of it; a build takes one alone.
fn other_proxy(root: &Path, base: &str, ours: &str) -> Option<String> {
    let names =
        ["proxy", "middleware"].into_iter().flat_map(|name| ["ts", "js"].map(|ending| format!("{name}.{ending}")));
    names.filter(|name| name != ours).map(|name| format!("{base}{name}")).find(|path| root.join(path).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number_of_a_range() {
        let cases =
            [("^15.2.0", Some(15)), ("16.4.6", Some(16)), (">=16 <17", Some(16)), ("latest", None), ("*", None)];
        for (range, expected) in cases {
            assert_eq!(major(range), expected, "{range}");
        }
    }
}
