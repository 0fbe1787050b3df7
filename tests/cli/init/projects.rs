//! What is written for a project by what it is: language, modules, folders, runner, package manager, version.

use super::*;

#[track_caller]
fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn javascript_follows_the_type_of_its_package() {
    let commonjs = Project::new(&[("package.json", r#"{"dependencies": {"express": "5"}}"#)]);
    commonjs.set_up(&[]);
    assert_has(
        &commonjs.read("src/clerk/auth.js"),
        &[
            "const { clerkEdge } = require('clerk-edge/express');",
            "require('./verifier.js')",
            "module.exports = { requireAuth,",
        ],
    );
    let modules = Project::new(&[("package.json", r#"{"type": "module", "dependencies": {"express": "5"}}"#)]);
    modules.set_up(&[]);
    assert_has(
        &modules.read("src/clerk/auth.js"),
        &["import { clerkEdge } from 'clerk-edge/express';", "from './verifier.js';", "export const {"],
    );
    let new = Project::new(&[]);
    new.set_up(&["express"]);
    assert_has(
        &new.read("package.json"),
        &["\"type\": \"module\"", "\"express\": \"5.3.0\"", "\"test:auth\": \"node --test src/clerk/auth.test.js\""],
    );
    assert_has(&new.read("src/clerk/auth.js"), &["export const {"]);
}

#[test]
fn typescript_is_known_by_its_configuration_or_its_compiler() {
    for files in [vec![("tsconfig.json", "{}")], vec![("package.json", r#"{"devDependencies": {"typescript": "^5"}}"#)]]
    {
        let project = Project::new(&files);
        project.set_up(&["fastify"]);
        assert_has(&project.read("src/clerk/verifier.ts"), &["export async function verifyToken(token: string) {"]);
        assert_has(&project.read("package.json"), &["\"tsx\": ", "\"@types/node\": ", "\"typescript\": "]);
    }
}

#[test]
fn imports_end_as_the_compiler_reads_them() {
    for (options, import) in [
        ("", "from './verifier.js';"),
        (r#""moduleResolution": "bundler""#, "from './verifier';"),
        (r#""rewriteRelativeImportExtensions": true"#, "from './verifier.ts';"),
    ] {
        let project = Project::new(&[("tsconfig.json", &format!("{{ \"compilerOptions\": {{ {options} }} }}"))]);
        project.set_up(&["hono"]);
        assert_has(&project.read("src/clerk/auth.ts"), &[import]);
    }
}

#[test]
fn a_module_that_would_not_be_one_is_told() {
    let tsconfig = ("tsconfig.json", r#"{"compilerOptions": {"verbatimModuleSyntax": true}}"#);
    let told = "set \"type\": \"module\" in package.json";
    let commonjs = Project::new(&[tsconfig, ("package.json", "{}")]);
    assert_has(said(&commonjs.init(&["express"])), &[told]);
    let module = Project::new(&[tsconfig, ("package.json", r#"{"type": "module"}"#)]);
    assert!(!said(&module.init(&["express"])).contains(told));
}

#[test]
fn a_server_is_written_where_no_file_starts_one() {
    let bare = Project::new(&[]);
    assert!(bare.set_up(&["express"]).contains(&"src/server.js".to_owned()));
    assert_has(&bare.read("package.json"), &["\"dev\": \"node --env-file=.env --watch src/server.js\""]);
    for (entry, package, at) in [
        ("src/index.js", "{}", "src/clerk/api.js"),
        ("app.js", "{}", "clerk/api.js"),
        ("lib/start.js", r#"{"main": "lib/start.js"}"#, "src/clerk/api.js"),
    ] {
        let project = Project::new(&[(entry, ""), ("package.json", package)]);
        let output = project.init(&["express"]);
        let written = String::from_utf8(output.stdout.clone()).unwrap();
        assert!(!written.contains("server.js") && written.contains(at), "{written}");
        assert_has(said(&output), &["import { api } from './clerk/api.js', app.use(api)"]);
        assert!(!project.read("package.json").contains("\"dev\""));
    }
}

#[test]
fn the_tests_are_written_for_the_runner_of_the_project() {
    for (package, import, script) in [
        (
            r#"{"type": "module", "devDependencies": {"vitest": "4"}}"#,
            "import { test } from 'vitest';",
            "\"test:auth\": \"vitest run src/clerk/auth.test.js\"",
        ),
        (
            r#"{"devDependencies": {"jest": "30"}}"#,
            "const { test } = require('@jest/globals');",
            "\"test:auth\": \"jest src/clerk/auth.test.js\"",
        ),
        (
            r#"{"type": "module"}"#,
            "import { test } from 'node:test';",
            "\"test:auth\": \"node --test src/clerk/auth.test.js\"",
        ),
    ] {
        let project = Project::new(&[("package.json", package)]);
        project.set_up(&["hono"]);
        assert_has(&project.read("src/clerk/auth.test.js"), &[import]);
        assert_has(&project.read("package.json"), &[script]);
    }
}

#[test]
fn the_package_manager_is_the_one_that_is_named_or_left_its_lock_file() {
    let package = |manager: &str| format!(r#"{{"packageManager": "{manager}", "dependencies": {{"express": "5"}}}}"#);
    for (lock, manager, expected) in [
        ("none", "", "npm"),
        ("package-lock.json", "", "npm"),
        ("pnpm-lock.yaml", "", "pnpm"),
        ("yarn.lock", "", "yarn"),
        ("bun.lock", "", "bun"),
        ("bun.lockb", "", "bun"),
        ("package-lock.json", "pnpm@10.1.0", "pnpm"),
    ] {
        let project = Project::new(&[(lock, ""), ("package.json", &package(manager))]);
        assert_has(
            said(&project.init(&[])),
            &[&format!("next: {expected} install\n"), &format!("next: {expected} run test:auth\n")],
        );
    }
    let workspace = Project::new(&[("pnpm-lock.yaml", ""), (".git/HEAD", ""), ("api/package.json", &package(""))]);
    assert_has(said(&workspace.init(&["api"])), &["next: pnpm install\n"]);
    let beside = Project::new(&[("pnpm-lock.yaml", ""), ("api/.git/HEAD", ""), ("api/package.json", &package(""))]);
    assert_has(said(&beside.init(&["api"])), &["next: npm install\n"]);
}

#[test]
fn next_js_has_its_proxy_where_its_version_looks_for_it() {
    for (version, folder, expected) in [
        ("16.4.6", "app", "proxy.js"),
        ("^16.0.0", "src/app", "src/proxy.js"),
        ("latest", "src/pages", "src/proxy.js"),
        ("^15.2.0", "app", "middleware.js"),
        ("15.5.9", "src/app", "src/middleware.js"),
    ] {
        let package = format!(r#"{{"dependencies": {{"next": "{version}"}}}}"#);
        let project = Project::new(&[("package.json", &package), (&format!("{folder}/.keep"), "")]);
        let written = project.set_up(&[]);
        assert!(written.contains(&expected.to_owned()), "{written:?}");
        let function = if expected.contains("proxy") {
            "export async function proxy("
        } else {
            "export async function middleware("
        };
        assert_has(&project.read(expected), &[function]);
        let base = if folder.starts_with("src") { "src/" } else { "" };
        let route =
            if folder.ends_with("pages") { "pages/api/orgs/[orgId].js" } else { "app/api/orgs/[orgId]/route.js" };
        assert!(written.contains(&format!("{base}{route}")), "{written:?}");
    }
}

#[test]
fn next_js_gets_no_second_proxy() {
    for there in ["middleware.ts", "middleware.js", "proxy.js"] {
        let project = Project::new(&[
            ("package.json", r#"{"dependencies": {"next": "16"}, "devDependencies": {"typescript": "5"}}"#),
            (there, ""),
        ]);
        let output = project.init(&[]);
        assert!(!project.path("proxy.ts").exists());
        assert_has(
            said(&output),
            &[&format!("next: let {there} answer preflights, and see protect in clerk/auth.ts\n")],
        );
    }
}

#[test]
fn hono_runs_on_workers_where_wrangler_does() {
    let hono = |more: &str| format!(r#"{{"dependencies": {{"hono": "4"{more}}}}}"#);
    let (plain, wrangler) = (hono(""), hono(r#", "wrangler": "4""#));
    let both = hono(r#", "wrangler": "4", "@hono/node-server": "2""#);
    for (package, file, configuration) in [
        (&wrangler, None, "wrangler.jsonc"),
        (&plain, Some(("wrangler.jsonc", "{}")), "wrangler.jsonc"),
        (&plain, Some(("wrangler.json", "{}")), "wrangler.json"),
        (&both, Some(("wrangler.toml", "")), "wrangler.toml"),
    ] {
        let files: Vec<_> = [("package.json", package.as_str())].into_iter().chain(file).collect();
        let project = Project::new(&files);
        let written = project.set_up(&[]);
        for path in [configuration, ".dev.vars.example", "src/index.js"] {
            assert!(written.contains(&path.to_owned()), "{path} in {written:?}");
        }
        assert_has(&project.read(configuration), &["CLERK_PUBLISHABLE_KEY", "CLERK_AUTHORIZED_PARTIES"]);
        assert_has(&project.read("src/clerk/auth.js"), &["clerkEdge((c) => verifierOf(c.env));"]);
        assert_has(&project.read("package.json"), &["\"dev\": \"wrangler dev\""]);
        assert_has(&project.read(".gitignore"), &[".dev.vars*\n!.dev.vars.example\n"]);
        for (path, text) in project.files().into_iter().filter(|(path, _)| !path.ends_with("auth.test.js")) {
            for of_node in ["process.env", "@hono/node-server\": \"2.1", "from 'node:"] {
                assert!(!text.contains(of_node), "{of_node} in {}", path.display());
            }
        }
        assert_eq!(project.set_up(&[]), Vec::<String>::new(), "again");
    }
    for package in [&plain, &both] {
        let project = Project::new(&[("package.json", package)]);
        assert!(project.set_up(&[]).contains(&"src/server.js".to_owned()));
    }
}

#[test]
fn a_worker_that_is_there_is_told_what_to_mount() {
    let worker = [
        ("package.json", r#"{"dependencies": {"hono": "4"}}"#),
        ("wrangler.jsonc", "{\n  // mine\n  \"main\": \"worker/start.js\"\n}\n"),
    ];
    let project = Project::new(&worker);
    let output = project.init(&[]);
    assert!(!project.path("src/index.js").exists());
    assert_has(said(&output), &["next: mount it: import { api } from './clerk/api.js', app.route('/', api)\n"]);
    assert_has(&project.read("wrangler.jsonc"), &["  // mine\n  \"main\": \"worker/start.js\",\n  \"vars\": {\n"]);
    let broken = Project::new(&[("wrangler.jsonc", "{"), worker[0]]);
    assert!(broken.refused(&[]).1.starts_with("clerk-edge: cannot understand wrangler.jsonc: "));
}

#[test]
fn a_project_is_named_after_its_folder_as_its_tools_take_names() {
    for (folder, node, python) in [
        ("api", "api", "api"),
        ("My API (1)", "my-api-1", "my-api-1"),
        ("c++", "c", "c"),
        (".hidden_x.y", "hidden_x.y", "hidden-x-y"),
        ("\"'\\", "api", "api"),
        ("é", "api", "api"),
    ] {
        for (framework, file, line) in [
            ("express", "package.json", format!("  \"name\": \"{node}\",")),
            ("fastapi", "pyproject.toml", format!("name = \"{python}\"")),
        ] {
            let project = Project::new(&[]);
            fs::create_dir(project.path(folder)).unwrap();
            project.set_up(&[framework, folder]);
            let text = project.read(&format!("{folder}/{file}"));
            assert!(text.lines().any(|there| there == line), "{folder}: {text}");
        }
    }
}
