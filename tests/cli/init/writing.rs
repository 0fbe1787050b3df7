//! What is written and what is left alone: again, over what is there, as a diff, and through links.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

const EXPRESS: (&str, &str) = ("package.json", r#"{"name": "api", "dependencies": {"express": "5.3.0"}}"#);

#[test]
fn a_second_run_finds_nothing_to_do() {
    for framework in FRAMEWORKS {
        for tsconfig in [false, true] {
            let project = Project::new(if tsconfig { &[("tsconfig.json", "{}")] } else { &[] });
            assert!(project.set_up(&[framework]).len() > 8, "{framework}");
            let files = project.files();
            let again = project.init(&[framework]);
            assert_eq!((again.status.code(), again.stdout.len()), (Some(0), 0));
            assert!(
                said(&again).starts_with("clerk-edge: nothing to do: the project is set up for "),
                "{}",
                said(&again)
            );
            assert!(project.files() == files, "{framework}");
        }
    }
}

#[test]
fn a_dry_run_prints_the_diff_and_writes_nothing() {
    let files = [EXPRESS, (".gitignore", "dist"), (".env.example", "PORT=1\n")];
    let (project, copy) = (Project::new(&files), Project::new(&files));
    let before = project.files();
    let output = project.init(&["--dry-run"]);
    assert_eq!((output.status.code(), said(&output), project.files() == before), (Some(0), "", true));
    let patch = copy.path("change.diff");
    fs::write(&patch, &output.stdout).unwrap();
    let applied = Command::new("git").args(["apply", "change.diff"]).current_dir(copy.0.path()).output().unwrap();
    assert!(applied.status.success(), "{}", said(&applied));
    fs::remove_file(patch).unwrap();
    project.set_up(&[]);
    assert!(copy.files() == project.files());
    let nothing = project.init(&["--dry-run"]);
    assert_eq!((nothing.stdout.len(), said(&nothing)), (0, "clerk-edge: nothing would change\n"));
}

#[test]
fn a_file_that_differs_is_kept_unless_forced() {
    let project = Project::new(&[EXPRESS]);
    project.set_up(&[]);
    let ours = project.read("src/clerk/auth.js");
    project.write("src/clerk/auth.js", "// mine\n");
    let output = project.init(&[]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    assert!(
        said(&output).starts_with("clerk-edge: kept src/clerk/auth.js, which differs (hint: "),
        "{}",
        said(&output)
    );
    assert_eq!(project.read("src/clerk/auth.js"), "// mine\n");
    let diff = project.set_up(&["--force", "--dry-run"]).join("\n");
    assert!(
        diff.starts_with("--- a/src/clerk/auth.js\n+++ b/src/clerk/auth.js\n") && diff.contains("\n-// mine\n"),
        "{diff}"
    );
    assert_eq!(project.set_up(&["--force"]), ["src/clerk/auth.js"]);
    assert_eq!(project.read("src/clerk/auth.js"), ours);
}

#[test]
fn what_belongs_to_the_project_is_added_to_and_stays_even_when_forced() {
    let project = Project::new(&[
        (
            "package.json",
            "{\n    \"dependencies\": {\n        \"express\": \"^4.18.0\",\n        \"zod\": \"4\"\n    },\n    \"name\": \"api\"\n}",
        ),
        (".gitignore", ".env*\r\n"),
        (".env.example", "CLERK_PUBLISHABLE_KEY=pk_test_mine\n"),
    ]);
    project.set_up(&["--force"]);
    let package = project.read("package.json");
    let dependencies = "{\n    \"dependencies\": {\n        \"clerk-edge\": \"0.1.0\",\n        \"cors\": \"2.8.6\",\n        \"express\": \"^4.18.0\",\n        \"zod\": \"4\"\n    },\n    \"name\": \"api\",\n    \"scripts\": {";
    assert!(package.starts_with(dependencies), "{package}");
    assert_eq!(project.read(".gitignore"), ".env*\r\n\r\nnode_modules/\r\n!.env.example\r\n");
    let example = project.read(".env.example");
    assert!(example.starts_with("CLERK_PUBLISHABLE_KEY=pk_test_mine\n\n# "), "{example}");
    assert_eq!(example.matches("CLERK_PUBLISHABLE_KEY").count(), 1);
}

#[test]
fn no_link_leads_out_of_the_project() {
    let outside = Project::new(&[("auth.js", "theirs")]);
    for (link, target) in [
        ("src", outside.path("")),
        ("src/clerk", outside.path("")),
        ("src/clerk/auth.js", outside.path("auth.js")),
        ("src/clerk/auth.js", outside.path("none.js")),
        (".gitignore", outside.path("none")),
        ("package.json", outside.path("none")),
    ] {
        let project = Project::new(&[]);
        fs::create_dir_all(project.path(link).parent().unwrap()).unwrap();
        symlink(&target, project.path(link)).unwrap();
        let (code, told) = project.refused(&["express"]);
        assert_eq!(
            (code, told.contains("leads out of the project through a symbolic link")),
            (1, true),
            "{link}: {told}"
        );
    }
    assert_eq!(outside.files().into_values().collect::<Vec<_>>(), ["theirs"]);
}

#[test]
fn a_link_within_the_project_is_written_through() {
    let project = Project::new(&[("shared/ignored", "dist\n")]);
    symlink("shared/ignored", project.path(".gitignore")).unwrap();
    project.set_up(&["express"]);
    assert!(project.path(".gitignore").is_symlink());
    assert_eq!(project.read("shared/ignored"), "dist\n\nnode_modules/\n.env*\n!.env.example\n");
}

#[test]
fn a_folder_or_a_file_in_the_way_is_told() {
    let project = Project::new(&[("src/clerk/auth.js/file", "")]);
    assert_eq!(project.refused(&["express"]), (1, "clerk-edge: src/clerk/auth.js is not a file\n".to_owned()));
    let project = Project::new(&[("src/clerk", "")]);
    assert_eq!(project.refused(&["express"]).0, 1);
}

#[test]
fn a_file_keeps_its_permissions_and_a_new_one_is_for_everyone_to_read() {
    let project = Project::new(&[(".gitignore", "")]);
    let mode = |path: &str| fs::metadata(project.path(path)).unwrap().permissions().mode() & 0o777;
    fs::set_permissions(project.path(".gitignore"), fs::Permissions::from_mode(0o600)).unwrap();
    project.write("plain", "");
    project.set_up(&["express"]);
    assert_eq!((mode(".gitignore"), mode("src/clerk/auth.js")), (0o600, mode("plain")));
}

#[test]
fn the_installer_runs_in_the_project_and_does_not_speak_on_stdout() {
    let run = |script: &str| {
        let project =
            Project::new(&[("bin/pnpm", script), ("api/pnpm-lock.yaml", ""), ("api/package.json", EXPRESS.1)]);
        fs::set_permissions(project.path("bin/pnpm"), fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new(BINARY);
        let output = command
            .args(["init", "express", "api", "--install"])
            .env("PATH", format!("{}:/bin:/usr/bin", project.path("bin").display()));
        (output.current_dir(project.0.path()).output().unwrap(), project)
    };
    let (output, project) = run("#!/bin/sh\necho told \"$@\"; pwd\n");
    let folder = project.path("api").canonicalize().unwrap();
    let expected = format!("clerk-edge: running pnpm install\ntold install\n{}\n", folder.display());
    assert!(said(&output).contains(&expected), "{}", said(&output));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), printed.contains("told")), (Some(0), false));
    let (output, _project) = run("#!/bin/sh\nexit 3\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("clerk-edge: pnpm install failed (exit status: 3) (hint: the files are written; "),
        "{}",
        said(&output)
    );
}

#[test]
fn files_that_git_gave_the_line_ends_of_windows_are_as_they_were_written() {
    let on_workers = vec![("package.json", r#"{"dependencies": {"hono": "4"}, "devDependencies": {"wrangler": "4"}}"#)];
    let projects = FRAMEWORKS.into_iter().map(|framework| (framework, vec![])).chain([("hono", on_workers)]);
    for (framework, files) in projects {
        let project = Project::new(&files);
        project.set_up(&[framework]);
        for (path, text) in project.files() {
            project.write(path.to_str().unwrap(), &text.replace('\n', "\r\n"));
        }
        let files = project.files();
        let again = project.init(&[framework]);
        assert_eq!((again.status.code(), again.stdout.len()), (Some(0), 0), "{framework}: {}", said(&again));
        let told = "clerk-edge: nothing to do: the project is set up for ";
        assert!(said(&again).starts_with(told), "{framework}: {}", said(&again));
        assert!(project.files() == files, "{framework}");
    }
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    let project = Project::new(&[
        ("tsconfig.json", "\u{feff}{\"compilerOptions\": {\"moduleResolution\": \"bundler\"}}"),
        ("wrangler.jsonc", "\u{feff}{\"main\": \"src/index.ts\"}"),
    ]);
    project.set_up(&["hono"]);
    let wrangler = project.read("wrangler.jsonc");
    assert!(wrangler.starts_with("\u{feff}{") && wrangler.contains("\"vars\""), "{wrangler}");
    assert!(project.read("src/clerk/api.ts").contains("from './auth'"), "{:?}", project.files().keys());
}
