//! Webhooks: which deliveries are taken for Clerk's.

use clerk_edge::headers::HeaderList;
use clerk_edge::time::UnixTime;
use clerk_edge::webhook::{UnverifiedDelivery, WebhookSecrets};
use serde_json::Value;

use crate::tokens::now;
use crate::{assert_explained, differences, list, text, vectors, word};

#[test]
fn deliveries_are_taken_as_verify_webhook_takes_them() {
    let Some(vectors) = vectors("webhooks") else { return };
    let cases = list(&vectors["vectors"]);
    let mut found = Vec::new();
    for case in cases {
        let (clerks, ours) = (clerks_word(&case["expected"]), our_word(case, now(case)));
        if clerks != ours {
            found.push(format!("{}: {clerks}, {ours}", text(&case["id"])));
        }
    }
    assert_explained("webhooks", cases.len(), &found, &differences::WEBHOOKS);
}

fn our_word(case: &Value, now: UnixTime) -> &'static str {
    let Ok(secrets) = WebhookSecrets::parse(case["signing_secret"].as_str().unwrap_or_default()) else {
        return "configuration-invalid";
    };
    let headers = case["headers"].as_object().expect("an object");
    let headers = headers.iter().map(|(name, value)| (name.clone(), text(value).to_owned())).collect();
    let delivery = UnverifiedDelivery::read(&HeaderList::new(headers), now);
    word(delivery.and_then(|delivery| delivery.verify(&secrets, text(&case["body"]).as_bytes())))
}

/// Clerk's verdict in our words, by what its message begins with.
fn clerks_word(expected: &Value) -> &'static str {
    let Some(message) = expected["message"].as_str() else { return "accepted" };
    let message =
        message.trim_start_matches("@clerk/backend: ").trim_start_matches("Unable to verify incoming webhook: ");
    let words = [
        ("Missing required webhook headers", "webhook-headers-missing"),
        ("Invalid Signature Headers", "webhook-headers-missing"),
        ("No matching signature found", "webhook-signature-invalid"),
        ("Message timestamp too", "webhook-timestamp-out-of-range"),
        ("Missing webhook signing secret", "configuration-invalid"),
        ("Base64Coder", "configuration-invalid"),
    ];
    words.iter().find(|(start, _)| message.starts_with(start)).map_or("not an event", |(_, word)| word)
}
