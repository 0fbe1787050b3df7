//! One fault for every check: what an API does wrong, and nothing beside it.
//!
//! Faults that any real mistake would share with its neighbours are narrowed to one request of the check's own.

use std::sync::atomic::Ordering;

use axum::http::header::STRICT_TRANSPORT_SECURITY;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::answers::{json_of, opened, refuse};
use super::api::{APP, Caller, Denied, Inner, Request};
use crate::harness::agent;

/// The fault on which the check of this number fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault(pub(crate) u8);

/// The parts of a token that nobody has verified.
struct Parts {
    text: String,
    header: Value,
    claims: Value,
    signature: String,
}

impl Fault {
    /// Faults of check 45 that show over TLS alone.
    pub(crate) const NO_HSTS: Self = Self(101);
    pub(crate) const HSTS_OFF: Self = Self(102);
    pub(crate) const SHORT_HSTS: Self = Self(103);

    /// Asks for the key set because of every unknown kid.
    pub(crate) const FLOODS: Self = Self(104);

    /// Whether a fetched key set takes the place of the one that is held.
    pub(crate) fn keeps_new_keys(self) -> bool {
        self != Self(41)
    }

    /// Whether a key set that cannot be had is told apart from a key that is not in it.
    pub(crate) fn tells_outages(self) -> bool {
        self != Self(40)
    }

    pub(crate) fn takes_old_webhooks(self) -> bool {
        self == Self(43)
    }

    /// The wrong answer, where the fault shows.
    pub(crate) fn instead(self, api: &Inner, request: &Request) -> Option<Response> {
        if request.path == "/api/protected" || self == Self(7) {
            if let Some(response) = self.without_token(request) {
                return Some(response);
            }
            if self.lets_in(api, request) {
                return Some(opened("user_let_in"));
            }
        }
        self.elsewhere(api, request).or_else(|| self.to_a_token(api, request))
    }

    /// Faults that show where no token was sent.
    fn without_token(self, request: &Request) -> Option<Response> {
        let Request { method, headers, path, query, .. } = request;
        let is_plain =
            !["authorization", "cookie", "origin", "sec-fetch-dest"].iter().any(|name| headers.contains_key(*name))
                && headers.len() == 4
                && query.is_empty()
                && method == Method::GET;
        let missing = || refuse(&Denied::Missing);
        match self.0 {
            2 if is_plain => Some(json_of(StatusCode::FORBIDDEN, &json!({"title": "Forbidden"}))),
            3 if is_plain => Some(without(missing(), "www-authenticate")),
            4 if is_plain => Some(with(missing(), "content-type", "text/html")),
            5 if headers.contains_key("sec-fetch-dest") => Some(Redirect::temporary("/sign-in").into_response()),
            6 if method == Method::HEAD => Some(StatusCode::OK.into_response()),
            7 if path == "/api/protected/" => Some(opened("user_let_in")),
            33 if method == Method::OPTIONS => Some(missing()),
            _ => None,
        }
    }

    /// Faults by which a request to the protected path is let in.
    fn lets_in(self, api: &Inner, request: &Request) -> bool {
        let headers = &request.headers;
        let value = text(headers, "authorization");
        match self.0 {
            10 => value.strip_prefix("Token ").is_some_and(|token| api.verify(token).is_ok()),
            11 => value == "Bearer undefined",
            12 => value.strip_prefix("Bearer ").is_some_and(|token| !token.contains('.') && token == "x"),
            30 => headers.contains_key("x-middleware-subrequest"),
            31 => {
                let first = headers.get_all("authorization").iter().next();
                let first =
                    first.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default();
                headers.get_all("authorization").iter().count() == 2
                    && first.strip_prefix("Bearer ").is_some_and(|token| api.verify(token).is_ok())
            }
            32 => cookie(headers).is_some_and(|token| api.verify(&token).is_ok()) && request.method == Method::GET,
            _ => parts(headers).is_some_and(|parts| self.takes(api, &parts)),
        }
    }

    /// Faults by which a token is taken that must not be.
    fn takes(self, api: &Inner, Parts { text, header, claims, signature }: &Parts) -> bool {
        let now = clerk_edge::platform::native::now().seconds();
        let exp = claims["exp"].as_i64();
        match self.0 {
            13 => (300..342).contains(&signature.len()),
            // Once: every later check that sends a forged token would tell, too.
            14 => is_other_keys(api, header, claims, text) && api.count.fetch_add(1, Ordering::SeqCst) == 0,
            15 => header["alg"] == "nOnE",
            16 => header["alg"] == "HS256",
            17 => header["alg"] == "ES256",
            18 => header.get("jku").is_some_and(fetches),
            19 => header["kid"].as_str().is_some_and(|kid| kid.contains("../")),
            20 => header["crit"] == json!(["urn:x"]),
            21 => exp.is_some_and(|exp| (now - 7200..now - 600).contains(&exp)),
            22 => claims.is_object() && header.is_object() && claims.get("exp").is_none(),
            23 => claims["nbf"].as_i64().is_some_and(|nbf| nbf > now + 60),
            24 => claims["iss"].as_str().is_some_and(|issuer| issuer.ends_with('/')),
            25 => claims["azp"].as_str().is_some_and(|azp| azp != APP && azp.starts_with(APP)),
            26 => claims["aud"] == json!([]),
            27 => claims["sub"] == "client_1",
            28 => header["typ"] == "at+jwt",
            39 => matches!(api.verify(text), Err(Denied::Invalid(clerk_edge::verifier::VerifyError::Expired))),
            29 => claims["sts"] == "pending",
            _ => false,
        }
    }

