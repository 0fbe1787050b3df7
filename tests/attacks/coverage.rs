//! That every known attack has a test with its number, or a line in SECURITY.md that says why it cannot apply.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How many attacks are known.
const ATTACKS: u32 = 51;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.is_dir() => sources(&path),
            Some("rs" | "mjs") => vec![path],
            _ => vec![],
        })
        .collect()
}

/// The number at the start of a text, two digits of it.
fn number(text: &str) -> Option<u32> {
    text.get(..2)?.parse().ok()
}

/// The numbers of the tests in one file: `fn attack_07_…` behind `#[test]`, or `test('attack 07: …'`.
fn tested(source: &str) -> BTreeSet<u32> {
    let mut numbers = BTreeSet::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        let function = line.strip_prefix("fn attack_").and_then(number);
        if is_test {
            numbers.extend(function);
        }
        is_test = line == "#[test]" || is_test && line.starts_with('#');
        let starts = ["test('attack ", "test(`attack ", "describe('attack ", "{ name: 'attack "];
        numbers.extend(starts.iter().filter_map(|start| line.strip_prefix(start).and_then(number)));
    }
    numbers
}

/// The numbers of the rows below the heading of SECURITY.md.
fn cannot_apply(document: &str) -> BTreeSet<u32> {
    let (_, rest) = document.split_once("## Known attacks that cannot apply").unwrap();
    let rows = rest.split("\n## ").next().unwrap().lines().filter_map(|line| line.strip_prefix("| "));
    rows.filter(|row| row.split('|').nth(2).is_some_and(|why| why.trim().len() > 20)).filter_map(number).collect()
}

#[test]
fn every_known_attack_is_tested_or_said_not_to_apply() {
    let files = ["tests", "src"].iter().flat_map(|folder| sources(&root().join(folder)));
    let own = Path::new(file!()).file_name();
    let texts = files.filter(|file| file.file_name() != own).map(|file| std::fs::read_to_string(file).unwrap());
    let tested: BTreeSet<u32> = texts.flat_map(|text| tested(&text)).collect();
    let excused = cannot_apply(&std::fs::read_to_string(root().join("SECURITY.md")).unwrap());
    let missing: Vec<u32> =
        (1..=ATTACKS).filter(|number| !tested.contains(number) && !excused.contains(number)).collect();
    assert_eq!(missing, [0; 0], "neither a test nor a line in SECURITY.md");
    let unknown: Vec<_> = tested.union(&excused).filter(|number| !(1..=ATTACKS).contains(*number)).collect();
    assert!(unknown.is_empty(), "there is no attack {unknown:?}");
}

#[test]
fn a_number_is_found_in_the_name_of_a_test_alone() {
    let source = "
// attack 01: a comment
fn attack_02_a_helper() {}
#[test]
#[ignore]
fn attack_03_a_test() {}
    #[test]
    fn attack_04_in_a_macro(x in 0..1) {}
fn attack_05_another_helper() {}
test('attack 06: of the Worker', async () => {
test('no number: attack 07', async () => {
  { name: 'attack 08: one of a table', routes: [] },
";
    assert_eq!(tested(source), BTreeSet::from([3, 4, 6, 8]));
    let document = "# S\n## Known attacks that cannot apply\n| | attack | why |\n| --- | --- | --- |\n| 09 | a | because of a reason that is given |\n| 10 | b | no |\n## Next\n| 11 | c | because of a reason that is given |\n";
    assert_eq!(cannot_apply(document), BTreeSet::from([9]));
}
