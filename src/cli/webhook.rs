//! `clerk-edge webhook send`: one signed delivery, as Clerk makes it, to a gateway on this machine.
//!
//! Clerk itself cannot reach a development machine, so this stands in for it.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use ureq::Agent;

use super::identifier::identifier;
use super::{CliError, print_result};
use crate::instance::is_trusted_address;
use crate::platform::native::now;
use crate::time::UnixTime;
use crate::webhook::{WebhookSecrets, is_id};

mod events;

/// Longest wait for the answer, in seconds: as long as Svix waits.
const TIMEOUT_SECONDS: u64 = 15;

/// Longest answer that is read, in bytes.
const BODY_BYTES: u64 = 1024 * 1024;

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
    #[arg(value_name = "URL", value_parser = loopback_url, required_unless_present = "list")]
    url: Option<String>,
    /// Type of the event; one that is not listed is sent as well
    #[arg(long = "type", value_name = "TYPE", default_value = "user.created")]
    kind: String,
    /// Signing secret [default: CLERK_WEBHOOK_SIGNING_SECRET]
    #[arg(long, value_name = "SECRET", value_parser = secrets)]
    secret: Option<WebhookSecrets>,
    /// Id of the delivery [default: a new one]
    #[arg(long, value_parser = id)]
    id: Option<String>,
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
    let WebhookCommand::Send(args) = args.command;
    match args.url {
        _ if args.list => print_result(&events::TYPES.join("\n")),
        Some(url) => send(&url, args.secret, args.id, &args.kind, args.data, args.time_offset),
        // The parser asks for one of the two.
        None => Ok(()),
    }
}

fn send(
    url: &str,
    secrets: Option<WebhookSecrets>,
    id: Option<String>,
    kind: &str,
    data: Option<Value>,
    time_offset: i64,
) -> Result<(), CliError> {
    let secrets = match secrets {
        Some(secrets) => secrets,
        None => secret_of_environment()?,
    };
    let id = id.unwrap_or_else(|| identifier("msg_"));
    let now = now();
    let body = envelope(kind, data, now).to_string();
    let timestamp = UnixTime::from_seconds(now.seconds().saturating_add(time_offset));
    let signature = secrets.sign(&id, timestamp, body.as_bytes());
    let unreachable = |source| CliError::NoAnswer { url: url.to_owned(), source: Box::new(source) };
    let request =
        agent().post(url).header("content-type", "application/json").header("user-agent", "Svix-Webhooks/1.0");
    let request = request.header("svix-id", &id).header("svix-timestamp", timestamp.seconds().to_string());
    let mut response = request.header("svix-signature", signature).send(body.as_bytes()).map_err(unreachable)?;
    let text = response.body_mut().with_config().limit(BODY_BYTES).read_to_string().map_err(unreachable)?;
    let status = response.status();
    print_result(format!("{}\n{}", status.as_u16(), text.trim_end()).trim_end())?;
    if status.is_success() { Ok(()) } else { Err(CliError::NotDelivered(status.as_u16())) }
}

/// The event as Clerk sends it.
fn envelope(kind: &str, data: Option<Value>, now: UnixTime) -> Value {
    let milliseconds = now.seconds() * 1000;
    json!({
        "data": data.unwrap_or_else(|| events::data(kind, milliseconds)),
        "event_attributes": {"http_request": {"client_ip": "203.0.113.7", "user_agent": "clerk-edge"}},
        "instance_id": identifier("ins_"),
        "object": "event",
        "timestamp": milliseconds,
        "type": kind,
    })
}

fn secret_of_environment() -> Result<WebhookSecrets, CliError> {
    let text = std::env::var(SECRET_VARIABLE).map_err(|_| CliError::NoSecret)?;
    WebhookSecrets::parse(&text).map_err(CliError::Secret)
}

/// No proxy of the environment and no redirect leads off this machine.
fn agent() -> Agent {
    Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(TIMEOUT_SECONDS)))
        .build()
        .into()
}

/// An event that never happened must not reach a real application. Plain http is trusted on this machine alone, which
/// makes that the test.
fn loopback_url(text: &str) -> Result<String, &'static str> {
    if text.starts_with("http://") && is_trusted_address(text) {
        Ok(text.to_owned())
    } else {
        Err("expected an address on this machine, such as http://127.0.0.1:8787/webhooks/clerk")
    }
}

fn secrets(text: &str) -> Result<WebhookSecrets, String> {
    WebhookSecrets::parse(text).map_err(|error| error.to_string())
}

fn id(text: &str) -> Result<String, &'static str> {
    let expected = "expected a word of visible ASCII without comma and dot, such as msg_1";
    if is_id(text) { Ok(text.to_owned()) } else { Err(expected) }
}

fn data(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("expected JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_on_this_machine_is_sent_to() {
        for good in ["http://127.0.0.1:8787/webhooks/clerk", "http://localhost:1"] {
            assert_eq!(loopback_url(good).unwrap(), good);
        }
        for bad in ["https://example.com/", "http://example.com", "http://127.0.0.1@example.com/", "127.0.0.1", ""] {
            assert!(loopback_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_known_type_has_data_in_the_envelope() {
        for kind in events::TYPES {
            let event = envelope(kind, None, UnixTime::from_seconds(1_750_000_000));
            let members: Vec<&String> = event.as_object().unwrap().keys().collect();
            assert_eq!(members, ["data", "event_attributes", "instance_id", "object", "timestamp", "type"]);
            assert_eq!((&event["type"], &event["timestamp"]), (&json!(kind), &json!(1_750_000_000_000_i64)));
            assert!(event["data"].as_object().is_some_and(|data| data.contains_key("id") && data.len() > 2), "{event}");
        }
        let own = envelope("custom.event", Some(json!([1])), UnixTime::from_seconds(0));
        assert_eq!((&own["data"], &own["type"]), (&json!([1]), &json!("custom.event")));
    }
}
