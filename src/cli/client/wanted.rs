//! What a client wants of a project: its files, its dependencies, and the script that generates its types.

use include_dir::{Dir, include_dir};
use minijinja::{Value, context};

use super::description;
use super::error::ClientError;
use super::kind::Kind;
use super::place::Place;
use crate::cli::project::package_json::{PackageAdditions, PackageJson};
use crate::cli::project::package_manager::PackageManager;
use crate::cli::project::templates::render;
use crate::cli::project::tsconfig::TsConfig;
use crate::cli::project::{CLERK_EDGE, Part};

mod dependencies;

static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/cli/client/templates");

/// The script of package.json that generates the types.
const SCRIPT: &str = "gen:api";

/// What a client wants of a project.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) parts: Vec<Part>,
    /// What may go wrong with this project, a sentence each.
    pub(super) warnings: Vec<String>,
    /// The package that generates the types, where there is one.
    pub(super) generator: Option<&'static str>,
    /// The commands that follow, a word each.
    pub(super) next_steps: Vec<Vec<String>>,
}

/// What is known when a client is put together.
#[derive(Debug)]
struct Project<'a> {
    kind: Kind,
    place: &'a Place,
    package: PackageJson,
    /// How the import of a file ends.
    suffix: &'static str,
    react: bool,
}

impl Wanted {
    pub(super) fn new(kind: Kind, place: &Place, described: Option<&String>, react: bool) -> Result<Self, ClientError> {
        let package = PackageJson::read(&place.root)?.unwrap_or_default();
        let suffix = TsConfig::read(&place.root)?.unwrap_or_default().suffix();
        let project = Project { kind, place, package, suffix, react };
        let generator = project.generator(described.is_some());
        let context = project.context(described)?;
        let mut parts = Vec::new();
        for (template, name) in project.files(described.is_some()) {
            parts.push(Part::whole(format!("{}/{name}", place.out), render(&TEMPLATES, template, &context)?));
        }
        parts.push(Part::package(project.additions(generator)));
        let warnings = project.warnings(generator);
        Ok(Self { parts, warnings, generator, next_steps: project.next_steps(generator) })
    }
}

impl Project<'_> {
    /// The templates, and what each is written as.
    fn files(&self, is_described: bool) -> Vec<(&'static str, &'static str)> {
        let mut files = match self.kind {
            Kind::Rest if is_described => vec![("rest/document", "index.ts")],
            Kind::Rest => vec![("rest/plain", "index.ts")],
            Kind::Axios if is_described => vec![("axios/document", "index.ts")],
            Kind::Axios => vec![("axios/plain", "index.ts")],
            Kind::Graphql => {
                vec![("graphql/index", "index.ts"), ("graphql/renewing-link", "renewing-link.ts")]
            }
            Kind::Trpc => vec![("trpc/index", "index.ts"), ("trpc/renewing-link", "renewing-link.ts")],
        };
        match self.kind {
            Kind::Graphql => files.push(("graphql/generate", "generate.mjs")),
            Kind::Rest | Kind::Axios if is_described => files.push(("openapi/generate", "generate.mjs")),
            Kind::Rest | Kind::Axios | Kind::Trpc => {}
        }
        if self.react {
            files.push(match self.kind {
                Kind::Rest | Kind::Axios => ("react/context", "react.ts"),
                Kind::Graphql => ("react/graphql", "react.ts"),
                Kind::Trpc => ("react/trpc", "react.ts"),
            });
        }
        files
    }

    fn generator(&self, is_described: bool) -> Option<&'static str> {
        match self.kind {
            Kind::Rest | Kind::Axios => is_described.then_some("@hey-api/openapi-ts"),
            Kind::Graphql => Some("@graphql-codegen/cli"),
            Kind::Trpc => None,
        }
    }

    /// What the templates are told.
    fn context(&self, described: Option<&String>) -> Result<Value, ClientError> {
        let named = described.map_or("", String::as_str);
        let is_router = self.kind == Kind::Trpc;
        let router = if is_router { description::module(self.place, named, self.suffix)? } else { String::new() };
        let input = if is_router || named.is_empty() { String::new() } else { description::input(self.place, named)? };
        let out = &self.place.out;
        Ok(context! {
            out,
            input,
            router,
            suffix => self.suffix,
            index => if self.suffix.is_empty() { "" } else { "/index" },
            library => if self.kind == Kind::Axios { "axios" } else { "fetch" },
            documents => if out.starts_with("src/") { "src" } else { "." },
            run_generate => format!("npm run {SCRIPT}"),
            clerk => self.clerk().0,
            next => self.package.has("next"),
        })
    }

    fn additions(&self, generator: Option<&str>) -> PackageAdditions {
        let (dependencies, dev_dependencies) = self.dependencies(generator.is_some());
        let script = generator.map(|_| (SCRIPT, self.script()));
        PackageAdditions {
            name: String::new(), // There is a package.json, or there is no project.
            dependencies: [vec![(CLERK_EDGE.0, CLERK_EDGE.1.into())], dependencies].concat(),
            dev_dependencies,
            scripts: script.into_iter().collect(),
        }
    }

    fn script(&self) -> String {
        format!("node {}/generate.mjs", self.place.out)
    }

    /// Whether the name of our script is taken, as by a second client of a project.
    fn is_script_taken(&self) -> bool {
        self.package.scripts.get(SCRIPT).is_some_and(|there| there.as_str() != Some(&self.script()))
    }

    fn next_steps(&self, generator: Option<&str>) -> Vec<Vec<String>> {
        let package_manager = PackageManager::of(&self.place.root, &self.package);
        let generate = if self.is_script_taken() { self.script() } else { package_manager.run(SCRIPT) };
        let generate = generate.split(' ').map(str::to_owned).collect();
        [package_manager.install()].into_iter().chain(generator.map(|_| generate)).collect()
    }

    fn warnings(&self, generator: Option<&str>) -> Vec<String> {
        let taken = generator.is_some() && self.is_script_taken();
        let taken = taken.then(|| format!("kept the script {SCRIPT}, which runs something else"));
        taken.into_iter().chain(self.mismatch()).chain(self.outdated()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_template_holds_a_secret() {
        let templates: Vec<_> = TEMPLATES.dirs().flat_map(Dir::files).collect();
        assert!(templates.len() > 10, "{}", templates.len());
        for file in templates {
            let text = file.contents_utf8().unwrap();
            for secret in ["sk_test_", "sk_live_", "whsec_", "PRIVATE KEY", "eyJ"] {
                assert!(!text.contains(secret), "{secret} in {}", file.path().display());
            }
        }
    }
}
