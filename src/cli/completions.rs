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
    use super::*;

    #[test]
    fn every_shell_is_told_every_command() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell] {
            let script = script(shell);
            for command in Cli::command().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
            assert!(script.contains("deny-warnings"), "{shell}");
        }
    }
}
