//! The API under test: right in everything, or with one fault.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use clerk_edge::claims::Session;
use clerk_edge::headers::HeaderList;
use clerk_edge::keys::KeySource;
use clerk_edge::platform::native::now;
use clerk_edge::verifier::{MissingAzp, OriginPattern, TokenPolicy, Verifier, VerifyError};
use clerk_edge::webhook::{UnverifiedDelivery, WebhookSecrets};
use serde_json::{Value, json};

use super::answers::{forbidden, json_of, nothing, opened, refuse, resolve};
use super::faults::Fault;
use super::keys::{Holding, KeyCache};
use crate::harness::StandIn;

pub(crate) const APP: &str = "https://app.example.com";
const AUDIENCE: &str = "https://api.example.com";

/// The API, served until the test ends.
pub(crate) struct Api {
    pub(crate) address: SocketAddr,
}

/// What it knows.
pub(crate) struct Inner {
    pub(crate) fault: Option<Fault>,
    pub(crate) keys: KeyCache,
    policy: TokenPolicy,
    webhook_secrets: WebhookSecrets,
    /// Whether it stands behind TLS, and says so.
    is_secure: bool,
    /// What a fault counts.
    pub(crate) count: AtomicU32,
    /// The tokens that a fault has seen.
    seen: Mutex<HashSet<String>>,
}

/// A request.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why nobody is let in.
pub(crate) enum Denied {
    Missing,
    Ambiguous,
    Invalid(VerifyError),
    Unavailable,
}

/// The user and the role of whoever asks.
pub(crate) struct Caller {
    pub(crate) user: String,
    pub(crate) role: Option<String>,
}

impl Api {
    /// An API that trusts the stand-in.
    pub(crate) fn start(stand_in: &StandIn, fault: Option<Fault>) -> Self {
        Self::with(stand_in, fault, false)
    }

    /// The same, to stand behind TLS.
    pub(crate) fn start_secure(stand_in: &StandIn, fault: Option<Fault>) -> Self {
        Self::with(stand_in, fault, true)
    }

    fn with(stand_in: &StandIn, fault: Option<Fault>, is_secure: bool) -> Self {
        let text = |name: &str| stand_in.identity[name].as_str().unwrap().to_owned();
        let mut policy = TokenPolicy::for_issuer(text("issuer"));
        policy.audience = vec![AUDIENCE.to_owned()];
        policy.authorized_parties = vec![OriginPattern::parse(APP).unwrap()];
        policy.missing_azp = MissingAzp::Reject;
        let inner = Inner {
            fault,
            keys: KeyCache::new(text("keySetUrl"), fault == Some(Fault::FLOODS)),
            policy,
            webhook_secrets: WebhookSecrets::parse(&text("webhookSecret")).unwrap(),
            is_secure,
            count: AtomicU32::new(0),
            seen: Mutex::default(),
        };
        Self { address: serve(Router::new().fallback(handle).with_state(Arc::new(inner))) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Serves on a thread of its own, which ends with the test's process.
pub(crate) fn serve(routes: Router) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, routes).await.unwrap();
        });
    });
    address
}

async fn handle(State(api): State<Arc<Inner>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let (path, query) = (uri.path().to_owned(), uri.query().unwrap_or_default().to_owned());
    api.answer(&Request { method, path, query, headers, body })
}

impl Inner {
    fn answer(&self, request: &Request) -> Response {
        let wrong = self.fault.and_then(|fault| fault.instead(self, request));
        let mut response = wrong.unwrap_or_else(|| self.correct(request));
        self.add_cors(request, &mut response);
        if self.is_secure {
            response.headers_mut().insert("strict-transport-security", HeaderValue::from_static("max-age=31536000"));
        }
        if let Some(fault) = self.fault {
            fault.spoil(request, &mut response);
        }
        response
    }

    pub(crate) fn correct(&self, request: &Request) -> Response {
        if request.method == Method::OPTIONS {
            return StatusCode::NO_CONTENT.into_response();
        }
        match request.path.as_str() {
            "/public" => json_of(StatusCode::OK, &json!({"public": true})),
            "/optional" => self.optional(request),
            "/api/protected" => self.guarded(request, |caller| opened(&caller.user)),
            "/api/admin" => self.guarded(request, |caller| match caller.role.as_deref() {
                Some("org:admin") => opened(&caller.user),
                _ => forbidden(),
            }),
            "/api/users/user_owner" => {
                self.guarded(
                    request,
                    |caller| if caller.user == "user_owner" { opened("user_owner") } else { forbidden() },
                )
            }
            "/graphql" => self.graphql(request),
            "/webhooks" if request.method == Method::POST => self.webhook(request),
            path if path.starts_with("/api/") => self.guarded(request, |_| nothing()),
            _ => nothing(),
        }
    }

