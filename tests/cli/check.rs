//! `check` where more than files matter: git, and the configurations of this repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::harness::*;

const KEY: &str = "CLERK_PUBLISHABLE_KEY=pk_test_Y2xlcmsuY2xlcmsuZGV2JA\n";

const WRANGLER: &str = "\
compatibility_flags = ['enable_request_signal']
kv_namespaces = [{ binding = 'JWKS' }]
triggers = { crons = ['* * * * *'] }
[vars.GATEWAY]
authorized_parties = ['https://app.example.com']
routes = [{ path = '/', origin = 'zone' }]
";

/// A folder of its own, gone in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("clerk-edge-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn git(&self, args: &[&str]) {
        let output = Command::new("git").arg("-C").arg(&self.0).args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// The findings as `severity name file:line`, and the exit code.
    fn check(&self, args: &[&str]) -> (Vec<String>, Option<i32>) {
        let wrangler = self.0.join("wrangler.toml");
        let args: Vec<&str> =
            ["check", wrangler.to_str().unwrap(), "--format", "json"].iter().chain(args).copied().collect();
        let output = clerk_edge(&args);
        (findings(&output, &self.0), output.status.code())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn findings(output: &Output, folder: &Path) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let line = |finding: &serde_json::Value| {
        let file = Path::new(finding["file"].as_str().unwrap());
        let file = file.strip_prefix(folder).unwrap_or(file).display();
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        format!("{} {} {file}:{}", text("severity"), text("name"), finding["line"])
    };
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn secrets_that_git_tracks_are_found_and_others_are_not() {
    let folder = Folder::new("tracked");
    let secret = format!("sk_live_{}", "aB3dE5gH7jK9mN1pQ3sT5vX7");
    folder.write("wrangler.toml", WRANGLER);
    folder.write(".dev.vars", KEY);
    folder.write(".dev.vars.example", "CLERK_SECRET_KEY=sk_test_…\n");
    folder.write("src/a.ts", &format!("// a\n\nconst key = '{secret}';\nconst again = '{secret}';\n"));
    folder.write("data.bin", &format!("\0{secret}"));
    folder.write("long.txt", &format!("{secret}{}", " ".repeat(1024 * 1024)));
    assert_eq!(folder.check(&[]), (vec![], Some(0)), "no repository, nothing said");
    folder.git(&["init", "--quiet"]);
    assert_eq!(folder.check(&[]), (vec![], Some(0)), "nothing is tracked yet");
    folder.git(&["add", "--all"]);
    let note = "note not-all-searched wrangler.toml:1";
    let expected = ["mistake tracked-secrets-file .dev.vars:1", "mistake secret-in-source src/a.ts:3", note];
    assert_eq!(folder.check(&[]), (expected.map(str::to_owned).to_vec(), Some(1)));
    folder.git(&["rm", "--quiet", "--cached", ".dev.vars"]);
    assert_eq!(folder.check(&["--allow", "secret-in-source src/*"]), (vec![note.to_owned()], Some(0)));
}

#[test]
fn a_secret_in_source_is_not_shown() {
    let folder = Folder::new("hidden");
    let secret = format!("whsec_{}", "aB3dE5gH7jK9mN1pQ3sT5vX7");
    folder.write(
        "wrangler.toml",
        &format!("{WRANGLER}[vars]\n")
            .replace("[vars]\n", "")
            .replace("[vars.GATEWAY]", &format!("[vars]\nX = '{secret}'\n[vars.GATEWAY]")),
    );
    folder.write(".dev.vars", &format!("{KEY}CLERK_WEBHOOK_SIGNING_SECRET={secret}"));
    folder.git(&["init", "--quiet"]);
    folder.git(&["add", "--all"]);
    for format in ["pretty", "json"] {
        let wrangler = folder.0.join("wrangler.toml");
        let output = clerk_edge(&["check", wrangler.to_str().unwrap(), "--format", format]);
        assert_eq!(output.status.code(), Some(1));
        let stdout = String::from_utf8(output.stdout.clone()).unwrap();
        assert!(
            stdout.contains("secret-in-variable")
                && !stdout.contains(&secret[6..])
                && !said(&output).contains(&secret[6..])
        );
    }
}

#[test]
fn the_configurations_of_this_repository_are_right_once_they_have_a_key() {
    let folder = Folder::new("own");
    let key = folder.write("key", KEY);
    for file in ["wrangler.toml", "examples/own-handler/wrangler.toml", "examples/graphql-worker/wrangler.toml"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let args = ["check", file.to_str().unwrap(), "--format", "json"];
        let with_key = [&args[..], &["--deny-warnings", "--env-file", key.to_str().unwrap()]].concat();
        let output = clerk_edge(&with_key);
        assert_eq!((findings(&output, &folder.0), output.status.code()), (vec![], Some(0)), "{}", file.display());
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(report["tests"].as_array().unwrap().len() >= 2, "{}", file.display());
        let none = folder.write("none", "");
        let output = clerk_edge(&[&args[..], &["--env-file", none.to_str().unwrap()]].concat());
        let found = findings(&output, &folder.0);
        assert!(found.len() == 1 && found[0].starts_with("mistake configuration"), "without a key: {found:?}");
    }
}
