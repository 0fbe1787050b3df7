use std::fs;

use tempfile::TempDir;

use super::super::fastapi;
use super::super::plan::Plan;
use super::*;

/// Paths and contents.
type Files = &'static [(&'static str, &'static str)];

fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn set_up(folder: &TempDir) -> Vec<String> {
    let root = folder.path().canonicalize().unwrap();
    let scaffold = fastapi::scaffold(&root).unwrap();
    Plan::new(&root, &scaffold.parts, false).unwrap().write(|_| ()).unwrap();
    let again = fastapi::scaffold(&root).unwrap();
    let again = Plan::new(&root, &again.parts, false).unwrap();
    assert_eq!(again.changes().count(), 0, "a second run changes nothing");
    assert_eq!(again.items().count(), again.items().filter(|item| item.before.is_some()).count());
    scaffold.install_with
}

fn text(folder: &TempDir, path: &str) -> String {
    fs::read_to_string(folder.path().join(path)).unwrap_or_default()
}

const APPLICATION: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

#[test]
fn the_package_goes_beside_the_application() {
    let cases: [(Files, &str, &str); 7] = [
        (&[], "app", "app.clerk_auth"),
        (&[("main.py", APPLICATION)], "", "clerk_auth"),
        (&[("main.py", "print('no application')\n")], "app", "app.clerk_auth"),
        (&[("app/main.py", APPLICATION), ("main.py", APPLICATION)], "app", "app.clerk_auth"),
        (&[("src/shop/__init__.py", ""), ("src/shop/main.py", APPLICATION)], "src/shop", "shop.clerk_auth"),
        (&[("shop/__init__.py", ""), ("shop/server.py", APPLICATION)], "shop", "shop.clerk_auth"),
        (&[("src/shop/__init__.py", "")], "src/shop", "shop.clerk_auth"),
    ];
    for (files, path, module) in cases {
        let folder = project(files);
        set_up(&folder);
        let root = folder.path();
        assert!(root.join(path).join("clerk_auth/session.py").is_file(), "{files:?}");
        assert!(text(&folder, "tests/test_clerk_auth.py").contains(&format!("from {module} import")), "{files:?}");
        let source = if path.starts_with("src/") { "src" } else { "." };
        assert!(text(&folder, "pyproject.toml").contains(&format!("pythonpath = [\"{source}\"]")), "{files:?}");
        for (file, before) in files {
            assert_eq!(text(&folder, file), *before, "what is there is left alone");
        }
    }
}

#[test]
fn tests_and_environments_hold_no_application() {
    let folder =
        project(&[("tests/__init__.py", ""), ("tests/main.py", APPLICATION), (".venv/x/main.py", APPLICATION)]);
    assert_eq!(PythonProject::read(folder.path()).unwrap().layout.folder, Path::new("app"));
}

#[test]
fn a_pyproject_keeps_its_form_and_gets_what_is_missing() {
    let before = "# Ours.\n[project]\nname = \"shop\"  # the shop\ndependencies = [\n  # the framework\n  \"FastAPI[standard]>=0.100\",\n  \"PyJWT\"\n]\n\n\
        [project.optional-dependencies]\ntest = [\"pytest>=8\"]\n\n[tool.pytest.ini_options]\naddopts = \"-q\"\n";
    let folder = project(&[("pyproject.toml", before), ("uv.lock", "")]);
    assert_eq!(set_up(&folder), ["uv", "sync"]);
    let added = "\"PyJWT\",\n  \"cryptography==50.0.2\",\n  \"httpx2==2.16.2\",\n  \"pydantic-settings==2.16.3\",\n  \"uvicorn==0.54.0\",\n]";
    let development = "\n[dependency-groups]\ndev = [\n    \"mypy==2.4.1\",\n]\n";
    assert_eq!(text(&folder, "pyproject.toml"), before.replace("\"PyJWT\"\n]", added) + development);
}

#[test]
fn a_project_is_installed_by_what_it_is_made_with() {
    let cases: [(Files, &str); 4] = [
        (&[("pyproject.toml", "[tool.uv]\npackage = false\n"), ("requirements.txt", "")], "uv pip install"),
        (&[("pyproject.toml", "[project]\nname = \"x\"\n\n[build-system]\nbuild-backend = \"uv_build\"\n")], "uv sync"),
        (
            &[(
                "pyproject.toml",
                "[project]\nname = \"x\"\n\n[build-system]\nbuild-backend = \"poetry.core.masonry.api\"\n",
            )],
            "poetry install",
        ),
        (&[("pyproject.toml", "[project]\nname = \"x\"\n"), ("venv/bin/python", "")], "venv/bin/python -m pip install"),
    ];
    for (files, expected) in cases {
        let words = set_up(&project(files)).join(" ");
        assert!(words.starts_with(expected), "{files:?}: {words}");
    }
}

