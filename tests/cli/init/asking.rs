//! What is asked for, and which framework is found where none is named.

use super::*;

const NAMES: &str = "express, fastapi, fastify, hono, nextjs, worker";

#[test]
fn the_framework_is_found_among_the_dependencies() {
    for (package, framework) in [
        (r#"{"dependencies": {"express": "^4.0.0"}}"#, "Express"),
        (r#"{"devDependencies": {"fastify": "5"}}"#, "Fastify"),
        (r#"{"peerDependencies": {"hono": "*"}}"#, "Hono"),
        (r#"{"dependencies": {"next": "16.4.6", "react": "19"}}"#, "Next.js"),
    ] {
        let project = Project::new(&[("package.json", package)]);
        let output = project.init(&[]);
        assert!(said(&output).contains(&format!(" for {framework}\n")), "{}", said(&output));
    }
}

#[test]
fn where_none_or_several_are_found_one_must_be_named() {
    let none = "clerk-edge: no framework is named, and the project's dependencies have none of those that are known";
    let hint = "(hint: name one, as in `clerk-edge init express`)";
    for files in [vec![], vec![("package.json", r#"{"dependencies": {"koa": "3"}}"#)]] {
        assert_eq!(Project::new(&files).refused(&[]), (2, format!("{none} {hint}\n")));
    }
    let project = Project::new(&[("package.json", r#"{"dependencies": {"next": "16", "express": "5"}}"#)]);
    let several = "clerk-edge: no framework is named, and the project's dependencies have several: express, nextjs";
    assert_eq!(project.refused(&[]), (2, format!("{several} {hint}\n")));
    assert!(!project.set_up(&["express"]).is_empty());
}

#[test]
fn a_path_may_stand_alone_or_behind_the_framework() {
    let project = Project::new(&[("api/package.json", r#"{"dependencies": {"express": "5"}}"#)]);
    let written = project.set_up(&["api"]);
    assert!(written.contains(&".env.example".to_owned()), "{written:?}");
    assert!(project.path("api/.env.example").is_file());
    assert_eq!(project.set_up(&["express", "./api"]), Vec::<String>::new());
}

#[test]
fn what_is_neither_a_framework_nor_a_folder_is_asked_for_wrongly() {
    let project = Project::new(&[("file", "")]);
    for (arguments, told) in [
        (vec!["koa"], format!("expected a framework ({NAMES}) or a folder, got koa")),
        (vec!["koa", "."], format!("expected a framework ({NAMES}) or a folder, got koa")),
        (vec!["file"], format!("expected a framework ({NAMES}) or a folder, got file")),
        (vec!["express", "file"], "file is not a folder (hint: name the folder of a project that is there)".to_owned()),
        (vec!["express", "none"], "none is not a folder (hint: name the folder of a project that is there)".to_owned()),
    ] {
        assert_eq!(project.refused(&arguments), (2, format!("clerk-edge: {told}\n")));
    }
    assert_eq!(project.refused(&["express", ".", "more"]).0, 2);
    assert_eq!(project.refused(&["express", "--install", "--dry-run"]).0, 2);
}

#[test]
fn a_manifest_that_cannot_be_read_is_told_before_anything_is_written() {
    for (file, text) in [("package.json", "{"), ("package.json", "[]"), ("tsconfig.json", "{ \"compilerOptions\": ")] {
        let (code, told) = Project::new(&[(file, text)]).refused(&["express"]);
        assert_eq!((code, told.starts_with(&format!("clerk-edge: cannot understand {file}: "))), (1, true), "{told}");
    }
}

#[test]
fn the_help_has_an_example_and_every_framework() {
    let project = Project::new(&[]);
    let help = project.set_up(&["--help"]).join("\n");
    assert!(help.contains("$ clerk-edge init express ./api"), "{help}");
    assert!(FRAMEWORKS.iter().all(|framework| help.contains(framework)), "{help}");
}
