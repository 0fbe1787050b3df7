//! A project of JavaScript or TypeScript: its language, its modules, where its sources are, and what runs it and its tests.

use std::path::{Path, PathBuf};

use minijinja::{Value, context};

use super::environment::{IGNORED, IGNORED_ON_WORKERS, SERVER, WORKER};
use super::error::InitError;
use super::package_json::{PackageAdditions, PackageJson};
use super::package_manager::PackageManager;
use super::plan::is_held_by;
use super::scaffold::Scaffold;
use super::templates::{render, render_node};
use super::tsconfig::TsConfig;
use super::worker::WRANGLER;
pub(super) use crate::cli::project::CLERK_EDGE;
use crate::cli::project::{Part, TYPESCRIPT};

/// A package and its exact version.
pub(super) type Dependency = (&'static str, &'static str);

const TSX: Dependency = ("tsx", "4.23.15");
const TYPES_NODE: Dependency = ("@types/node", "22.20.5");

/// The script that runs our tests.
const TEST_SCRIPT: &str = "test:auth";

/// The folder of everything that is written, below the sources.
const FOLDER: &str = "clerk";

/// What is known of a Node project.
#[derive(Debug)]
pub(super) struct NodeProject {
    root: PathBuf,
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
    host: Host,
    typescript: Dependency,
}

/// What the code runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// Node itself, with the sources as they are.
    Node,
    /// Next.js. Its bundler finds files without their endings, and takes `import` for what it is.
    Nextjs,
    /// Cloudflare Workers. Wrangler takes `import` for what it is; the environment comes with each request.
    Workers,
}

impl NodeProject {
    pub(super) fn read(root: &Path) -> Result<Self, InitError> {
        let found = PackageJson::read(root)?;
        let tsconfig = TsConfig::read(root)?;
        let package = found.unwrap_or_default();
        let is_new = !root.join("package.json").exists();
        let source = if root.join("src").is_dir() || is_bare(root) { "src/" } else { "" };
        Ok(Self {
            root: root.to_owned(),
            package_manager: PackageManager::of(root, &package),
            name: name(root),
            is_typescript: tsconfig.is_some() || package.has("typescript"),
            is_esm: is_new || package.module_type.as_deref() == Some("module"),
            tsconfig: tsconfig.unwrap_or_default(),
            source,
            has_entry: has_entry(root, &package),
            host: Host::Node,
            typescript: TYPESCRIPT,
            package,
        })
    }

    /// The same for Next.js, which says itself where sources are, and takes not every compiler.
    pub(super) fn of_nextjs(self, source: &'static str, typescript: Dependency) -> Self {
        Self { source, typescript, host: Host::Nextjs, ..self }
    }

    /// The same for Cloudflare Workers.
    pub(super) fn of_workers(self) -> Self {
        Self { host: Host::Workers, ..self }
    }

    /// What templates are told: whether the code is TypeScript, what it runs on, and whose `test` the tests are written with.
    pub(super) fn context(&self) -> Value {
        let workers = self.host == Host::Workers;
        context! { typescript => self.is_typescript, workers, runner => self.runner(), port => self.port() }
    }

    /// Whether the code says `import`, and not `require`.
    pub(super) const fn is_esm_syntax(&self) -> bool {
        self.is_typescript || self.is_esm || self.is_bundled()
    }

    /// Whether something takes `import` for what it is, whatever Node would take a file for.
    const fn is_bundled(&self) -> bool {
        !matches!(self.host, Host::Node)
    }

