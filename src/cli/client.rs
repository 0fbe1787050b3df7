//! `clerk-edge client`: writes the client of an API into a project, over the npm package's one fetch.
//!
//! Each kind is a well-kept library with that fetch below it, so that tokens, retries and errors are the same whatever is on
//! top. Types come from what describes the API, by the library's own generator, which a script of package.json runs.

mod check;
mod description;
mod error;
mod kind;
mod place;
mod wanted;

use std::path::PathBuf;

use clap::Args;

pub(super) use self::error::ClientError;
use self::kind::Kind;
use self::place::Place;
use self::wanted::Wanted;
use super::project::showing::{carry_out, show, tell_kept};
use super::project::{Plan, programs};
use super::{CliError, say};

/// What `clerk-edge client` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
What is written is TypeScript over `clerk-edge/client`, with exact dependencies. Nothing that is there is overwritten unless --force
says so. What was written is printed, a path a line; a second run prints nothing. Where the API is described by a document or a
schema, `npm run gen:api` makes the types, now and whenever the description changes.

Examples:
  Calls and types from an OpenAPI document:
    $ clerk-edge client rest src/api --openapi openapi.yaml
  Without a document, get, post and the like, checked by a schema:
    $ clerk-edge client rest src/api
  Apollo Client for React, with typed operations:
    $ clerk-edge client graphql src/api --schema schema.graphql --react
  tRPC, whose types come from the server's router:
    $ clerk-edge client trpc src/api --router ../server/src/router.ts
  Whether what is there is what would be written and generated, for continuous integration:
    $ clerk-edge client rest src/api --openapi openapi.yaml --check")]
pub(super) struct ClientArgs {
    /// What the API speaks, or is asked with
    kind: Kind,
    /// The folder to write to, in a project
    out: PathBuf,
    /// The OpenAPI document of the API, a file or an address (rest, axios)
    #[arg(long, value_name = "FILE")]
    openapi: Option<String>,
    /// The schema of the API, a file or an address (graphql)
    #[arg(long, value_name = "FILE")]
    schema: Option<String>,
    /// The module that exports the type `AppRouter`: a file, or as an import names it (trpc)
    #[arg(long, value_name = "PATH")]
    router: Option<String>,
    /// Write a provider and a hook for React, too, with the tokens of Clerk's session
    #[arg(long)]
    react: bool,
    /// Print what would change as a unified diff, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Overwrite files that differ
    #[arg(long)]
    force: bool,
    /// Install the dependencies afterwards, and generate the types
    #[arg(long, conflicts_with = "dry_run")]
    install: bool,
    /// Compare what would be written and generated with what is there, write nothing, and exit with 1 where it differs
    #[arg(long, conflicts_with_all = ["dry_run", "force", "install"])]
    check: bool,
}

/// Brings a client into a project, or shows the way there.
pub(super) fn run(args: ClientArgs) -> Result<(), CliError> {
    let ClientArgs { kind, out, openapi, schema, router, react, dry_run, force, install, check } = args;
    let described = kind.described_by(openapi, schema, router)?;
    let place = Place::of(&out)?;
    let wanted = Wanted::new(kind, &place, described.as_ref(), react)?;
    if check {
        return check::run(&place, &wanted);
    }
    let plan = Plan::new(&place.root, &wanted.parts, force).map_err(ClientError::Project)?;
    if dry_run {
        wanted.warnings.iter().for_each(|warning| say(warning));
        return show(&plan);
    }
    carry_out(&plan)?.map_err(ClientError::Project)?;
    tell(&plan, &wanted);
    if install {
        return install_and_generate(&place, &wanted);
    }
    tell_next(&plan, &wanted);
    Ok(())
}

fn tell(plan: &Plan, wanted: &Wanted) {
    tell_kept(plan);
    wanted.warnings.iter().for_each(|warning| say(warning));
    if plan.changes().next().is_none() {
        say("nothing to do: the client is there");
    }
}

fn tell_next(plan: &Plan, wanted: &Wanted) {
    if plan.changes().next().is_some() {
        wanted.next_steps.iter().for_each(|words| say(&format!("next: {}", words.join(" "))));
    }
}

fn install_and_generate(place: &Place, wanted: &Wanted) -> Result<(), CliError> {
    for words in &wanted.next_steps {
        programs::run(&place.root, words).map_err(ClientError::Project)?;
    }
    Ok(())
}
