//! The signed assertion: what this gateway says of a request, in a form that its origin can check.
//!
//! It is a JWT that lives a minute at most and never longer than the session's own token. It names the one target that it
//! is for, and, as a DPoP proof does, the method and the address of the one request (RFC 9449 section 4.2). So it is worth
//! nothing at another origin, on another path, or a minute later. What is the same for every request is made once.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, general_purpose};
use hmac_sha256::Hash;
use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::claims::Session;
use crate::json::Object;
use crate::limits::{ASSERTION_SECONDS, IDENTITY_HEADER_BYTES};
use crate::public_key::PublicKey;
use crate::time::UnixTime;
use crate::webhook::DeliveryId;

#[cfg(not(target_arch = "wasm32"))]
mod sign;
mod verify;

pub use verify::{Asserted, AssertedRequest, AssertionError, AssertionVerifier, Sender};

/// The header that carries it.
pub const HEADER: &str = "x-clerk-edge-assertion";
/// Its `iss`.
pub const ISSUER: &str = "clerk-edge";
/// Its `typ`, which no other token of anyone's has.
pub const TOKEN_TYPE: &str = "clerk-edge-assertion+jwt";
/// The secret that holds the keys.
pub const ASSERTION_KEY: &str = "ASSERTION_KEY";
/// The key document of a gateway that signs nothing.
pub const NO_KEYS: &str = r#"{"keys":[]}"#;

/// Bytes of an Ed25519 seed (RFC 8032 section 5.1.5).
pub const SEED_BYTES: usize = 32;

/// What an Ed25519 key pair is made of. It is a secret.
pub type Seed = [u8; SEED_BYTES];

/// Why a text holds no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AssertionKeyError {
    /// Not one or two seeds in base64.
    #[error(
        "expected an Ed25519 seed, or two with a space between them: {SEED_BYTES} bytes of base64 each, as clerk-edge keygen prints them"
    )]
    Seed,
    /// The same seed twice, so that nothing would rotate.
    #[error("expected two different seeds")]
    Repeated,
    /// Whoever signs made no key of a seed.
    #[error("no key can be made of it here")]
    Host,
}

/// The key that signs, and the document with the public half of every key. They never show themselves.
#[derive(Clone)]
pub struct AssertionKeys {
    #[cfg(not(target_arch = "wasm32"))]
    key: sign::SigningKey,
    /// The first part of every token, with its dot.
    header: String,
    document: String,
}

impl fmt::Debug for AssertionKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AssertionKeys(redacted)")
    }
}

/// What is asserted of one request.
#[derive(Debug, Clone, Copy)]
pub struct Assertion<'a> {
    /// Whom it is for (`aud`).
    pub audience: &'a str,
    /// The method (`htm`).
    pub method: &'a str,
    /// The address that the request is forwarded to, without its query (`htu`).
    pub url: &'a str,
    /// The request's id (`jti`).
    pub request_id: &'a str,
    /// Who sent it.
    pub caller: Caller<'a>,
}

/// Who sent a request, as far as the gateway knows. A webhook is never a user's.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// Anyone: it came through the gateway, and that is all.
    Anonymous,
    /// A signed-in user.
    Session(&'a Session),
    /// Clerk, by a webhook's signature.
    Webhook(&'a DeliveryId),
}

/// Reads one or two seeds separated by white space, in either alphabet of base64. The first signs.
///
/// # Errors
/// When there is none, a third, one of another length, or the same one twice.
pub fn seeds(text: &str) -> Result<Vec<Seed>, AssertionKeyError> {
    let seeds: Vec<Seed> = text.split_ascii_whitespace().map(seed).collect::<Result<_, _>>()?;
    match seeds.as_slice() {
        [_] => Ok(seeds),
        [one, other] if one != other => Ok(seeds),
        [_, _] => Err(AssertionKeyError::Repeated),
        _ => Err(AssertionKeyError::Seed),
    }
}

impl AssertionKeys {
    /// The public halves, as a JWK set (RFC 7517 section 5, RFC 8037 section 2).
    #[must_use]
    pub fn document(&self) -> &str {
        &self.document
    }

    /// The header of every token, with its dot, and the document, from the public halves.
    fn published(public_keys: &[Vec<u8>]) -> (String, String) {
        let document = json!({"keys": public_keys.iter().map(|key| jwk(key)).collect::<Vec<_>>()});
        // There is a first one: `seeds` refuses a text without any.
        let header = json!({"alg": "EdDSA", "kid": thumbprint(&public_keys[0]), "typ": TOKEN_TYPE}).to_string();
        (format!("{}.", URL_SAFE_NO_PAD.encode(header)), document.to_string())
    }

    /// The token but for its signature: what `assertion` says, at the time `now`.
    fn unsigned(&self, assertion: &Assertion<'_>, now: UnixTime) -> String {
        // Text, numbers and lists of text: there is nothing in it that JSON could refuse.
        let claims = serde_json::to_string(&Claims::new(assertion, now)).unwrap_or_default();
        let mut token = self.header.clone();
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        token
    }
}

/// In wasm the host signs, since its signature is faster and needs no code here.
#[cfg(target_arch = "wasm32")]
impl AssertionKeys {
    /// The keys of these [`seeds`], of each of which `public_half` tells the public half.
    ///
    /// # Errors
    /// As [`seeds`], and when there is no public half.
    #[inline(never)]
    pub fn read(text: &str, public_half: impl Fn(&Seed) -> Option<Vec<u8>>) -> Result<Self, AssertionKeyError> {
        let public: Option<Vec<_>> = seeds(text)?.iter().map(public_half).collect();
        let (header, document) = Self::published(&public.ok_or(AssertionKeyError::Host)?);
        Ok(Self { header, document })
    }

    /// The token but for its signature, which whoever sends it puts behind it.
    #[must_use]
    pub fn token(&self, assertion: &Assertion<'_>, now: UnixTime) -> String {
        self.unsigned(assertion, now)
    }
}

/// The claims, in the order in which they are written. Those that there is nothing to say of are left out.
#[derive(Default, Serialize)]
struct Claims<'a> {
    iss: &'static str,
    aud: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    azp: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_slug: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_permissions: Option<&'a [String]>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    org_permissions_truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<WebhookClaim<'a>>,
    iat: i64,
    exp: i64,
    jti: &'a str,
    htm: &'a str,
    htu: &'a str,
}

