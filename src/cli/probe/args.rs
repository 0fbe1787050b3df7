//! The flags of `clerk-edge test`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::framework::Framework;
use crate::cli::mint::loopback_url;

/// What `clerk-edge test` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  What needs no secret: does the API turn forged tokens away?
    $ clerk-edge test http://127.0.0.1:3000 --protected /api/protected
  Everything, against an API that trusts the stand-in of `clerk-edge issuer`:
    $ clerk-edge test http://127.0.0.1:3000 --issuer-url http://127.0.0.1:8788 --public / --admin /api/admin
  In CI, with what GitHub shows as code scanning alerts:
    $ clerk-edge test http://127.0.0.1:3000 --issuer-url http://127.0.0.1:8788 --format sarif > clerk-edge.sarif

Exit code: 0 all checks of severity must passed, 1 one failed, 2 asked for wrongly, nothing answers, or
every check was skipped.")]
pub(in crate::cli) struct TestArgs {
    /// Address of the API
    #[arg(value_name = "URL", required_unless_present = "list")]
    pub(super) url: Option<String>,
    /// File with the same settings [default: clerk-edge.test.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Path that needs a session [default: /api/protected]
    #[arg(long, value_name = "PATH", help_heading = "Paths")]
    pub(super) protected: Option<String>,
    /// Path for everyone
    #[arg(long, value_name = "PATH", help_heading = "Paths")]
    pub(super) public: Option<String>,
    /// Path for everyone that knows who asks
    #[arg(long, value_name = "PATH", help_heading = "Paths")]
    pub(super) optional: Option<String>,
    /// Path for administrators
    #[arg(long, value_name = "PATH", help_heading = "Paths")]
    pub(super) admin: Option<String>,
    /// Path of a GraphQL endpoint
    #[arg(long, value_name = "PATH", help_heading = "Paths")]
    pub(super) graphql: Option<String>,
    /// Path that takes Clerk's webhooks
    #[arg(long, value_name = "PATH", help_heading = "Paths")]
    pub(super) webhook: Option<String>,
    /// Origin whose scripts may call the API
    #[arg(long, value_name = "ORIGIN", help_heading = "Paths")]
    pub(super) origin: Option<String>,
    /// Certificates in PEM of authorities to trust beside those that browsers trust
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub(super) ca_file: Option<PathBuf>,
    /// Port for plain HTTP beside https [default: 80, where https has 443]
    #[arg(long, value_name = "PORT", help_heading = "Connection", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) http_port: Option<u16>,
    /// Longest wait for one answer, in seconds
    #[arg(long, value_name = "SECONDS", help_heading = "Connection", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=120))]
    pub(super) timeout: u64,
    /// Forged tokens only, which need no secret (the default)
    #[arg(long, help_heading = "Tokens", conflicts_with_all = ["issuer_url", "clerk"])]
    pub(super) forged: bool,
    /// Stand-in on this machine that the API trusts; its keys and its outages are used
    #[arg(long, value_name = "URL", help_heading = "Tokens", conflicts_with = "clerk", value_parser = loopback_url)]
    pub(super) issuer_url: Option<String>,
    /// Clerk development instance whose CLERK_SECRET_KEY (sk_test_) is in the environment
    #[arg(long, help_heading = "Tokens")]
    pub(super) clerk: bool,
    /// User of that instance to open a session for [default: the first that it lists]
    #[arg(long, value_name = "ID", help_heading = "Tokens", requires = "clerk")]
    pub(super) clerk_user: Option<String>,
    /// Token of a user; - reads it from stdin
    #[arg(long, value_name = "TOKEN", help_heading = "Tokens")]
    pub(super) token: Option<String>,
    /// Token of an administrator; - reads it from stdin
    #[arg(long, value_name = "TOKEN", help_heading = "Tokens")]
    pub(super) admin_token: Option<String>,
    /// Token that has run out; - reads it from stdin
    #[arg(long, value_name = "TOKEN", help_heading = "Tokens")]
    pub(super) expired_token: Option<String>,
    /// Also send POST, PUT, PATCH and DELETE, which may change what the API holds
    #[arg(long, help_heading = "Care")]
    pub(super) r#unsafe: bool,
    /// Host to test that is not this machine: the URL's very host (repeatable)
    #[arg(long, value_name = "HOST", help_heading = "Care")]
    pub(super) allow_host: Vec<String>,
    /// Most requests in a second [default: 20, and as many as it takes on this machine]
    #[arg(long, value_name = "NUMBER", help_heading = "Care", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) rate: Option<u32>,
    /// Only these checks, by number or name
    #[arg(long, value_name = "CHECKS", value_delimiter = ',', help_heading = "Checks")]
    pub(super) only: Vec<String>,
    /// Not these checks, by number or name
    #[arg(long, value_name = "CHECKS", value_delimiter = ',', help_heading = "Checks")]
    pub(super) skip: Vec<String>,
    /// Fail when a check of severity should fails, too
    #[arg(long, help_heading = "Checks")]
    pub(super) strict: bool,
    /// Framework to hint for [default: what the answers look like]
    #[arg(long, value_enum, help_heading = "Output")]
    pub(super) framework: Option<Framework>,
    /// Report to print
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub(super) format: Format,
    /// Print the checks and do nothing
    #[arg(long, help_heading = "Output")]
    pub(super) list: bool,
}

/// A kind of report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// For reading
    #[default]
    Pretty,
    /// One JSON document
    Json,
    /// JUnit's XML
    Junit,
    /// SARIF 2.1.0
    Sarif,
}
