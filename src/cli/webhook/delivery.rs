//! One delivery as Clerk makes it: the event in its envelope, signed, sent, and what was answered.
//!
//! The command and the stand-in both send through here.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::events;
use crate::cli::identifier::identifier;
use crate::instance::is_trusted_address;
use crate::platform::native::agent;
use crate::time::UnixTime;
use crate::webhook::{WebhookSecrets, is_id};

/// Longest wait for the answer, in seconds: as long as Svix waits.
const TIMEOUT_SECONDS: u64 = 15;

/// Longest answer that is read, in bytes.
const BODY_BYTES: u64 = 1024 * 1024;

/// Where a delivery goes: plain http on this machine. An event that never happened must not reach a real application.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(in crate::cli) struct DeliveryUrl(String);

/// A delivery's id.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(in crate::cli) struct MessageId(String);

/// What is to be sent.
pub(in crate::cli) struct Delivery {
    pub(in crate::cli) url: DeliveryUrl,
    /// Type of the event, listed or not.
    pub(in crate::cli) kind: String,
    /// A new one unless given.
    pub(in crate::cli) id: Option<MessageId>,
    /// An example of the type's data unless given.
    pub(in crate::cli) data: Option<Value>,
    /// How far the time of the signature is from now, in seconds.
    pub(in crate::cli) time_offset: i64,
}

/// What the target said to a delivery.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Answer {
    pub(in crate::cli) id: String,
    #[serde(rename = "type")]
    pub(in crate::cli) kind: String,
    pub(in crate::cli) status: u16,
    pub(in crate::cli) body: String,
}

impl DeliveryUrl {
    /// Plain http is trusted on this machine alone, which makes that the test.
    pub(in crate::cli) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.starts_with("http://") && is_trusted_address(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err("expected an address on this machine, such as http://127.0.0.1:8787/webhooks/clerk")
        }
    }
}

impl fmt::Display for DeliveryUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for DeliveryUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl MessageId {
    pub(in crate::cli) fn parse(text: &str) -> Result<Self, &'static str> {
        let expected = "expected a word of visible ASCII without comma and dot, such as msg_1";
        if is_id(text) { Ok(Self(text.to_owned())) } else { Err(expected) }
    }
}

impl TryFrom<String> for MessageId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl Delivery {
    /// Signs and sends, and waits for the answer, whatever its status.
    pub(in crate::cli) fn send(&self, secrets: &WebhookSecrets, now: UnixTime) -> Result<Answer, Box<ureq::Error>> {
        let Self { url, kind, id, data, time_offset } = self;
        let id = id.as_ref().map_or_else(|| identifier("msg_"), |id| id.0.clone());
        let body = envelope(kind, data.as_ref(), now).to_string();
        let timestamp = UnixTime::from_seconds(now.seconds().saturating_add(*time_offset));
        let request = agent(&url.0, TIMEOUT_SECONDS).post(&url.0).header("content-type", "application/json");
        let request = request.header("user-agent", "Svix-Webhooks/1.0").header("svix-id", &id);
        let request = request.header("svix-timestamp", timestamp.seconds().to_string());
        let request = request.header("svix-signature", secrets.sign(&id, timestamp, body.as_bytes()));
        let mut response = request.send(body.as_bytes())?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(BODY_BYTES).lossy_utf8(true).read_to_string()?;
        Ok(Answer { id, kind: kind.clone(), status, body })
    }
}

/// The event as Clerk sends it.
fn envelope(kind: &str, data: Option<&Value>, now: UnixTime) -> Value {
    let milliseconds = now.seconds() * 1000;
    json!({
        "data": data.cloned().unwrap_or_else(|| events::data(kind, milliseconds)),
        "event_attributes": {"http_request": {"client_ip": "203.0.113.7", "user_agent": "clerk-edge"}},
        "instance_id": identifier("ins_"),
        "object": "event",
        "timestamp": milliseconds,
        "type": kind,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_on_this_machine_is_sent_to() {
        for good in ["http://127.0.0.1:8787/webhooks/clerk", "http://localhost:1"] {
            assert_eq!(DeliveryUrl::parse(good).unwrap().to_string(), good);
        }
        for bad in ["https://example.com/", "http://example.com", "http://127.0.0.1@example.com/", "127.0.0.1", ""] {
            assert!(DeliveryUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_known_type_has_data_in_the_envelope() {
        for kind in events::TYPES {
            let event = envelope(kind, None, UnixTime::from_seconds(1_750_000_000));
            let members: Vec<&String> = event.as_object().unwrap().keys().collect();
            assert_eq!(members, ["data", "event_attributes", "instance_id", "object", "timestamp", "type"]);
            assert_eq!((&event["type"], &event["timestamp"]), (&json!(kind), &json!(1_750_000_000_000_i64)));
        }
        let own = envelope("custom.event", Some(&json!([1])), UnixTime::from_seconds(0));
        assert_eq!((&own["data"], &own["type"]), (&json!([1]), &json!("custom.event")));
    }
}
