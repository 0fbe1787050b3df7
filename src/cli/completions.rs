//! `clerk-edge completions`: what makes a shell complete commands and options.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, CliError, print_result};

/// The program.
const NAME: &str = "clerk-edge";

/// What `clerk-edge completions` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bash, with the package bash-completion:
    $ mkdir -p ~/.local/share/bash-completion/completions
    $ clerk-edge completions bash > ~/.local/share/bash-completion/completions/clerk-edge
  zsh, where ~/.zfunc is in fpath before compinit runs:
    $ mkdir -p ~/.zfunc
    $ clerk-edge completions zsh > ~/.zfunc/_clerk-edge
  fish:
    $ clerk-edge completions fish > ~/.config/fish/completions/clerk-edge.fish
  elvish:
    $ clerk-edge completions elvish >> ~/.config/elvish/rc.elv
  PowerShell:
    > clerk-edge completions powershell >> $PROFILE")]
pub(super) struct CompletionsArgs {
    /// Shell to complete in
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script of a shell.
pub(super) fn run(args: &CompletionsArgs) -> Result<(), CliError> {
    print_result(script(args.shell).trim_end())
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
    let script = String::from_utf8_lossy(&script);
    // For bash, clap_complete 4.6 writes a hyphen in the program's name in two ways and then finds none of its commands
    // again (clap-rs/clap#6421).
    if shell == Shell::Bash { script.replace("clerk__subcmd__edge", "clerk__edge") } else { script.into_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use clap::Command;

    use super::*;

    /// What may follow the words of each command: its own commands and its options, as it is built.
    fn expected(command: &Command, words: &str, lists: &mut BTreeMap<String, BTreeSet<String>>) {
        let options = command.get_arguments().flat_map(|option| {
            let long = option.get_long().map(|name| format!("--{name}"));
            long.into_iter().chain(option.get_short().map(|letter| format!("-{letter}")))
        });
        let commands = command.get_subcommands().map(|command| command.get_name().to_owned());
        lists.insert(words.to_owned(), options.chain(commands).collect());
        for command in command.get_subcommands() {
            expected(command, &format!("{words};{}", command.get_name()), lists);
        }
    }

    /// What a script offers after the words of each command, where both stand on lines of their own: what is between two texts.
    fn offered(shell: Shell, words: [&str; 2], offer: [&str; 2]) -> BTreeMap<String, BTreeSet<String>> {
        let between = |line: &str, [start, end]: [&str; 2]| {
            line.trim().strip_prefix(start)?.split_once(end).map(|(text, _)| text.to_owned())
        };
        let mut lists: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut command = None;
        for line in script(shell).lines() {
            if let Some(words) = between(line, words) {
                lists.entry(words.clone()).or_default();
                command = Some(words);
            } else if let (Some(words), Some(offer)) = (&command, between(line, offer)) {
                lists.entry(words.clone()).or_default().insert(offer);
            }
        }
        lists
    }

    #[test]
    fn every_shell_is_told_every_command() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell);
            for command in Cli::command().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
            assert!(script.contains("deny-warnings"), "{shell}");
        }
    }

    /// What the other shells make of their scripts is tried in `tests/cli`; these two are not where that runs.
    #[test]
    fn powershell_and_elvish_are_told_every_command_and_every_option_and_no_other() {
        let mut command = Cli::command();
        command.build();
        let mut all = BTreeMap::new();
        expected(&command, NAME, &mut all);
        assert!(all[&format!("{NAME};check")].contains("--deny-warnings"));
        assert_eq!(offered(Shell::PowerShell, ["'", "' {"], ["[CompletionResult]::new('", "'"]), all);
        assert_eq!(offered(Shell::Elvish, ["&'", "'= {"], ["cand ", " "]), all);
    }
}
