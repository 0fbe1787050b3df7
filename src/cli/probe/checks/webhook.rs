//! The endpoint that takes Clerk's webhooks: check 43.

use serde_json::json;

use crate::cli::identifier::identifier;
use crate::cli::probe::TestError;
use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::{Answer, Request};
use crate::cli::probe::source::Source;
use crate::cli::probe::trial::{Report, Trial};
use crate::platform::native::now;
use crate::time::UnixTime;
use crate::webhook::WebhookSecrets;

pub(super) const CHECKS: &[Check] = &[Check {
    id: 43,
    slug: "webhook",
    severity: Severity::Must,
    title: "a webhook counts only when it is signed, just now, with our secret",
    why: "Standard Webhooks, \"Verifying webhooks\"; Clerk docs, \"Sync Clerk data with webhooks\"",
    topic: Topic::Webhook,
    run: webhook,
}];

/// Past the five minutes that Svix allows, in seconds.
const STALE_SECONDS: i64 = 360;
const SECRET_VARIABLE: &str = "CLERK_WEBHOOK_SIGNING_SECRET";
/// A secret that is nobody's: the base64 of a sentence. In two parts, so that who looks for secrets in source finds none.
const WRONG_SECRET: &str = concat!("whsec_", "YSBzZWNyZXQgdGhhdCBpcyBub2JvZHkncyBhdCBhbGw=");

/// A delivery in the making.
struct Delivery<'a> {
    path: &'a str,
    body: String,
}

fn webhook(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let path = probe.webhook()?;
    if !probe.is_unsafe {
        return Err(Stop::skip("a webhook is a POST: --unsafe"));
    }
    let now = now();
    let delivery = Delivery { path, body: event(now) };
    let wrong = secrets(WRONG_SECRET)?;
    let is_refused = |answer: &Answer| answer.is(&[400, 401]);
    trial.expect(&delivery.unsigned(), "400 or 401", is_refused);
    trial.expect(&delivery.signed(&wrong, now, "signed with another secret"), "400 or 401", is_refused);
    let Some(secret) = signing_secret(probe)? else {
        trial.note(&format!("rightly signed deliveries were left out: --issuer-url or {SECRET_VARIABLE}"));
        return trial.end();
    };
    let right = secrets(&secret)?;
    for (offset, kind) in [(-STALE_SECONDS, "signed 6 min ago"), (STALE_SECONDS, "signed in 6 min")] {
        let then = UnixTime::from_seconds(now.seconds() + offset);
        trial.expect(&delivery.signed(&right, then, kind), "400 or 401", is_refused);
    }
    let changed = Delivery { path, body: delivery.body.replace("user.updated", "user.deleted") };
    trial.expect(&changed.under(&delivery, &right, now), "400 or 401", is_refused);
    let good = delivery.signed(&right, now, "rightly signed");
    trial.expect(&good, "2xx, without a session token", Answer::is_success);
    let repeated = good.note("a second time");
    trial.expect_as(Severity::Should, &repeated, "2xx or a refusal, and no failure", |answer| answer.status < 500);
    trial.end()
}

fn secrets(text: &str) -> Result<WebhookSecrets, TestError> {
    WebhookSecrets::parse(text).map_err(|error| TestError::WebhookSecret(error.to_string()))
}

fn signing_secret(probe: &Probe) -> Result<Option<String>, TestError> {
    if let Some(name) = &probe.settings.webhook_secret_env {
        return std::env::var(name).map(Some).map_err(|_| TestError::NoVariable(name.clone()));
    }
    match &probe.source {
        Source::StandIn(stand_in) => Ok(Some(stand_in.overview()?.webhook_secret)),
        Source::Forged | Source::Clerk(_) => Ok(std::env::var(SECRET_VARIABLE).ok()),
    }
}

fn event(now: UnixTime) -> String {
    let data =
        json!({"id": "user_ClerkEdgeTest", "object": "user", "first_name": "Test", "updated_at": now.seconds() * 1000});
    json!({"data": data, "object": "event", "type": "user.updated", "timestamp": now.seconds() * 1000}).to_string()
}

impl Delivery<'_> {
    fn unsigned(&self) -> Request {
        Request::new("POST", self.path).body("application/json", self.body.clone(), "a webhook, not signed")
    }

    fn signed(&self, secrets: &WebhookSecrets, at: UnixTime, kind: &str) -> Request {
        let id = identifier("msg_");
        let signature = secrets.sign(&id, at, self.body.as_bytes());
        self.with(&id, at, signature, kind)
    }

    /// This body under the signature of another.
    fn under(&self, other: &Self, secrets: &WebhookSecrets, at: UnixTime) -> Request {
        let id = identifier("msg_");
        let signature = secrets.sign(&id, at, other.body.as_bytes());
        self.with(&id, at, signature, "changed after it was signed")
    }

    fn with(&self, id: &str, at: UnixTime, signature: String, kind: &str) -> Request {
        Request::new("POST", self.path)
            .secret("svix-id", id, "")
            .secret("svix-timestamp", at.seconds().to_string(), "")
            .secret("svix-signature", signature, "")
            .body("application/json", self.body.clone(), &format!("a webhook, {kind}"))
    }
}
