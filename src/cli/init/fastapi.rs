//! What a FastAPI project gets: the checks as a package beside its application, routes of each kind, and tests.

use std::path::{Path, PathBuf};

use minijinja::{Value, context};

use super::environment::SERVER;
use super::error::InitError;
use super::lines::Variable;
use super::python::{PYTHON_MINOR, PythonProject, Requirement};
use super::scaffold::Scaffold;
use super::templates::render;
use crate::cli::project::Part;

/// The package that is written.
const PACKAGE: &str = "clerk_auth";

const MODULES: [&str; 12] = [
    "__init__",
    "assertion",
    "auth",
    "dependencies",
    "keys",
    "protect",
    "refusal",
    "routes",
    "session",
    "settings",
    "token",
    "webhook",
];

const PACKAGES: [Requirement; 6] = [
    Requirement { name: "cryptography", version: "50.0.2" },
    Requirement { name: "fastapi", version: "0.165.0" },
    Requirement { name: "httpx2", version: "2.16.2" },
    Requirement { name: "pydantic-settings", version: "2.16.3" },
    Requirement { name: "pyjwt", version: "2.15.1" },
    Requirement { name: "uvicorn", version: "0.54.0" },
];

const FOR_DEVELOPMENT: [Requirement; 2] =
    [Requirement { name: "mypy", version: "2.4.1" }, Requirement { name: "pytest", version: "9.2.0" }];

/// Where a gateway is in front, beside what every server may hold.
const BEHIND_A_GATEWAY: [Variable; 2] = [
    Variable {
        name: "CLERK_EDGE_KEYS_URL",
        value: "https://api.example.com/.well-known/clerk-edge/jwks.json",
        comment: "Behind a gateway: its keys. Then only its assertions count, and no token of a client's.",
        is_optional: true,
    },
    Variable {
        name: "CLERK_EDGE_AUDIENCE",
        value: "https://origin.example.com",
        comment: "Behind a gateway: this server, as the origin of the gateway's route has it, without a path.",
        is_optional: true,
    },
];

const IGNORED: [&str; 6] = [".env*", "!.env.example", "__pycache__/", ".venv/", ".mypy_cache/", ".pytest_cache/"];

pub(super) fn is_in(root: &Path) -> Result<bool, InitError> {
    Ok(PythonProject::read(root)?.has("fastapi"))
}

pub(super) fn scaffold(root: &Path) -> Result<Scaffold, InitError> {
    let project = PythonProject::read(root)?;
    let layout = &project.layout;
    let application = layout.entry.clone().unwrap_or_else(|| "main.py".to_owned());
    let module = layout.module(application.trim_end_matches(".py"));
    let routes = layout.path(PACKAGE).join("routes.py");
    let context = context! {
        import => layout.module(PACKAGE),
        application => &module,
        routes => routes.to_string_lossy().replace('\\', "/"),
    };
    let mut parts = files(root, &project, &context)?;
    parts.push(Part::variables(".env.example", SERVER.into_iter().chain(BEHIND_A_GATEWAY).collect()));
    parts.push(Part::ignored(IGNORED.to_vec()));
    parts.extend(project.parts(&PACKAGES, &FOR_DEVELOPMENT));
    Ok(Scaffold {
        parts,
        next_steps: next_steps(&project, &module),
        install_with: project.install(&PACKAGES, &FOR_DEVELOPMENT),
    })
}

fn files(root: &Path, project: &PythonProject, context: &Value) -> Result<Vec<Part>, InitError> {
    let layout = &project.layout;
    let mut parts = Vec::new();
    let mut add = |template: &str, path: PathBuf| -> Result<(), InitError> {
        parts.push(Part::whole(path, render(&format!("fastapi/{template}"), context.clone())?));
        Ok(())
    };
    if layout.entry.is_none() && !root.join(layout.path("main.py")).exists() {
        add("main.py", layout.path("main.py"))?;
    }
    for module in MODULES {
        let name = format!("{PACKAGE}/{module}.py");
        add(&name, layout.path(&name))?;
    }
    add("tests/test_clerk_auth.py", "tests/test_clerk_auth.py".into())?;
    add("clerk-edge.test.toml", "clerk-edge.test.toml".into())?;
    // Without it, a type checker knows the package by two names.
    let package = layout.path("__init__.py");
    if layout.is_package() && !root.join(&package).exists() {
        parts.push(Part::whole(package, "\"\"\"The application.\"\"\"\n".to_owned()));
    }
    Ok(parts)
}

fn next_steps(project: &PythonProject, module: &str) -> Vec<String> {
    let mut steps: Vec<_> = project.after_installation().map(str::to_owned).into_iter().collect();
    if project.is_too_old() {
        steps.push(format!("ask for Python 3.{PYTHON_MINOR} or newer in pyproject.toml, which the code needs"));
    }
    if project.layout.entry.is_some() {
        let import = project.layout.module(PACKAGE);
        steps.push(format!(
            "in {module}: from {import} import protect, from {import}.routes import router, protect(app), app.include_router(router)"
        ));
    }
    steps.push("copy .env.example to .env and fill it in".to_owned());
    let options = project.layout.uvicorn_options();
    steps.push(format!("{}, {}", project.run(&format!("uvicorn {module}:app{options}")), project.run("pytest")));
    steps
}
