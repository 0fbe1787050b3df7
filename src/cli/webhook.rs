//! `clerk-edge webhook send`: one signed delivery, as Clerk makes it, to a gateway on this machine.
//!
//! Clerk itself cannot reach a development machine, so this stands in for it.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::{CliError, print_result};
use crate::platform::native::now;
use crate::webhook::WebhookSecrets;

mod billing;
mod delivery;
mod events;

pub(super) use self::delivery::{Answer, Delivery, DeliveryUrl, MessageId};
pub(super) use self::events::TYPES;

/// The variable that holds the secret where no option does, as for the gateway.
const SECRET_VARIABLE: &str = "CLERK_WEBHOOK_SIGNING_SECRET";

/// What `clerk-edge webhook` is told.
#[derive(Debug, Args)]
pub(super) struct WebhookArgs {
    #[command(subcommand)]
    command: WebhookCommand,
}

#[derive(Debug, Subcommand)]
enum WebhookCommand {
    /// Send a signed delivery to an address on this machine, and print what it answers
    Send(SendArgs),
}

/// What `clerk-edge webhook send` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  A user is created, told to the gateway that `npm start` runs:
    $ clerk-edge webhook send http://127.0.0.1:8787/webhooks/clerk --secret whsec_…
  The same delivery twice, which its target gets once:
    $ clerk-edge webhook send http://127.0.0.1:8787/webhooks/clerk --secret whsec_… --id msg_1
  The known types of event:
    $ clerk-edge webhook send --list")]
struct SendArgs {
    /// Where to: http on this machine
    #[arg(value_name = "URL", value_parser = DeliveryUrl::parse, required_unless_present = "list")]
    url: Option<DeliveryUrl>,
    /// Type of the event; one that is not listed is sent as well
    #[arg(long = "type", value_name = "TYPE", default_value = "user.created")]
    kind: String,
    /// Signing secret [default: CLERK_WEBHOOK_SIGNING_SECRET]
    #[arg(long, value_name = "SECRET", value_parser = secrets)]
    secret: Option<WebhookSecrets>,
    /// Id of the delivery [default: a new one]
    #[arg(long, value_parser = MessageId::parse)]
    id: Option<MessageId>,
    /// The event's data [default: an example of its type]
    #[arg(long, value_name = "JSON", value_parser = data)]
    data: Option<Value>,
    /// Moves the time of the signature, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0, allow_negative_numbers = true)]
    time_offset: i64,
    /// Print the known types instead
    #[arg(long)]
    list: bool,
}

/// Does what was asked.
pub(super) fn run(args: WebhookArgs) -> Result<(), CliError> {
    let WebhookCommand::Send(SendArgs { url, kind, secret, id, data, time_offset, list }) = args.command;
    match url {
        _ if list => print_result(&TYPES.join("\n")),
        Some(url) => send(&Delivery { url, kind, id, data, time_offset }, secret),
        // The parser asks for one of the two.
        None => Ok(()),
    }
}

fn send(delivery: &Delivery, secrets: Option<WebhookSecrets>) -> Result<(), CliError> {
    let secrets = match secrets {
        Some(secrets) => secrets,
        None => secret_of_environment()?,
    };
    let unreachable = |source| CliError::NoAnswer { url: delivery.url.to_string(), source };
    let Answer { status, body, .. } = delivery.send(&secrets, now()).map_err(unreachable)?;
    print_result(format!("{status}\n{}", body.trim_end()).trim_end())?;
    if (200..300).contains(&status) { Ok(()) } else { Err(CliError::NotDelivered(status)) }
}

fn secret_of_environment() -> Result<WebhookSecrets, CliError> {
    let text = std::env::var(SECRET_VARIABLE).map_err(|_| CliError::NoSecret)?;
    WebhookSecrets::parse(&text).map_err(CliError::Secret)
}

fn secrets(text: &str) -> Result<WebhookSecrets, String> {
    WebhookSecrets::parse(text).map_err(|error| error.to_string())
}

fn data(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("expected JSON: {error}"))
}
