//! Where a request carries its token, and what it proves about the site it comes from.
//!
//! A header token wins over a cookie with no way back: a bad header never falls through to a good cookie. The cookie is
//! `__session` or its suffixed form by the rules of Clerk's SDK, which look into tokens that nobody has verified, and
//! so choose among them but never decide anything else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use thiserror::Error;

use crate::headers::HeaderList;
use crate::instance::{Instance, InstanceKind, trim_start};
use crate::json::{Object, parse_object};
use crate::limits::COOKIE_BYTES;
use crate::time::UnixTime;
use crate::verifier::OriginPattern;

/// `OWS` of RFC 9110 section 5.6.3; other white space is part of a value.
const WHITE_SPACE: [char; 2] = [' ', '\t'];

/// The session cookie that every instance has.
pub const SESSION_COOKIE: &str = "__session";

/// Why what a request carries is no credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CredentialsError {
    /// A scheme other than `Bearer`, or no token behind it.
    #[error("the Authorization header is not a bearer token")]
    Malformed,
    /// Two values of `Authorization`.
    #[error("there is more than one Authorization value")]
    Ambiguous,
}

/// What carried the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// `Authorization: Bearer`.
    Header,
    /// `__session` or `__session_<suffix>`.
    Cookie,
}

/// The token of a request, unverified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The token.
    pub token: String,
    /// What carried it.
    pub carrier: Carrier,
}

impl Credentials {
    /// The token of a request, if it carries one.
    ///
    /// # Errors
    /// When an `Authorization` header is there and is not one bearer token (RFC 6750 section 2.1).
    pub fn find(
        headers: &HeaderList,
        instance: Option<&Instance>,
        now: UnixTime,
    ) -> Result<Option<Self>, CredentialsError> {
        if let Some(value) = headers.find("authorization") {
            return bearer(&value).map(|token| Some(Self { token: token.to_owned(), carrier: Carrier::Header }));
        }
        let cookie = headers.find("cookie").filter(|cookie| cookie.len() <= COOKIE_BYTES);
        let token = cookie.and_then(|cookie| session_cookie(&Cookies(&cookie), instance, now));
        Ok(token.filter(|token| !token.is_empty()).map(|token| Self { token, carrier: Carrier::Cookie }))
    }
}

/// The token behind `Bearer`, whose case does not matter (RFC 9110 section 11.1).
fn bearer(value: &str) -> Result<&str, CredentialsError> {
    // By bytes: letter by letter, in wasm, a search of a token takes longer than all else that is done with it.
    if value.bytes().any(|byte| byte == b',') {
        return Err(CredentialsError::Ambiguous);
    }
    let (scheme, token) = value.trim_matches(WHITE_SPACE).split_once(' ').ok_or(CredentialsError::Malformed)?;
    let token = token.trim_start_matches(' ');
    let has_space = token.bytes().any(|byte| byte == b' ' || byte == b'\t');
    let is_token = !token.is_empty() && !["null", "undefined"].contains(&token) && !has_space;
    if scheme.eq_ignore_ascii_case("bearer") && is_token { Ok(token) } else { Err(CredentialsError::Malformed) }
}

/// A `Cookie` header (RFC 6265 section 4.2): the first of each name counts, and values are percent-decoded after the split.
struct Cookies<'a>(&'a str);

impl Cookies<'_> {
    fn find(&self, name: &str) -> Option<String> {
        let mut pairs = self.0.split(';').filter_map(|pair| pair.trim_matches(WHITE_SPACE).split_once('='));
        let (_, value) = pairs.find(|(held, _)| *held == name)?;
        let decoded = percent_decode_str(value).decode_utf8();
        Some(decoded.map_or_else(|_| value.to_owned(), |value| value.into_owned()))
    }
}

/// The name of an instance's own session cookie, which several instances on one domain each have.
#[must_use]
pub fn suffixed_session_cookie(instance: &Instance) -> String {
    format!("{SESSION_COOKIE}_{}", instance.cookie_suffix())
}

/// The value of a cookie as [`Credentials::find`] reads it.
#[must_use]
pub fn cookie(headers: &HeaderList, name: &str) -> Option<String> {
    headers.find("cookie").and_then(|cookie| Cookies(&cookie).find(name))
}

