//! The request of a test, with the token that it asks for.

use serde::Deserialize;

use super::{Carrier, TestSpec};
use crate::cli::rehearsal::{HOST, Rehearsal, ThrowawayKey, forge};
use crate::cli::session_token::{Category, Status, TokenError};
use crate::head::Head;
use crate::headers::HeaderList;
use crate::time::UnixTime;

/// What is wrong with a token, where something is meant to be.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TokenKind {
    /// Nothing.
    #[default]
    Valid,
    /// It ran out an hour ago.
    Expired,
    /// It holds in an hour.
    NotActiveYet,
    /// Its signature is another text's.
    Forged,
    /// Another instance of Clerk's issued it.
    OtherInstance,
    /// It is no token at all.
    Malformed,
    /// It is made from a JWT template.
    Template,
    /// It is a machine's.
    Machine,
    /// Its session has tasks to do.
    Pending,
}

/// An hour, in seconds.
const HOUR: i64 = 3600;

impl TestSpec {
    /// Whether there is a request to compose.
    pub(super) fn check_request(&self) -> Result<(), String> {
        self.address().map(|_| ())
    }

    fn address(&self) -> Result<(&str, String), String> {
        let expected = "expected request as a method and a path, such as \"GET /api/orders?page=2\"";
        let (method, address) = self.request.split_once(' ').ok_or(expected)?;
        let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
        match address {
            _ if !is_method || address.contains(char::is_whitespace) => Err(expected.to_owned()),
            path if path.starts_with('/') => Ok((method, format!("{HOST}{path}"))),
            url if url.starts_with("https://") || url.starts_with("http://") => Ok((method, url.to_owned())),
            _ => Err(expected.to_owned()),
        }
    }
}

/// The head of a test's request.
pub(super) fn compose(
    spec: &TestSpec,
    gateway: &Rehearsal,
    key: &ThrowawayKey,
    now: UnixTime,
) -> Result<Head, TokenError> {
    let mut headers: Vec<(String, String)> =
        spec.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    headers.extend(spec.origin.as_ref().map(|origin| ("origin".to_owned(), origin.clone())));
    if spec.session.is_some() || spec.token.is_some() {
        let token = token(spec, gateway, key, now)?;
        headers.push(match spec.carrier {
            Carrier::Header => ("authorization".to_owned(), format!("Bearer {token}")),
            Carrier::Cookie => ("cookie".to_owned(), gateway.cookies(&token, now)),
        });
    }
    // A test whose request cannot be composed was sorted out when it was read.
    let (method, url) = spec.address().unwrap_or(("GET", format!("{HOST}/")));
    Ok(Head::new(method, &url, HeaderList::new(headers), Some("203.0.113.7".to_owned())))
}

fn token(spec: &TestSpec, gateway: &Rehearsal, key: &ThrowawayKey, now: UnixTime) -> Result<String, TokenError> {
    let kind = spec.token.unwrap_or_default();
    let session = spec.session.clone().unwrap_or_default();
    let mut request = session.token_request(gateway.policy(), spec.origin.as_deref());
    let issuer = match kind {
        TokenKind::OtherInstance => "https://clerk.other.example",
        _ => gateway.policy().issuer.as_str(),
    };
    match kind {
        TokenKind::Valid | TokenKind::Forged | TokenKind::Malformed => {}
        TokenKind::Expired => request.issued_at = Some(now.seconds() - HOUR),
        TokenKind::NotActiveYet => request.issued_at = Some(now.seconds() + HOUR),
        TokenKind::OtherInstance => {
            request.header.insert("kid".to_owned(), "ins_Other".into());
        }
        TokenKind::Template => request.category = Category::Template,
        TokenKind::Machine => request.category = Category::M2m,
        TokenKind::Pending => request.status = Status::Pending,
    }
    let token = key.sign(&request, issuer, now)?;
    Ok(match kind {
        TokenKind::Forged => forge(&token),
        TokenKind::Malformed => "no.token".to_owned(),
        _ => token,
    })
}
