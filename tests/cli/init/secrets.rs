//! No template holds a secret, nor what might be taken for one.

use super::*;

/// What secrets begin with; a publishable key is none, but names somebody's instance.
const BEGINNINGS: [&str; 6] = ["sk_test_", "sk_live_", "pk_test_", "pk_live_", "whsec_", "ak_"];

fn first_secret(text: &str) -> Option<String> {
    if let Some((_, after)) = text.split_once("PRIVATE KEY-----") {
        return Some(format!("PRIVATE KEY-----{}", after.lines().next().unwrap_or_default()));
    }
    let is_filled = |rest: &str| rest.starts_with(|next: char| next.is_ascii_alphanumeric());
    BEGINNINGS.into_iter().find_map(|beginning| {
        let found = text.match_indices(beginning).find(|(at, _)| {
            let before = text.get(..*at).unwrap_or_default();
            let is_word = before.ends_with(|before: char| before.is_ascii_alphanumeric() || before == '_');
            !is_word && is_filled(text.get(at + beginning.len()..).unwrap_or_default())
        });
        found.map(|(at, _)| text.get(at..).unwrap_or_default().chars().take(40).collect())
    })
}

#[test]
fn a_secret_would_be_found() {
    for secret in ["KEY=sk_test_a", "\"whsec_YWJj\"", "pk_live_Y2xlcms", "-----BEGIN RSA PRIVATE KEY-----\nMII"] {
        assert!(first_secret(secret).is_some(), "{secret}");
    }
    for placeholder in ["pk_test_...", "whsec_${key}", "whsec_…", "-----BEGIN PUBLIC KEY-----", "task_test_1"] {
        assert_eq!(first_secret(placeholder), None);
    }
}

#[test]
fn no_template_holds_a_secret() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/init");
    let mut files = BTreeMap::new();
    collect(&root, &root, &mut files);
    assert!(files.keys().filter(|path| path.extension().is_some_and(|ending| ending == "jinja")).count() > 20);
    for (path, text) in files {
        assert_eq!(first_secret(&text), None, "{}", path.display());
    }
}

#[test]
fn nothing_that_is_written_holds_a_secret() {
    for framework in FRAMEWORKS {
        let project = Project::new(&[]);
        project.set_up(&[framework]);
        for (path, text) in project.files() {
            assert_eq!(first_secret(&text), None, "{}", path.display());
        }
    }
}
