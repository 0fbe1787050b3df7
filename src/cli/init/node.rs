//! A Node project: its language, its modules, where its sources are, and what runs its tests.

use std::path::Path;

use minijinja::{Value, context};

use super::error::InitError;
use super::lines::Variable;
use super::package_json::{PackageAdditions, PackageJson};
use super::package_manager::PackageManager;
use super::scaffold::Part;
use super::tsconfig::TsConfig;

/// The version of the npm package that goes with this binary.
pub(super) const CLERK_EDGE: (&str, &str) = ("clerk-edge", env!("CARGO_PKG_VERSION"));
const TSX: (&str, &str) = ("tsx", "4.23.15");
const TYPES_NODE: (&str, &str) = ("@types/node", "22.20.5");
const TYPESCRIPT: (&str, &str) = ("typescript", "7.0.2");

/// The folder of everything that is written, below the sources.
pub(super) const FOLDER: &str = "clerk";

/// What is known of a Node project.
#[derive(Debug)]
pub(super) struct NodeProject {
    pub(super) package: PackageJson,
    pub(super) package_manager: PackageManager,
    name: String,
    pub(super) is_typescript: bool,
    is_esm: bool,
    tsconfig: TsConfig,
    /// `src/`, or nothing where sources are in the project's folder itself.
    pub(super) source: &'static str,
    /// Whether a file starts the server already.
    pub(super) has_entry: bool,
}

impl NodeProject {
    pub(super) fn read(root: &Path) -> Result<Self, InitError> {
        let found = PackageJson::read(root)?;
        let tsconfig = TsConfig::read(root)?;
        let package = found.unwrap_or_default();
        let is_new = !root.join("package.json").exists();
        let source = if root.join("src").is_dir() || is_bare(root) { "src/" } else { "" };
        Ok(Self {
            package_manager: PackageManager::of(root, &package),
            name: root.file_name().map_or_else(|| "api".to_owned(), |name| name.to_string_lossy().to_lowercase()),
            is_typescript: tsconfig.is_some() || package.has("typescript"),
            is_esm: is_new || package.module_type.as_deref() == Some("module"),
            tsconfig: tsconfig.unwrap_or_default(),
            source,
            has_entry: has_entry(root, &package),
            package,
        })
    }

    /// What templates are told: `ts`, whether the code is TypeScript; `esm`, whether it says `import`; `suffix`, how an import
    /// of a file ends; `runner`, whose `test` the tests are written with.
    pub(super) fn context(&self) -> Value {
        context! { ts => self.is_typescript, esm => self.is_esm_syntax(), suffix => self.suffix(), runner => self.runner() }
    }

    /// Whether the code says `import`, and not `require`.
    pub(super) const fn is_esm_syntax(&self) -> bool {
        self.is_typescript || self.is_esm
    }

    const fn extension(&self) -> &'static str {
        if self.is_typescript { "ts" } else { "js" }
    }

    const fn suffix(&self) -> &'static str {
        match self.tsconfig {
            TsConfig { imports_ts: true, .. } if self.is_typescript => ".ts",
            TsConfig { is_bundled: true, .. } if self.is_typescript => "",
            _ => ".js",
        }
    }

    fn runner(&self) -> &'static str {
        let known = ["vitest", "jest"].into_iter().find(|name| self.package.has(name));
        known.unwrap_or("node")
    }

    /// The path of a file of ours.
    pub(super) fn path(&self, name: &str) -> String {
        format!("{}{FOLDER}/{name}.{}", self.source, self.extension())
    }

    /// How Node runs a source of this project.
    pub(super) const fn node(&self) -> &'static str {
        if self.is_typescript { "node --import tsx" } else { "node" }
    }

    /// package.json with these dependencies, and what the language needs; what only TypeScript needs is marked so by `@types/`.
    pub(super) fn package(
        &self,
        dependencies: &[(&'static str, &'static str)],
        scripts: Vec<(&'static str, String)>,
    ) -> Part {
        let (types, dependencies): (Vec<_>, Vec<_>) =
            dependencies.iter().partition(|(name, _)| name.starts_with("@types/"));
        let dev_dependencies =
            if self.is_typescript { [types, vec![TYPES_NODE, TSX, TYPESCRIPT]].concat() } else { Vec::new() };
        let name = self.name.clone();
        Part::package(PackageAdditions { name, dependencies, dev_dependencies, scripts })
    }

    /// The script that runs our tests by themselves.
    pub(super) fn test_script(&self) -> (&'static str, String) {
        let path = self.path("auth.test");
        let command = match self.runner() {
            "vitest" => format!("vitest run {path}"),
            "jest" => format!("jest {path}"),
            _ => format!("{} --test {path}", self.node()),
        };
        ("test:auth", command)
    }

    /// What may go wrong with this project, a sentence each.
    pub(super) fn warnings(&self) -> Vec<String> {
        let must_be_esm = self.is_typescript && self.tsconfig.is_verbatim && !self.is_esm;
        let warning = "set \"type\": \"module\" in package.json: tsconfig.json has verbatimModuleSyntax, and what is written says import";
        must_be_esm.then(|| warning.to_owned()).into_iter().collect()
    }
}

/// Where a server may start, below the sources or in the project's folder.
fn has_entry(root: &Path, package: &PackageJson) -> bool {
    let names = ["index", "server", "app", "main"];
    let endings = ["ts", "mts", "cts", "js", "mjs", "cjs"];
    let main = package.main.as_ref().is_some_and(|main| root.join(main).is_file());
    main || ["", "src"].iter().any(|folder| {
        names
            .iter()
            .any(|name| endings.iter().any(|ending| root.join(folder).join(format!("{name}.{ending}")).is_file()))
    })
}

/// Whether no source is in the project's folder itself.
fn is_bare(root: &Path) -> bool {
    !has_entry(root, &PackageJson::default())
}

/// What the environment of a Node server may hold.
pub(super) const ENVIRONMENT: [Variable; 4] = [
    Variable {
        name: "CLERK_PUBLISHABLE_KEY",
        value: "pk_test_...",
        comment: "The instance (Clerk Dashboard, API keys).",
        is_optional: false,
    },
    Variable {
        name: "CLERK_AUTHORIZED_PARTIES",
        value: "http://localhost:3000",
        comment: "The front ends that tokens may be made for, as origins with spaces between them. Pages of theirs may call the API too.",
        is_optional: false,
    },
    Variable {
        name: "CLERK_WEBHOOK_SIGNING_SECRET",
        value: "whsec_...",
        comment: "Signs webhooks (Clerk Dashboard, Webhooks). While it rotates: both, with a space between them.",
        is_optional: true,
    },
    Variable {
        name: "CLERK_JWT_KEY",
        value: "\"-----BEGIN PUBLIC KEY-----\\n...\\n-----END PUBLIC KEY-----\"",
        comment: "The instance's public key in PEM: tokens are then verified without any network.",
        is_optional: true,
    },
];
