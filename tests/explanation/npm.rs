//! The package's words for the checks: written in JavaScript, in types and in its README, and owned here.

use std::fs;
use std::path::Path;

use clerk_edge::checks::Check;

fn file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn the_package_has_the_checks_by_name_in_their_order() {
    let names = Check::ALL.map(|check| format!("'{}'", check.name()));
    let script = format!("export const CHECKS = [{}];\n", names.join(", "));
    assert!(file("pkg/src/explain.js").contains(&script), "{script}");
    let types = format!("export type CheckName =\n  | {};\n", names.join("\n  | "));
    assert!(file("pkg/types/index.d.ts").contains(&types), "{types}");
}

#[test]
fn the_place_of_a_check_is_what_the_package_is_told() {
    for (place, check) in Check::ALL.into_iter().enumerate() {
        assert_eq!(usize::from(check as u8), place);
    }
}

#[test]
fn the_readme_has_every_check_with_its_codes() {
    let readme = file("pkg/README.md");
    for check in Check::ALL {
        let codes: Vec<String> = check.codes().iter().map(|code| format!("`{code}`")).collect();
        let (start, end) = (format!("| `{}` | ", check.name()), format!(" | {} |\n", codes.join(", ")));
        let row = readme.lines().find(|line| line.starts_with(&start)).map(|line| format!("{line}\n"));
        assert!(row.as_ref().is_some_and(|row| row.ends_with(&end)), "{start}…{end}: {row:?}");
    }
}
