//! `clerk-edge keygen`: a key for assertions, and the document that a gateway publishes with it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;

use super::identifier::random_bytes;
use super::{CliError, print_result};
use crate::assertion::{ASSERTION_KEY, AssertionKeys, SEED_BYTES};

/// What `clerk-edge keygen` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  A key for a deployed gateway, which nobody gets to see:
    $ clerk-edge keygen | npx wrangler secret put ASSERTION_KEY
  A key for this machine:
    $ echo \"ASSERTION_KEY=$(clerk-edge keygen)\" >> .dev.vars
  What origins check with, to be given to one that cannot reach the gateway:
    $ ASSERTION_KEY=… clerk-edge keygen --jwks")]
pub(super) struct KeygenArgs {
    /// Print the public keys of ASSERTION_KEY instead, as a gateway publishes them
    #[arg(long)]
    jwks: bool,
}

/// Prints a new key, or the document of those that there are.
pub(super) fn run(args: &KeygenArgs) -> Result<(), CliError> {
    if args.jwks {
        let text = std::env::var(ASSERTION_KEY).map_err(|_| CliError::NoAssertionKey)?;
        return print_result(AssertionKeys::parse(&text).map_err(CliError::AssertionKey)?.document());
    }
    // Letters, digits, - and _ alone: nothing that a shell or a file of variables would read as more than text.
    print_result(&URL_SAFE_NO_PAD.encode(random_bytes::<SEED_BYTES>()))
}
