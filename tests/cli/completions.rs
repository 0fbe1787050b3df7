//! `completions`: scripts that their shells take.

use std::io::Write as _;
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

#[test]
fn each_shell_reads_its_script_without_complaint() {
    for (shell, args) in
        [("bash", ["-n", "/dev/stdin"]), ("zsh", ["-n", "/dev/stdin"]), ("fish", ["--no-execute", "/dev/stdin"])]
    {
        let output = clerk_edge(&["completions", shell]);
        assert_eq!((output.status.code(), said(&output)), (Some(0), ""), "{shell}");
        let found = complaints(shell, &args, &output.stdout);
        assert_eq!(found.unwrap_or_default(), "", "{shell}");
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
    let Ok(_) = Command::new("bash").arg("--version").output() else { return };
    assert_eq!(ask("clerk-edge che"), "check\n");
    assert_eq!(ask("clerk-edge check --deny"), "--deny-warnings\n");
}