    /// Faults that show where a token was sent that is right, or wrong in any way.
    fn to_a_token(self, api: &Inner, request: &Request) -> Option<Response> {
        let scheme = text(&request.headers, "authorization").split(' ').next().unwrap_or_default().to_owned();
        let caller = || api.caller(request);
        let is_protected = request.path == "/api/protected";
        match self.0 {
            // Once: every later check that sends a good token would tell, too.
            8 if is_protected && caller().is_ok() => {
                (api.count.fetch_add(1, Ordering::SeqCst) == 0).then(|| refuse(&Denied::Missing))
            }
            9 if scheme == "bearer" => Some(refuse(&Denied::Missing)),
            35 if is_protected => caller().ok().map(|caller| without(opened(&caller.user), "cache-control")),
            44 if is_protected => {
                let is_bad = matches!(caller(), Err(Denied::Invalid(clerk_edge::verifier::VerifyError::Signature)));
                let count = api.count.fetch_add(u32::from(is_bad), Ordering::SeqCst);
                (is_bad && count > 30).then(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())
            }
            _ => None,
        }
    }

    /// Faults of other paths.
    fn elsewhere(self, api: &Inner, request: &Request) -> Option<Response> {
        let has_token = request.headers.contains_key("authorization");
        match (self.0, request.path.as_str()) {
            (1, "/public") if !has_token => Some(refuse(&Denied::Missing)),
            (36, "/api/admin") => api.caller(request).ok().map(|Caller { user, .. }| opened(&user)),
            (37, "/optional") if has_token && api.caller(request).is_err() => Some(json_of(StatusCode::OK, &json!({}))),
            (38, "/api/users/user_owner") => api.caller(request).ok().map(|_| opened("user_owner")),
            (42, "/graphql") if request.body.starts_with(b"[") => {
                Some(json_of(StatusCode::OK, &json!([{"data": {"me": {"id": "user_1"}}}])))
            }
            _ => None,
        }
    }

    /// Faults of an answer that is right otherwise.
    pub(crate) fn spoil(self, request: &Request, response: &mut Response) {
        let headers = response.headers_mut();
        match self.0 {
            34 if request.method == Method::GET && !request.headers.contains_key("authorization") => {
                headers.remove("access-control-allow-origin");
            }
            45 if request.headers.contains_key("authorization") => {
                headers.insert("x-clerk-auth-message", HeaderValue::from_static("JWT is expired"));
            }
            _ => {}
        }
        let hsts = match self {
            Self::NO_HSTS => None,
            Self::HSTS_OFF => Some("max-age=0"),
            Self::SHORT_HSTS => Some("max-age=60; includeSubDomains"),
            _ => return,
        };
        headers.remove("strict-transport-security");
        headers.extend(hsts.map(|value| (STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(value))));
    }
}

/// A token that looks like every good one and that the key did not sign.
fn is_other_keys(api: &Inner, header: &Value, claims: &Value, text: &str) -> bool {
    let is_usual = header.as_object().is_some_and(|members| members.len() == 4) && header["alg"] == "RS256";
    let issued = claims["iat"].as_i64().unwrap_or_default();
    let is_whole = claims["exp"].as_i64() == Some(issued + 60) && claims["sub"] != "user_attacker";
    let jti = claims["jti"].as_str().unwrap_or_default().to_owned();
    let is_forged = || matches!(api.verify(text), Err(Denied::Invalid(clerk_edge::verifier::VerifyError::Signature)));
    is_usual && is_whole && api.is_new(&jti) && is_forged()
}

/// Fetches what a token says, which is enough to be wrong.
fn fetches(url: &Value) -> bool {
    let fetched = url.as_str().map(|url| agent().get(url).call());
    fetched.is_none()
}

fn parts(headers: &HeaderMap) -> Option<Parts> {
    let value = text(headers, "authorization");
    let text = value.strip_prefix("Bearer ")?.to_owned();
    let parts: Vec<&str> = text.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { return None };
    let read = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let (header, claims, signature) = (read(header)?, read(claims)?, (*signature).to_owned());
    Some(Parts { text, header, claims, signature })
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    text(headers, "cookie").strip_prefix("__session=").map(str::to_owned)
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

fn with(mut response: Response, name: &'static str, value: &'static str) -> Response {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}

fn without(mut response: Response, name: &str) -> Response {
    response.headers_mut().remove(name);
    response
}
