//! A request head becomes a verdict: forward it, serve it here, or refuse it.
//!
//! Nothing here does input or output but through the verifier. The order is path, route, credentials, site, token,
//! requirement; the first that fails decides. What no route has is refused.

use std::rc::Rc;

use crate::authentication::Authenticator;
use crate::checks::Watch;
use crate::claims::Session;
use crate::config::{Access, Config, Route, Target};
use crate::cors::{CorsPolicy, Preflight};
use crate::head::Head;
use crate::keys::KeyOrigin;
use crate::method::Method;
use crate::path::CanonicalPath;
use crate::ports::{CountRequest, Host, HostError};
use crate::refusal::{Fault, Refusal};
use crate::routes::Match;
use crate::time::UnixTime;
use crate::verifier::{Verified, Verifier};
use crate::webhook::UnverifiedDelivery;

mod assertion;
mod forward;
mod log;
mod preflight;
mod rate_limit;
mod renewal;
mod upgrade;
mod webhook;

pub use assertion::ASSERTION_KEYS_PATH;
pub use forward::Forward;
pub use log::LogEntry;
pub use renewal::{Holder, RenewalError, TOKEN_MESSAGE, not_renewed, renewed, token_of_message};
pub use upgrade::Upgrade;
pub use webhook::{Delivery, Webhook};

/// Where every gateway answers whether it is there, whatever its routes and its configuration.
pub const HEALTH_PATH: &str = "/.well-known/clerk-edge/health";

/// The handler that says that the gateway is there.
pub const HEALTH: &str = "health";
/// The handler that answers with the caller's session.
pub const WHOAMI: &str = "whoami";
/// The handlers that every gateway has.
pub const BUILT_IN_HANDLERS: [&str; 2] = [WHOAMI, HEALTH];

/// A gateway: a configuration that is right, and who tells the users of its instance.
pub struct Gateway<H: Host> {
    config: Config,
    authenticator: Authenticator<H>,
}

/// What is to be done with a request, and what the log says of it.
#[derive(Debug)]
pub struct Decision<'a> {
    /// What is to be done.
    pub verdict: Verdict<'a>,
    /// The path in its one spelling, when it has one.
    pub path: Option<CanonicalPath>,
    /// What pages of other origins may read of the answer; of an answer to a preflight, the verdict says it.
    pub cors: Option<&'a CorsPolicy>,
    /// The route, when one was found.
    pub route: Option<&'a Route>,
    /// The session, when one was verified; on a refusal for want of rights too.
    pub session: Option<Rc<Session>>,
    /// Where the key came from, when a token was verified.
    pub key_origin: Option<KeyOrigin>,
    /// Whether the token was verified before.
    pub remembered: bool,
    /// Why a route's limit was not counted, when it was not; the request passed.
    pub not_counted: Option<HostError>,
}

