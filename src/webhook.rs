//! Clerk's webhooks: whether a delivery was signed with a secret of ours, just now, over these very bytes.
//!
//! The scheme is Svix's, also known as Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, in base64. Its header names
//! come in two families, which are never mixed. Numbers and base64 have one spelling each, and the body is not interpreted.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac_sha256::HMAC;
use thiserror::Error;

use crate::headers::HeaderList;
use crate::limits::{WEBHOOK_BODY_BYTES, WEBHOOK_ID_BYTES, WEBHOOK_SIGNATURES, WEBHOOK_TOLERANCE_SECONDS};
use crate::time::UnixTime;

/// The families of header names: Svix's own, which Clerk sends, and those of Standard Webhooks.
const FAMILIES: [[&str; 3]; 2] =
    [["svix-id", "svix-timestamp", "svix-signature"], ["webhook-id", "webhook-timestamp", "webhook-signature"]];

/// Bytes of an HMAC-SHA256.
const SIGNATURE_BYTES: usize = 32;

/// Why a text holds no signing secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected one or more signing secrets, separated by spaces: whsec_ and standard base64 each")]
pub struct SecretError;

/// Why a delivery is not taken for Clerk's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WebhookError {
    /// A header is missing or misspelt, there twice, or of another family than the rest.
    #[error("the webhook's headers are not one whole family")]
    Headers,
    /// Signed too long ago, or in the future.
    #[error("the webhook's timestamp is more than {WEBHOOK_TOLERANCE_SECONDS} s away")]
    Timestamp,
    /// More than [`WEBHOOK_BODY_BYTES`].
    #[error("the webhook's body is longer than {WEBHOOK_BODY_BYTES} bytes")]
    BodyTooLarge,
    /// No signature is by a secret of ours over this message.
    #[error("no signature of the webhook is valid")]
    Signature,
}

/// The secrets of an endpoint; several while they rotate. They never show themselves.
#[derive(Clone)]
pub struct WebhookSecrets(Vec<HMAC>);

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WebhookSecrets({} redacted)", self.0.len())
    }
}

impl WebhookSecrets {
    /// Reads one or more secrets separated by spaces: standard base64, with or without `whsec_` before it.
    ///
    /// # Errors
    /// When there is none, or one is empty or not canonical base64.
    #[inline(never)]
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let secrets: Vec<_> = text.split_ascii_whitespace().map(secret).collect::<Result<_, _>>()?;
        if secrets.is_empty() { Err(SecretError) } else { Ok(Self(secrets)) }
    }

    /// The signatures of a message, one for each secret, as their header has them.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: UnixTime, body: &[u8]) -> String {
        let timestamp = timestamp.seconds().to_string();
        let sign = |secret: &HMAC| format!("v1,{}", STANDARD.encode(digest(secret, id, &timestamp, body).finalize()));
        self.0.iter().map(sign).collect::<Vec<_>>().join(" ")
    }

    /// Whether any of the signatures is by any of these secrets. The comparison is `hmac_sha256`'s, in constant time.
    fn have_signed(&self, delivery: &UnverifiedDelivery, body: &[u8]) -> bool {
        self.0.iter().any(|secret| {
            let digest = digest(secret, &delivery.id, &delivery.timestamp, body);
            delivery.signatures.iter().any(|signature| digest.clone().finalize_verify(signature))
        })
    }
}

fn secret(text: &str) -> Result<HMAC, SecretError> {
    let key = STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text)).map_err(|_| SecretError)?;
    if key.is_empty() {
        return Err(SecretError);
    }
    Ok(HMAC::new(key))
}

fn digest(secret: &HMAC, id: &str, timestamp: &str, body: &[u8]) -> HMAC {
    let mut digest = secret.clone();
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        digest.update(part);
    }
    digest
}