    pub(super) const fn extension(&self) -> &'static str {
        if self.is_typescript { "ts" } else { "js" }
    }

    /// How an import of a file of ours ends.
    pub(super) const fn suffix(&self) -> &'static str {
        match self.tsconfig {
            _ if matches!(self.host, Host::Nextjs) => "",
            TsConfig { imports_ts: true, .. } if self.is_typescript => ".ts",
            TsConfig { is_bundled: true, .. } if self.is_typescript => "",
            _ => ".js",
        }
    }

    fn runner(&self) -> &'static str {
        let known = ["vitest", "jest"].into_iter().find(|name| self.package.has(name));
        known.unwrap_or("node")
    }

    /// What every framework gets: these templates as files of ours, dependencies, the environment, and what `clerk-edge test`
    /// is told. What only TypeScript needs is marked so by `@types/`.
    pub(super) fn scaffold(&self, files: &[(&str, &str)], dependencies: &[Dependency]) -> Result<Scaffold, InitError> {
        let file = |(template, name): &(&str, &str)| Ok(Part::whole(self.path(name), render_node(template, self)?));
        let mut parts = files.iter().map(file).collect::<Result<Vec<_>, InitError>>()?;
        parts.push(Part::whole("clerk-edge.test.toml", render("shared/clerk-edge.test.toml", self.context())?));
        match self.host {
            Host::Node | Host::Nextjs => {
                parts.push(Part::variables(".env.example", SERVER.to_vec()));
                parts.push(Part::ignored(IGNORED.to_vec()));
            }
            Host::Workers => {
                parts.push(Part::variables(".dev.vars.example", WORKER.to_vec()));
                parts.push(Part::ignored(IGNORED_ON_WORKERS.to_vec()));
            }
        }
        parts.push(Part::package(self.additions(dependencies)));
        let next_steps = [self.warnings(), self.first_steps()].concat();
        Ok(Scaffold { parts, next_steps, install_with: self.package_manager.install() })
    }

    /// Adds a server and the script that runs it, where no file starts one. Returns whether it did.
    pub(super) fn serve(&self, scaffold: &mut Scaffold, template: &str) -> Result<bool, InitError> {
        let path = self.source_path("server");
        let text = render_node(template, self)?;
        let is_ours = self.has_entry && is_held_by(&self.root.join(&path), &text)?;
        if self.has_entry && !is_ours {
            return Ok(false);
        }
        let (tsx, start) =
            if self.is_typescript { (" --import tsx", None) } else { ("", Some(format!("node {path}"))) };
        let scripts = [("dev", Some(format!("node --env-file=.env{tsx} --watch {path}"))), ("start", start)];
        for (name, script) in scripts {
            scaffold.add_script(name, script);
        }
        scaffold.parts.insert(0, Part::whole(path, text));
        scaffold.next_steps.push(self.last_step());
        Ok(true)
    }

    /// How the whole is tried.
    pub(super) fn last_step(&self) -> String {
        format!("{}, and then clerk-edge test http://127.0.0.1:{}", self.package_manager.run("dev"), self.port())
    }

    /// Where the server listens in development, unless told otherwise.
    const fn port(&self) -> u16 {
        match self.host {
            Host::Node => 3001,
            Host::Nextjs => 3000,
            Host::Workers => 8787,
        }
    }

    /// The path of a source beside our folder.
    pub(super) fn source_path(&self, name: &str) -> String {
        format!("{}{name}.{}", self.source, self.extension())
    }

    /// The path of a file of ours.
    pub(super) fn path(&self, name: &str) -> String {
        format!("{}{FOLDER}/{name}.{}", self.source, self.extension())
    }

    /// How a source imports a file of ours.
    pub(super) fn import(&self, name: &str) -> String {
        format!("./{FOLDER}/{name}{}", self.suffix())
    }

    fn additions(&self, dependencies: &[Dependency]) -> PackageAdditions {
        let (types, dependencies): (Vec<_>, Vec<_>) =
            dependencies.iter().partition(|(name, _)| name.starts_with("@types/"));
        let mut dev_dependencies = match self.is_typescript {
            true => [types, vec![TYPES_NODE, TSX, self.typescript]].concat(),
            false if self.is_bundled() => vec![TSX],
            false => Vec::new(),
        };
        dev_dependencies.extend((self.host == Host::Workers).then_some(("wrangler", WRANGLER)));
        let name = self.name.clone();
        let [dependencies, dev_dependencies] = [dependencies, dev_dependencies]
            .map(|group| group.into_iter().map(|(name, version)| (name, version.into())).collect());
        PackageAdditions { name, dependencies, dev_dependencies, scripts: vec![(TEST_SCRIPT, self.test_command())] }
    }

    /// What runs our tests by themselves.
    fn test_command(&self) -> String {
        let path = self.path("auth.test");
        match self.runner() {
            "vitest" => format!("vitest run {path}"),
            // It loads ES modules by what Node still calls an experiment.
            "jest" if self.is_esm => format!("NODE_OPTIONS=--experimental-vm-modules jest {path}"),
            "jest" => format!("jest {path}"),
            _ if self.is_typescript || self.is_bundled() => format!("node --import tsx --test {path}"),
            _ => format!("node --test {path}"),
        }
    }

    fn first_steps(&self) -> Vec<String> {
        let test = self.package_manager.run(TEST_SCRIPT);
        let environment = match self.host {
            Host::Node | Host::Nextjs => "copy .env.example to .env, and fill it in",
            Host::Workers => "copy .dev.vars.example to .dev.vars, and fill in what you use",
        };
        vec![test, environment.to_owned()]
    }

    /// What keeps the code from running as it is written.
    fn warnings(&self) -> Vec<String> {
        let must_be_esm = self.is_typescript && self.tsconfig.is_verbatim && !self.is_esm;
        let warning = "set \"type\": \"module\" in package.json, since tsconfig.json has verbatimModuleSyntax";
        must_be_esm.then(|| warning.to_owned()).into_iter().collect()
    }
}

/// The name of the folder, as package managers take names.
fn name(root: &Path) -> String {
    let name = root.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let is_taken = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let parts = name.split(|letter| !is_taken(letter)).filter(|part| !part.is_empty());
    let name = parts.collect::<Vec<_>>().join("-");
    match name.trim_matches(['-', '_', '.']) {
        "" => "api".to_owned(),
        name => name.to_owned(),
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