/// What is to be done with a request.
#[derive(Debug)]
pub enum Verdict<'a> {
    /// Send it on.
    Forward(Forward<'a>),
    /// Answer a preflight with these headers, 204.
    Preflight(Vec<(&'static str, String)>),
    /// Send it on and, when the origin agrees, stand between the two ends of a WebSocket.
    Upgrade(Upgrade<'a>),
    /// Answer it by a handler of this Worker.
    Serve(Serve<'a>),
    /// Answer with the public keys of assertions.
    AssertionKeys(&'a str),
    /// Read its body and go on with [`Gateway::receive`].
    Webhook(Webhook<'a>),
    /// Send a webhook on, with the body that was checked, and remember it when the target takes it.
    Deliver(Delivery<'a>),
    /// Say that it went well: the target took this webhook before.
    Repeat,
    /// Refuse it.
    Refuse(Refusal),
}

/// A request to answer here.
#[derive(Debug)]
pub struct Serve<'a> {
    /// The handler's name.
    pub handler: &'a str,
    /// The request as an origin would get it: a handler never sees the path or the headers as they came.
    pub request: Option<Forward<'a>>,
}

impl<H: Host> Gateway<H> {
    /// A gateway on `host`.
    #[must_use]
    pub fn new(config: Config, host: H) -> Self {
        let authenticator = Authenticator::new(host, &config.tokens);
        Self { config, authenticator }
    }

    /// The verifier, for what falls due beside requests.
    pub fn verifier(&self) -> &Verifier<H> {
        self.authenticator.verifier()
    }

    /// What it was told to do.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Decides on a request at the time `now`. `request_id` goes to the origin and into refusals.
    pub fn decide(&self, head: &Head, request_id: &str, now: UnixTime) -> impl Future<Output = Decision<'_>>
    where
        H: CountRequest,
    {
        self.decide_watched(head, request_id, now, &())
    }

    /// The same, and says which check of the token it comes to.
    pub async fn decide_watched(&self, head: &Head, request_id: &str, now: UnixTime, watch: &dyn Watch) -> Decision<'_>
    where
        H: CountRequest,
    {
        let mut decision = Decision {
            verdict: Verdict::Refuse(Refusal::Theirs(Fault::PathInvalid)),
            path: CanonicalPath::parse(&head.path).ok(),
            cors: self.config.cors.as_deref(),
            route: None,
            session: None,
            key_origin: None,
            remembered: false,
            not_counted: None,
        };
        if let Some(path) = decision.path.take() {
            let verdict = self.verdict(&path, head, request_id, now, &mut decision, watch).await;
            decision.verdict = verdict.unwrap_or_else(Verdict::Refuse);
            decision.path = Some(path);
        }
        decision
    }

    async fn verdict<'a>(
        &'a self,
        path: &CanonicalPath,
        head: &Head,
        request_id: &str,
        now: UnixTime,
        decision: &mut Decision<'a>,
        watch: &dyn Watch,
    ) -> Result<Verdict<'a>, Refusal>
    where
        H: CountRequest,
    {
        let method = Method::from_name(&head.method);
        let is_upgrade = upgrade::is_requested(head, method)?;
        if let Some(answer) = self.well_known(path, method).filter(|_| !is_upgrade) {
            return Ok(answer);
        }
        if let Some(preflight) = Preflight::read(&head.method, &head.headers)
            && let Some((route, verdict)) = self.preflight(&preflight, path)
        {
            // The verdict says all that there is to say to a page, and a refusal says nothing.
            (decision.route, decision.cors) = (route, None);
            return verdict;
        }
        let route = self.route(path, method)?;
        decision.route = Some(route);
        decision.cors = route.cors.as_deref();
        if is_upgrade {
            self.check_upgrade(route, head, now)?;
        }
        if route.access == Access::Webhook {
            let delivery = UnverifiedDelivery::read(&head.headers, now)?;
            let forward = Forward::new(route, head, path, None, request_id);
            return Ok(Verdict::Webhook(Webhook { forward, delivery, request_id: request_id.to_owned(), now }));
        }
        self.admit(route, head, method, now, decision, watch).await?;
        let session = decision.session.as_ref();
        let forward = Forward::new(route, head, path, session.map(Rc::as_ref), request_id);
        Ok(match &route.target {
            Target::Serve(handler) => {
                let request = (!BUILT_IN_HANDLERS.contains(&handler.as_str())).then_some(forward);
                Verdict::Serve(Serve { handler, request })
            }
            Target::Origin(_) | Target::Zone | Target::Service(_) => {
                let forward = self.asserted(forward, &head.method, session.map(Rc::as_ref), request_id, now);
                if is_upgrade {
                    Verdict::Upgrade(self.upgrade(forward, head, session))
                } else {
                    Verdict::Forward(forward)
                }
            }
        })
    }

    /// What every gateway answers at addresses of its own, whatever its routes.
    fn well_known(&self, path: &CanonicalPath, method: Option<Method>) -> Option<Verdict<'_>> {
        match (path.match_key(), method?) {
            (HEALTH_PATH, Method::Get | Method::Head) => Some(Verdict::Serve(Serve { handler: HEALTH, request: None })),
            (ASSERTION_KEYS_PATH, Method::Get | Method::Head) => Some(Verdict::AssertionKeys(self.assertion_keys())),
            _ => None,
        }
    }

    /// Lets a request in at a route: who sends it, what the route demands, whether it can be sent on, and how often.
    async fn admit<'a>(
        &'a self,
        route: &Route,
        head: &Head,
        method: Option<Method>,
        now: UnixTime,
        decision: &mut Decision<'a>,
        watch: &dyn Watch,
    ) -> Result<(), Refusal>
    where
        H: CountRequest,
    {
        if route.access != Access::Public {
            let verified = self.authenticator.authenticate_watched(head, method, now, watch).await?;
            if let Some(Verified { session, key_origin, remembered }) = verified {
                decision.session = Some(session);
                decision.key_origin = Some(key_origin);
                decision.remembered = remembered;
            }
            authorize(route, decision.session.as_deref())?;
        }
        if head.has_body && matches!(method, Some(Method::Get | Method::Head)) {
            return Err(Refusal::Theirs(Fault::BodyNotAllowed));
        }
        decision.not_counted = self.count(route, head, decision.session.as_deref()).await?;
        Ok(())
    }

    fn route(&self, path: &CanonicalPath, method: Option<Method>) -> Result<&Route, Refusal> {
        let fault = match self.config.table.find(path, method) {
            Match::Route(index) => match self.config.routes.get(index) {
                Some(route) if self.has_one_reading(path, route) => return Ok(route),
                Some(_) => Fault::PathInvalid,
                None => Fault::RouteNotFound,
            },
            Match::Ambiguous => Fault::PathInvalid,
            Match::MethodNotAllowed(_) | Match::NotFound if !path.specials().is_empty() => Fault::PathInvalid,
            Match::MethodNotAllowed(allowed) => Fault::MethodNotAllowed(allowed),
            Match::NotFound => Fault::RouteNotFound,
        };
        Err(Refusal::Theirs(fault))
    }

    /// Whether the route allows the path's special spellings, and an origin that reads them otherwise finds no other route.
    fn has_one_reading(&self, path: &CanonicalPath, route: &Route) -> bool {
        path.specials().iter().all(|special| route.allow_in_path.contains(special))
            && (path.specials().is_empty() || self.config.table.is_read_alike(path))
    }
}

fn authorize(route: &Route, session: Option<&Session>) -> Result<(), Refusal> {
    match (session, route.access, &route.require) {
        // A webhook's route is decided elsewhere; were it asked for here, it would be refused.
        (None, Access::Required | Access::Webhook, _) => Err(Refusal::Theirs(Fault::CredentialsMissing)),
        (Some(session), _, Some(requirement)) => requirement.check(session).map_err(Refusal::from),
        (None, Access::Public | Access::Optional, _) | (Some(_), _, None) => Ok(()),
    }
}