/// What the headers of a delivery say. Nothing of it is known to be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnverifiedDelivery {
    id: String,
    timestamp: String,
    signatures: Vec<[u8; SIGNATURE_BYTES]>,
}

/// A delivery that was signed with a secret of ours: its id. There is no other way to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryId(String);

impl DeliveryId {
    /// The id: visible ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl UnverifiedDelivery {
    /// Reads the headers, before anything is known of the body.
    ///
    /// # Errors
    /// When they are not one whole family, or when the timestamp is too far from `now`.
    pub fn read(headers: &HeaderList, now: UnixTime) -> Result<Self, WebhookError> {
        let is_there = |family: &&[&str; 3]| family.iter().any(|name| headers.find(name).is_some());
        let mut families = FAMILIES.iter().filter(is_there);
        let (Some([id, timestamp, signatures]), None) = (families.next(), families.next()) else {
            return Err(WebhookError::Headers);
        };
        let find = |name: &str| headers.find(name).ok_or(WebhookError::Headers);
        let (id, timestamp, signatures) = (find(id)?, find(timestamp)?, find(signatures)?);
        if !is_id(&id) || !is_whole_number(&timestamp) {
            return Err(WebhookError::Headers);
        }
        let signatures = read_signatures(&signatures)?;
        if !is_recent(&timestamp, now) {
            return Err(WebhookError::Timestamp);
        }
        Ok(Self { id: id.into_owned(), timestamp: timestamp.into_owned(), signatures })
    }

    /// Checks the signatures over these bytes.
    ///
    /// # Errors
    /// When the body is too long, or none of the signatures is by any of the secrets.
    pub fn verify(&self, secrets: &WebhookSecrets, body: &[u8]) -> Result<DeliveryId, WebhookError> {
        if body.len() > WEBHOOK_BODY_BYTES {
            return Err(WebhookError::BodyTooLarge);
        }
        if secrets.have_signed(self, body) { Ok(DeliveryId(self.id.clone())) } else { Err(WebhookError::Signature) }
    }
}

/// Visible ASCII without a comma, which would be two values in one, and without a dot: the signed text separates its parts
/// by dots, so an id with one could be read as a shorter id with a longer body.
pub(crate) fn is_id(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_graphic() && byte != b',' && byte != b'.';
    (1..=WEBHOOK_ID_BYTES).contains(&text.len()) && text.bytes().all(is_letter)
}

/// ASCII digits without a nought in front: one number has one spelling.
fn is_whole_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

fn is_recent(timestamp: &str, now: UnixTime) -> bool {
    // A number too large for the type is a time far away as well.
    let seconds = timestamp.parse::<i64>().ok();
    seconds.is_some_and(|seconds| seconds.abs_diff(now.seconds()) <= WEBHOOK_TOLERANCE_SECONDS)
}

/// The signatures of version `v1`; those of other versions, and what is no signature, count for nothing.
fn read_signatures(text: &str) -> Result<Vec<[u8; SIGNATURE_BYTES]>, WebhookError> {
    let items: Vec<&str> = text.split(' ').filter(|item| !item.is_empty()).take(WEBHOOK_SIGNATURES + 1).collect();
    // Two values of one header reach a Worker joined by a comma and a space.
    if items.is_empty() || items.iter().any(|item| item.ends_with(',')) {
        return Err(WebhookError::Headers);
    }
    if items.len() > WEBHOOK_SIGNATURES {
        return Err(WebhookError::Signature);
    }
    Ok(items.into_iter().filter_map(|item| signature(item.strip_prefix("v1,")?)).collect())
}

/// Canonical base64 of exactly as many bytes as an HMAC-SHA256 has: a shorter one would be easier to guess.
fn signature(text: &str) -> Option<[u8; SIGNATURE_BYTES]> {
    let is_as_long = text.len() == SIGNATURE_BYTES.div_ceil(3) * 4;
    is_as_long.then(|| STANDARD.decode(text).ok())??.try_into().ok()
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
