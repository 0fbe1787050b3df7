//! `completions`: scripts that their shells take.

use std::env;
use std::io::{Write as _, stderr};
use std::process::{Command, Stdio};

use crate::harness::*;

/// What a shell says of a script that it only reads; `None` where there is no such shell.
fn complaints(shell: &str, args: &[&str], script: &[u8]) -> Option<String> {
    let mut command = Command::new(shell);
    let mut child =
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().ok()?;
    child.stdin.take().unwrap().write_all(script).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    Some(if output.status.success() { said } else { format!("{}: {said}", output.status) })
}

/// Whether a shell is there. In continuous integration each one is; elsewhere it is told what was left out.
fn is_there(shell: &str) -> bool {
    let found = Command::new(shell).arg("--version").output().is_ok();
    assert!(found || env::var_os("CI").is_none(), "{shell} is missing");
    if !found {
        // Past what keeps the words of passing tests from being seen.
        let line = format!("skipped: there is no {shell} whose completions could be tried\n");
        stderr().write_all(line.as_bytes()).unwrap();
    }
    found
}

#[test]
fn each_shell_reads_its_script_without_complaint() {
    for (shell, args) in
        [("bash", ["-n", "/dev/stdin"]), ("zsh", ["-n", "/dev/stdin"]), ("fish", ["--no-execute", "/dev/stdin"])]
    {
        let output = clerk_edge(&["completions", shell]);
        assert_eq!((output.status.code(), said(&output)), (Some(0), ""), "{shell}");
        if is_there(shell) {
            assert_eq!(complaints(shell, &args, &output.stdout).as_deref(), Some(""), "{shell}");
        }
    }
    assert!(complaints("bash", &["-n", "/dev/stdin"], b"if then").is_none_or(|said| !said.is_empty()));
    assert_eq!(clerk_edge(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn bash_completes_commands_and_their_options() {
    let script = String::from_utf8(clerk_edge(&["completions", "bash"]).stdout).unwrap();
    let ask = |words: &str| {
        let count = words.split(' ').count();
        let ask = format!(
            "\nCOMP_WORDS=({words}); COMP_CWORD={}; _clerk__edge clerk-edge \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
            count - 1
        );
        let output = Command::new("bash").arg("-c").arg(format!("{script}{ask}")).output();
        output.map(|output| String::from_utf8(output.stdout).unwrap()).unwrap_or_default()
    };
    if !is_there("bash") {
        return;
    }
    assert_eq!(ask("clerk-edge che"), "check\n");
    assert_eq!(ask("clerk-edge check --deny"), "--deny-warnings\n");
}

#[test]
fn fish_completes_commands_and_their_options() {
    if !is_there("fish") {
        return;
    }
    let script = String::from_utf8(clerk_edge(&["completions", "fish"]).stdout).unwrap();
    let ask = |words: &str| {
        let output =
            Command::new("fish").args(["--no-config", "-c", &format!("{script}\ncomplete -C '{words}'")]).output();
        let said = String::from_utf8(output.unwrap().stdout).unwrap();
        said.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ask("clerk-edge che"), ["check"]);
    assert_eq!(ask("clerk-edge check --deny"), ["--deny-warnings"]);
}

#[test]
fn zsh_takes_its_script_for_the_completion_of_the_command() {
    if !is_there("zsh") {
        return;
    }
    let script = String::from_utf8(clerk_edge(&["completions", "zsh"]).stdout).unwrap();
    let ask = format!(
        "autoload -Uz compinit; compinit -D\n{script}\nprint ${{_comps[clerk-edge]}} ${{+functions[_clerk-edge]}}"
    );
    let output = Command::new("zsh").args(["-f", "-c", &ask]).output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "_clerk-edge 1\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
