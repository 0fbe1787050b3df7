//! The JavaScript API of the npm package: the same verifier and the same refusals, for hosts that forward nothing.
//!
//! What crosses is text: options and answers as JSON, a request as its method, its address and its headers. JavaScript
//! gives the shape that a framework wants and decides nothing: whether a session meets a rule is asked of the [`Rule`], with the
//! session's claims as they were handed out. Of a session JavaScript holds text alone and nothing of this module's memory, which
//! its garbage collector cannot see.

use std::rc::Rc;

use serde::Serialize;
use serde_json::Value;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::authentication::Authenticator;
use crate::checks::{Check, Reached};
use crate::claims::{Session, SignedClaims};
use crate::config::{Environment, Mistake, TokenConfig, read_requirement};
use crate::credentials::Credentials;
use crate::head::Head;
use crate::headers::HeaderList;
use crate::json::{self, Object};
use crate::method::Method;
use crate::refusal::{Fault, Refusal};
use crate::time::UnixTime;
use crate::webhook::{UnverifiedDelivery, WebhookError, WebhookSecrets};

mod assertions;
mod host;

use crate::platform::work::begin;
use host::{JsHost, NpmHost};

/// Tells the users of one Clerk instance.
#[wasm_bindgen]
pub struct Core(Rc<Authenticator<NpmHost>>);

#[wasm_bindgen]
impl Core {
    /// From JSON: `variables`, an object of the environment's names, and `options`, the keys that concern tokens.
    ///
    /// # Errors
    /// Every mistake in them, a line each.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &str, host: JsHost) -> Result<Core, JsError> {
        let settings = json::parse(settings.as_bytes())?;
        let tokens = TokenConfig::read(&Variables(&settings["variables"]), &settings["options"], "options");
        let tokens = tokens.map_err(|mistakes| told(&mistakes))?;
        Ok(Self(Rc::new(Authenticator::new(NpmHost(host), &tokens))))
    }

    /// Who sends a request: what the host makes of the session, or a [`Refused`]. `headers` are names and values by turns; `milliseconds` is now, since 1970.
    pub fn authenticate(&self, method: String, url: String, headers: Vec<String>, milliseconds: f64) -> JsValue {
        let authenticator = Rc::clone(&self.0);
        let head = Head::new(&method, &url, header_list(headers), None);
        let now = UnixTime::from_milliseconds(milliseconds);
        begin(async move {
            let reached = Reached::default();
            let verified =
                authenticator.authenticate_watched(&head, Method::from_name(&head.method), now, &reached).await;
            let verified = verified.and_then(|verified| verified.ok_or(Refusal::Theirs(Fault::CredentialsMissing)));
            authenticator.verifier().host().answer(verified, &reached)
        })
    }

    /// The same of a token that came by another way than a request's headers.
    #[wasm_bindgen(js_name = verifyToken)]
    pub fn verify_token(&self, token: String, milliseconds: f64) -> JsValue {
        let authenticator = Rc::clone(&self.0);
        let now = UnixTime::from_milliseconds(milliseconds);
        begin(async move {
            let reached = Reached::default();
            let verified = authenticator.verifier().verify_watched(&token, false, now, &reached).await;
            authenticator.verifier().host().answer(verified.map_err(Refusal::from), &reached)
        })
    }

    /// The token of a request, unverified, for whoever explains what became of it.
    pub fn token(&self, headers: Vec<String>, milliseconds: f64) -> Option<String> {
        let now = UnixTime::from_milliseconds(milliseconds);
        let credentials = Credentials::find(&header_list(headers), self.0.instance(), now);
        credentials.ok().flatten().map(|credentials| credentials.token)
    }

    /// The `iss` that tokens must have.
    pub fn issuer(&self) -> String {
        self.0.verifier().policy().issuer.clone()
    }

    /// Whether [`Core::settle`] has work to do.
    #[wasm_bindgen(js_name = isUnsettled)]
    pub fn is_unsettled(&self) -> bool {
        self.0.verifier().is_unsettled()
    }

    /// Refreshes what fell due, beside the request.
    pub fn settle(&self, milliseconds: f64) -> JsValue {
        let authenticator = Rc::clone(&self.0);
        let now = UnixTime::from_milliseconds(milliseconds);
        begin(async move {
            authenticator.verifier().settle(now).await;
            JsValue::UNDEFINED
        })
    }
}