    fn guarded(&self, request: &Request, then: impl Fn(&Caller) -> Response) -> Response {
        match self.caller(request) {
            Ok(caller) => then(&caller),
            Err(denied) => refuse(&denied),
        }
    }

    fn optional(&self, request: &Request) -> Response {
        match self.caller(request) {
            Ok(caller) => opened(&caller.user),
            Err(Denied::Missing) => json_of(StatusCode::OK, &json!({"user": null})),
            Err(denied) => refuse(&denied),
        }
    }

    /// Who asks, by the one `Authorization` header.
    pub(crate) fn caller(&self, request: &Request) -> Result<Caller, Denied> {
        let values: Vec<&HeaderValue> = request.headers.get_all("authorization").iter().collect();
        let value = match values.as_slice() {
            [] => return Err(Denied::Missing),
            [value] => String::from_utf8_lossy(value.as_bytes()).into_owned(),
            _ => return Err(Denied::Ambiguous),
        };
        if value.contains(',') {
            return Err(Denied::Ambiguous);
        }
        match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => self.verify(token.trim()),
            _ => Err(Denied::Missing),
        }
    }

    pub(crate) fn verify(&self, token: &str) -> Result<Caller, Denied> {
        let document = self.keys.document().ok_or(Denied::Unavailable)?;
        match self.verify_with(token, document) {
            Err(VerifyError::KeyId) => {
                let keeps = self.fault.is_none_or(|fault| fault.keeps_new_keys());
                let document = self.keys.refresh(keeps).ok_or(self.unavailable())?;
                self.verify_with(token, document).map_err(Denied::Invalid)
            }
            verified => verified.map_err(Denied::Invalid),
        }
    }

    fn unavailable(&self) -> Denied {
        let tells = self.fault.is_none_or(|fault| fault.tells_outages());
        if tells { Denied::Unavailable } else { Denied::Invalid(VerifyError::KeyId) }
    }

    fn verify_with(&self, token: &str, document: Vec<u8>) -> Result<Caller, VerifyError> {
        let source = KeySource::KeySet { url: "http://127.0.0.1/".to_owned(), bearer: None };
        let verifier = Verifier::new(Holding(document), self.policy.clone(), source);
        let verified = pollster::block_on(verifier.verify(token, false, now()))?;
        Ok(Caller::of(&verified.session))
    }

    /// Whether a fault sees this token's id for the first time.
    pub(crate) fn is_new(&self, id: &str) -> bool {
        self.seen.lock().unwrap().insert(id.to_owned())
    }

    fn graphql(&self, request: &Request) -> Response {
        let caller = match self.caller(request) {
            Ok(caller) => Some(caller.user),
            Err(Denied::Missing) => None,
            Err(denied) => return refuse(&denied),
        };
        if request.method == Method::GET {
            return json_of(StatusCode::OK, &resolve(&request.query, caller.as_deref()));
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let answer = |one: &Value| resolve(one["query"].as_str().unwrap_or_default(), caller.as_deref());
        match &body {
            Value::Array(batch) => json_of(StatusCode::OK, &batch.iter().map(answer).collect::<Vec<_>>().into()),
            one => json_of(StatusCode::OK, &answer(one)),
        }
    }

    fn webhook(&self, request: &Request) -> Response {
        let text = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let headers = HeaderList::new(request.headers.iter().map(text).collect());
        let tolerant = self.fault.is_some_and(|fault| fault.takes_old_webhooks());
        let then = request.headers.get("svix-timestamp").and_then(|value| value.to_str().ok()?.parse().ok());
        let at = then.filter(|_| tolerant).map_or_else(now, clerk_edge::time::UnixTime::from_seconds);
        let read = UnverifiedDelivery::read(&headers, at);
        match read.and_then(|delivery| delivery.verify(&self.webhook_secrets, &request.body)) {
            Ok(_) => StatusCode::NO_CONTENT.into_response(),
            Err(_) => json_of(StatusCode::BAD_REQUEST, &json!({"title": "Not signed", "status": 400})),
        }
    }

    fn add_cors(&self, request: &Request, response: &mut Response) {
        if request.headers.get("origin").is_none_or(|origin| origin != APP) {
            return;
        }
        for (name, value) in [
            ("access-control-allow-origin", APP),
            ("access-control-allow-headers", "authorization, content-type"),
            ("access-control-expose-headers", "WWW-Authenticate"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
}

impl Caller {
    fn of(session: &Session) -> Self {
        let role = session.organization.as_ref().and_then(|organization| organization.role.clone());
        Self { user: session.user_id.clone(), role }
    }
}