#[derive(Serialize)]
struct WebhookClaim<'a> {
    id: &'a str,
}

impl<'a> Claims<'a> {
    fn new(assertion: &Assertion<'a>, now: UnixTime) -> Self {
        let Assertion { audience, method, url, request_id, caller } = *assertion;
        let (said, ends_at) = match caller {
            Caller::Anonymous => (Self::default(), None),
            Caller::Session(session) => (Self::of_session(session), Some(session.expires_at)),
            Caller::Webhook(id) => (Self { webhook: Some(WebhookClaim { id: id.as_str() }), ..Self::default() }, None),
        };
        let minute = now.plus(ASSERTION_SECONDS);
        Self {
            iss: ISSUER,
            aud: audience,
            iat: now.seconds(),
            exp: ends_at.map_or(minute, |end| end.min(minute)).seconds(),
            jti: request_id,
            htm: method,
            htu: url,
            ..said
        }
    }

    fn of_session(session: &'a Session) -> Self {
        let organization = session.organization.as_ref();
        let permissions = organization.map(|organization| organization.permissions.as_slice());
        let fits = permissions.is_none_or(|list| list_bytes(list) <= IDENTITY_HEADER_BYTES);
        Self {
            sub: Some(&session.user_id),
            sid: Some(&session.session_id),
            azp: session.authorized_party.as_deref(),
            org_id: organization.map(|organization| organization.id.as_str()),
            org_slug: organization.and_then(|organization| organization.slug.as_deref()),
            org_role: organization.and_then(|organization| organization.role.as_deref()),
            org_permissions: permissions.filter(|_| fits),
            org_permissions_truncated: !fits,
            ..Self::default()
        }
    }
}

/// Bytes of a list with a comma between its texts, as the header of the same name has it.
fn list_bytes(list: &[String]) -> usize {
    list.iter().map(|text| text.len() + 1).sum::<usize>().saturating_sub(1)
}

fn seed(text: &str) -> Result<Seed, AssertionKeyError> {
    const CONFIG: GeneralPurposeConfig = general_purpose::PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);
    let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).map_err(|_| AssertionKeyError::Seed)?;
    bytes.try_into().map_err(|_| AssertionKeyError::Seed)
}

fn public(key: &[u8]) -> Object {
    PublicKey::Ed25519 { x: key.to_vec() }.to_json()
}

fn jwk(key: &[u8]) -> Value {
    let mut jwk = public(key);
    jwk.insert("kid".to_owned(), thumbprint(key).into());
    jwk.insert("alg".to_owned(), "EdDSA".into());
    jwk.insert("use".to_owned(), "sig".into());
    jwk.into()
}

/// The `kid`: the key's thumbprint (RFC 7638 section 3, RFC 8037 appendix A.3).
fn thumbprint(key: &[u8]) -> String {
    // The members that make the key, in the order of their names; every one is plain ASCII.
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":{}}}"#, public(key)["x"]);
    URL_SAFE_NO_PAD.encode(Hash::hash(members.as_bytes()))
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