/// Why there is no session. JavaScript frees it as soon as it has read it.
#[wasm_bindgen]
pub struct Refused {
    refusal: Refusal,
    reached: Option<Check>,
}

#[wasm_bindgen]
impl Refused {
    /// The refusal as JSON.
    pub fn refusal(&self, request_id: &str) -> String {
        refusal_json(self.refusal, request_id)
    }

    /// The last check of the token that was come to, by its place in their order; undefined where none was looked at.
    pub fn reached(&self) -> Option<u8> {
        self.reached.map(|check| check as u8)
    }
}

/// A rule over a session, read once.
#[wasm_bindgen]
pub struct Rule(crate::authorization::Requirement);

#[wasm_bindgen]
impl Rule {
    /// From the JSON of what a route's `require` holds.
    ///
    /// # Errors
    /// Every mistake in it, a line each.
    #[wasm_bindgen(constructor)]
    pub fn new(rule: &str) -> Result<Rule, JsError> {
        let value = json::parse(rule.as_bytes())?;
        read_requirement(&value, "rule").map(Self).map_err(|mistakes| told(&mistakes))
    }

    /// The refusal of a session that does not meet the rule, or of none at all; undefined where it is met. `claims` are those
    /// that were handed out for a session that was verified.
    pub fn check(&self, claims: Option<String>, request_id: &str) -> Option<String> {
        let claims = claims.as_deref().and_then(|text| SignedClaims::read(text).ok());
        let session = claims.and_then(|claims| Session::from_claims(&claims).ok());
        let met = match session {
            Some(session) => self.0.check(&session).map_err(Refusal::from),
            None => Err(Refusal::Theirs(Fault::CredentialsMissing)),
        };
        met.err().map(|refusal| refusal_json(refusal, request_id))
    }
}

/// Checks a webhook's delivery, and returns the refusal as JSON; undefined when it was signed with one of the secrets.
///
/// # Errors
/// When `secrets` holds none.
#[wasm_bindgen(js_name = checkWebhook)]
pub fn check_webhook(
    headers: Vec<String>,
    body: &[u8],
    secrets: &str,
    request_id: &str,
    milliseconds: f64,
) -> Result<Option<String>, JsError> {
    let secrets = WebhookSecrets::parse(secrets)?;
    let verify = || -> Result<_, WebhookError> {
        UnverifiedDelivery::read(&header_list(headers), UnixTime::from_milliseconds(milliseconds))?
            .verify(&secrets, body)
    };
    Ok(verify().err().map(|error| refusal_json(error.into(), request_id)))
}

struct Variables<'a>(&'a Value);

impl Environment for Variables<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    fn json(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }

    fn has_service(&self, _name: &str) -> bool {
        false
    }
}

fn header_list(flat: Vec<String>) -> HeaderList {
    let mut flat = flat.into_iter();
    let pair = || Some((flat.next()?, flat.next()?));
    HeaderList::new(std::iter::from_fn(pair).collect())
}

/// The parts of a session, which `authOf` of the package names as Clerk's SDK does: user, session, the organization's id, slug,
/// role and permissions, and the actor as JSON of its own.
#[derive(Serialize)]
struct SessionJson<'a>(
    &'a str,
    &'a str,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    &'a [String],
    Option<String>,
);

impl<'a> SessionJson<'a> {
    fn new(session: &'a Session) -> Self {
        let organization = session.organization.as_ref();
        Self(
            &session.user_id,
            &session.session_id,
            organization.map(|organization| organization.id.as_str()),
            organization.and_then(|organization| organization.slug.as_deref()),
            organization.and_then(|organization| organization.role.as_deref()),
            organization.map_or(&[], |organization| &organization.permissions),
            session.actor.as_ref().map(json::to_text),
        )
    }
}

#[derive(Serialize)]
struct RefusalJson {
    status: u16,
    code: &'static str,
    headers: Object,
    body: String,
}

fn refusal_json(refusal: Refusal, request_id: &str) -> String {
    let mut headers = Object::new();
    for (name, value) in refusal.headers() {
        headers.insert(name.to_owned(), value.into());
    }
    let (status, code) = (refusal.status(), refusal.code());
    json::to_text(&RefusalJson { status, code, headers, body: refusal.body(request_id) })
}

fn told(mistakes: &[Mistake]) -> JsError {
    let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    JsError::new(&lines.join("\n"))
}