#[test]
fn line_ends_stay() {
    let folder = project(&[("pyproject.toml", "[project]\r\nname = \"shop\"\r\ndependencies = [\"fastapi\"]\r\n")]);
    set_up(&folder);
    let after = text(&folder, "pyproject.toml");
    assert!(after.contains("dependencies = [\"fastapi\", \"cryptography==50.0.2\""), "{after}");
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
}

#[test]
fn poetry_gets_its_own_tables() {
    let before =
        "[tool.poetry]\nname = \"shop\"\n\n[tool.poetry.dependencies]\npython = \"^3.9\"\nfastapi = \"^0.100\"\n";
    let folder = project(&[("pyproject.toml", before)]);
    assert_eq!(set_up(&folder), ["poetry", "install"]);
    let after = text(&folder, "pyproject.toml");
    assert!(after.starts_with(&format!("{before}cryptography = \"50.0.2\"\n")), "{after}");
    assert!(after.contains("[tool.poetry.group.dev.dependencies]\nmypy = \"2.4.1\"\n"), "{after}");
    assert!(!after.contains("[project]"), "{after}");
    assert!(PythonProject::read(folder.path()).unwrap().is_too_old());
    fs::write(folder.path().join("poetry.lock"), "").unwrap();
    assert_eq!(set_up(&folder), ["poetry", "lock"]);
}

#[test]
fn requirements_are_added_to_where_a_project_has_them() {
    let before = "-r base.txt\nfastapi>=0.100  # the framework\nPyJWT[crypto]==2.15.1";
    let folder = project(&[("requirements.txt", before), ("pyproject.toml", "[tool.ruff]\nline-length = 100\n")]);
    assert_eq!(set_up(&folder).join(" "), "python3 -m pip install -r requirements.txt -r requirements-dev.txt");
    let added = "\ncryptography==50.0.2\nhttpx2==2.16.2\npydantic-settings==2.16.3\nuvicorn==0.54.0\n";
    assert_eq!(text(&folder, "requirements.txt"), format!("{before}{added}"));
    assert_eq!(text(&folder, "requirements-dev.txt"), "mypy==2.4.1\npytest==9.2.0\n");
    assert_eq!(text(&folder, "pytest.ini"), "[pytest]\npythonpath = .\n");
    assert_eq!(text(&folder, "pyproject.toml"), "[tool.ruff]\nline-length = 100\n");
}

#[test]
fn pip_installs_what_is_asked_for_into_the_environment_that_is_there() {
    let manifest = "[project]\nname = \"shop\"\ndependencies = [\"fastapi>=0.100\"]\n";
    let folder = project(&[("pyproject.toml", manifest), (".venv/bin/python", "")]);
    let words = set_up(&folder);
    assert_eq!(words[..4], [".venv/bin/python", "-m", "pip", "install"]);
    assert!(words.contains(&"fastapi>=0.100".to_owned()) && words.contains(&"pyjwt==2.15.1".to_owned()), "{words:?}");
}

#[test]
fn what_is_no_pyproject_is_told_and_nothing_is_written() {
    for text in ["[project", "[project]\nname = \"x\"\ndependencies = \"fastapi\"\n"] {
        let folder = project(&[("pyproject.toml", text)]);
        let root = folder.path().canonicalize().unwrap();
        let told =
            fastapi::scaffold(&root).and_then(|scaffold| Ok(Plan::new(&root, &scaffold.parts, false)?)).unwrap_err();
        assert!(told.to_string().starts_with("cannot understand pyproject.toml: "), "{told}");
        assert!(!root.join("app").exists());
    }
}

#[test]
fn a_project_is_fastapis_when_it_asks_for_it() {
    let cases: [(Files, bool); 5] = [
        (&[], false),
        (&[("requirements.txt", "fastapi-utils\n# fastapi\n")], false),
        (&[("requirements.txt", "FastAPI[all]==0.165.0\n")], true),
        (&[("pyproject.toml", "[project]\nname = \"x\"\ndependencies = [\"fastapi\"]\n")], true),
        (&[("pyproject.toml", "[tool.poetry.dependencies]\nfastapi = \"*\"\n")], true),
    ];
    for (files, expected) in cases {
        assert_eq!(fastapi::is_in(project(files).path()).unwrap(), expected, "{files:?}");
    }
}
