//! A webhook's delivery: from headers that will do, through a body that was signed, to a target that takes it once.
//!
//! The body is the one thing that a gateway reads of a request, so the check has two halves: the headers in
//! [`Gateway::decide`], before any of the body is waited for, and the body in [`Gateway::receive`].

use hmac_sha256::Hash;

use super::{Decision, Forward, Gateway, Verdict};
use crate::assertion::Caller;
use crate::limits::WEBHOOK_MEMORY_SECONDS;
use crate::method::Method;
use crate::ports::{Host, HostError};
use crate::refusal::{Fault, Refusal};
use crate::time::UnixTime;
use crate::webhook::{DeliveryId, UnverifiedDelivery, WebhookError};

/// A delivery whose body is still to come. It cannot be forwarded as it is.
#[derive(Debug)]
pub struct Webhook<'a> {
    pub(super) forward: Forward<'a>,
    pub(super) delivery: UnverifiedDelivery,
    pub(super) request_id: String,
    pub(super) now: UnixTime,
}

/// A verified delivery that its target has not taken yet.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// What the target gets, but for the body, which goes with it as it came.
    pub forward: Forward<'a>,
    id: DeliveryId,
}

impl<'a> Webhook<'a> {
    /// What the target gets once the body is checked, the assertion aside.
    #[must_use]
    pub fn forward(&self) -> &Forward<'a> {
        &self.forward
    }
}

impl<H: Host> Gateway<H> {
    /// Goes on with a [`Verdict::Webhook`] once its body is there: it becomes a delivery, a repeat or a refusal. A body
    /// known to be too long need not be whole.
    pub async fn receive(&self, decision: &mut Decision<'_>, body: &[u8]) {
        // Should this be given up half-way, what stays behind is a refusal.
        let meanwhile = Verdict::Refuse(Refusal::Theirs(Fault::WebhookSignatureInvalid));
        decision.verdict = match std::mem::replace(&mut decision.verdict, meanwhile) {
            Verdict::Webhook(webhook) => self.received(webhook, body).await.unwrap_or_else(Verdict::Refuse),
            other => other,
        };
    }

    async fn received<'a>(&self, webhook: Webhook<'a>, body: &[u8]) -> Result<Verdict<'a>, Refusal> {
        let Webhook { mut forward, delivery, request_id, now } = webhook;
        // A configuration with such a route and without a secret is refused, so this is never reached without one.
        let secrets = self.config.webhook_secrets.as_ref().ok_or(WebhookError::Signature)?;
        let id = delivery.verify(secrets, body)?;
        forward.headers.push(("x-clerk-webhook-id".to_owned(), id.as_str().to_owned()));
        let mut delivery = Delivery { forward, id };
        // A store that cannot be asked remembers nothing: twice is better than never.
        let remembered = self.authenticator.verifier().host().load(&self.memory(&delivery)).await.ok().flatten();
        let is_repeat = remembered.is_some_and(|id| id == delivery.id.as_str().as_bytes());
        if is_repeat {
            return Ok(Verdict::Repeat);
        }
        let Delivery { forward, id } = &mut delivery;
        self.assert(forward, Method::Post.name(), Caller::Webhook(id), &request_id, now);
        Ok(Verdict::Deliver(delivery))
    }

    /// Remembers that the target took a delivery, so that it does not get it again.
    ///
    /// # Errors
    /// When the store does not take it. The target may then see the delivery again.
    pub async fn remember(&self, delivery: &Delivery<'_>) -> Result<(), HostError> {
        let (key, id) = (self.memory(delivery), delivery.id.as_str().as_bytes());
        self.authenticator.verifier().host().save(&key, id, WEBHOOK_MEMORY_SECONDS).await
    }

    /// Where a delivery is remembered. The target is part of it: Svix gives one message to several endpoints under one
    /// id, and what one of them took the others have not.
    fn memory(&self, delivery: &Delivery<'_>) -> String {
        let mut digest = Hash::new();
        for part in [&delivery.forward.url, "\n", delivery.id.as_str()] {
            digest.update(part);
        }
        let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("webhook:{}:{digest}", self.config.tokens.policy.issuer)
    }
}