#[inline(never)]
fn session_cookie(cookies: &Cookies<'_>, instance: Option<&Instance>, now: UnixTime) -> Option<String> {
    let plain = cookies.find(SESSION_COOKIE);
    let Some(instance) = instance else {
        return plain;
    };
    let suffixed = cookies.find(&suffixed_session_cookie(instance));
    let suffixed_counts = suffixed_cookies_count(cookies, plain.as_deref(), suffixed.as_deref(), instance, now);
    if suffixed_counts { suffixed } else { plain }
}

/// Whether the suffixed cookies are the ones in use: Clerk's SDK, `AuthenticateContext.usesSuffixedCookies`.
fn suffixed_cookies_count(
    cookies: &Cookies<'_>,
    plain: Option<&str>,
    suffixed: Option<&str>,
    instance: &Instance,
    now: UnixTime,
) -> bool {
    let plain_claims = plain.map(unverified_claims);
    match plain_claims.as_ref().map(|claims| claims.as_ref().and_then(|claims| claims.get("iss"))) {
        Some(None) => return false,
        Some(Some(Value::String(issuer))) if without_scheme(issuer) == instance.host() => {}
        Some(Some(_)) => return true,
        None => {}
    }
    let plain_uat = cookies.find("__client_uat");
    let suffixed_uat = cookies.find(&format!("__client_uat_{}", instance.cookie_suffix()));
    if suffixed_uat.is_none() && suffixed.is_none() {
        return false;
    }
    let suffixed_claims = suffixed.and_then(unverified_claims);
    let number = |claims: Option<&Object>, name: &str| {
        claims.and_then(|claims| claims.get(name)).and_then(Value::as_f64).unwrap_or(0.0)
    };
    let is_nought = |uat: &Option<String>| uat.as_deref() == Some("0");
    let plain_issued = number(plain_claims.as_ref().and_then(Option::as_ref), "iat");
    let suffixed_issued = number(suffixed_claims.as_ref(), "iat");
    if !is_nought(&suffixed_uat) && !is_nought(&plain_uat) && plain_issued > suffixed_issued {
        return false;
    }
    if is_nought(&suffixed_uat) && !is_nought(&plain_uat) && plain_uat.is_some() {
        return false;
    }
    #[allow(clippy::cast_precision_loss)] // Compared with whole seconds, of which a double holds enough.
    let expired = suffixed.is_some() && number(suffixed_claims.as_ref(), "exp") <= now.seconds() as f64;
    let is_production = instance.kind() == InstanceKind::Production;
    if !is_production && !is_nought(&suffixed_uat) && is_nought(&plain_uat) && expired {
        return false;
    }
    !(suffixed_uat.is_none() && suffixed.is_some())
}

fn unverified_claims(token: &str) -> Option<Object> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    parse_object(&payload).ok()
}

fn without_scheme(issuer: &str) -> &str {
    trim_start(trim_start(issuer, "https://"), "http://")
}

/// What a request proves about the site it comes from (Fetch Metadata; RFC 6454).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provenance {
    /// From the application's own origin, or from the user with no site involved.
    pub same_origin: bool,
    /// From the same site at least.
    pub same_site: bool,
}

impl Provenance {
    /// Reads `Sec-Fetch-Site`, which no page can set, or else `Origin`, compared with the request's own origin and
    /// with the authorized parties.
    #[must_use]
    pub fn of(headers: &HeaderList, own_origin: &str, parties: &[OriginPattern]) -> Self {
        let origin = headers.find("origin");
        let is_ours = |origin: &str| origin == own_origin || parties.iter().any(|party| party.matches(origin));
        let by_origin = origin.as_deref().is_some_and(is_ours);
        match headers.find("sec-fetch-site").as_deref() {
            Some("same-origin" | "none") => Self { same_origin: true, same_site: true },
            Some("same-site") => Self { same_origin: by_origin, same_site: true },
            Some(_) => Self { same_origin: false, same_site: false },
            None => Self { same_origin: by_origin, same_site: by_origin },
        }
    }
}

#[cfg(test)]
mod tests;
