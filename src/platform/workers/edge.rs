//! One gateway in one isolate: made from the first request's environment, kept for all that follow.

use std::cell::OnceCell;
use std::future::Future;
use std::rc::Rc;

use serde_json::json;
use wasm_bindgen::JsValue;
use web_sys::{Request, Response};
use worker::{Context, Env, Result};

use super::attendance::Attendance;
use super::environment::WorkerEnvironment;
use super::handlers::{Call, Handler};
use super::host::WorkerHost;
use super::javascript::Service;
use super::{answer, forward, handlers, javascript, rate_limit, socket, stream, webhook};
use crate::config::{Access, Config, Mistake, Target, health_paths};
use crate::gateway::{
    BUILT_IN_HANDLERS, Decision, Delivery, Forward, Gateway, HEALTH_PATH, LogEntry, Outcome, Verdict,
};
use crate::head::Head;
use crate::path::CanonicalPath;
use crate::refusal::{Fault, Outage, Refusal};

/// A gateway, cheap to clone. Keep one in a `thread_local!`.
#[derive(Clone, Default)]
pub struct Edge(Rc<Inner>);

#[derive(Default)]
struct Inner {
    handlers: Vec<Handler>,
    gateway: OnceCell<std::result::Result<Rc<Gateway<WorkerHost>>, Broken>>,
}

/// What is left of a gateway whose configuration is wrong: it answers health, and 503 to everything else.
struct Broken {
    health: Vec<String>,
}

impl Edge {
    /// A gateway with the built-in handlers, `whoami` and `health`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with a handler of its own, for routes that `serve` this name.
    ///
    /// It must be called before the first request: a gateway in use keeps the handlers it has.
    #[must_use]
    pub fn handler<F, A>(self, name: &'static str, handler: F) -> Self
    where
        F: Fn(Call) -> A + 'static,
        A: Future<Output = Result<worker::Response>> + 'static,
    {
        let mut handlers = self.0.handlers.clone();
        handlers.push((name, Rc::new(move |call| Box::pin(handler(call)))));
        Self(Rc::new(Inner { handlers, gateway: OnceCell::new() }))
    }

    /// Answers a request: the body of a Worker's `fetch`.
    ///
    /// # Errors
    /// When the platform refuses to make an answer at all.
    pub async fn fetch(&self, request: Request, env: Env, context: Context) -> Result<Response> {
        let started = javascript::milliseconds();
        let context = Rc::new(context);
        let _attendance = Attendance::begin(&request, &context);
        let request_id = request_id();
        let head = javascript::head(&request);
        let gateway = match self.gateway(&env) {
            Ok(gateway) => Rc::clone(gateway),
            Err(broken) => return Ok(broken.answer(&head, &request_id, started)),
        };
        let now = javascript::moment(started);
        let mut decision = gateway.decide(&head, &request_id, now).await;
        let body = webhook::receive(&gateway, &mut decision, &head, &request).await;
        let (response, outcome) = self.carry_out(&gateway, &decision, &request, body.as_ref(), env, &request_id).await;
        webhook::remember(&gateway, &decision, &response).await;
        let is_ours = matches!(outcome, Outcome::Refused(_)) || matches!(decision.verdict, Verdict::Preflight(_));
        let is_private = !is_ours && decision.route.is_some_and(|route| route.access != Access::Public);
        answer::finish(&response, &request_id, is_private)?;
        if let Some(policy) = decision.cors {
            answer::share(&response, policy, &head.headers)?;
        }
        rate_limit::tell(&decision, &request_id);
        log(&head, &decision, outcome, &request_id, started);
        if gateway.verifier().is_unsettled() {
            let gateway = Rc::clone(&gateway);
            context.wait_until(async move { gateway.verifier().settle(now).await });
        }
        Ok(response)
    }

    /// Fetches the keys and keeps KV fresh: the body of a Worker's `scheduled`.
    pub async fn scheduled(&self, env: Env) {
        let started = javascript::milliseconds();
        let result = match self.gateway(&env) {
            Ok(gateway) => gateway.verifier().refresh_keys(javascript::moment(started)).await.map_err(|error| error.0),
            Err(_) => Err("the configuration is wrong".to_owned()),
        };
        let event = if result.is_ok() { "keys-refreshed" } else { "keys-not-refreshed" };
        worker::console_log!(
            "{}",
            json!({"time": javascript::rfc_3339(started), "event": event, "error": result.err()})
        );
    }

    fn gateway(&self, env: &Env) -> std::result::Result<&Rc<Gateway<WorkerHost>>, &Broken> {
        let made = self.0.gateway.get_or_init(|| {
            let environment = WorkerEnvironment(env);
            let own = self.0.handlers.iter().map(|(name, _)| *name);
            let names: Vec<&str> = BUILT_IN_HANDLERS.into_iter().chain(own).collect();
            match Config::read(&environment, &names) {
                Ok(config) => {
                    Ok(Rc::new(Gateway::new(config, WorkerHost { store: env.kv("JWKS").ok(), env: env.clone() })))
                }
                Err(mistakes) => {
                    tell(&mistakes);
                    Err(Broken { health: health_paths(&environment) })
                }
            }
        });
        made.as_ref()
    }

    /// Does what a decision says, and tells what came of it.
    async fn carry_out(
        &self,
        gateway: &Rc<Gateway<WorkerHost>>,
        decision: &Decision<'_>,
        request: &Request,
        body: Option<&JsValue>,
        env: Env,
        request_id: &str,
    ) -> (Response, Outcome) {
        let answer = match &decision.verdict {
            Verdict::Refuse(refusal) => Err(*refusal),
            Verdict::Preflight(headers) => Ok(answer::empty(204, headers)),
            Verdict::Serve(serve) => {
                handlers::serve(&self.0.handlers, serve, decision.session.clone(), request, body, env, request_id).await
            }
            Verdict::AssertionKeys(document) => Ok(answer::key_set(document)),
            Verdict::Repeat => Ok(answer::json(200, &json!({"status": "delivered-before"}))),
            // A webhook whose body nobody read goes nowhere.
            Verdict::Webhook(_) => Err(Refusal::Theirs(Fault::WebhookSignatureInvalid)),
            Verdict::Forward(forward) => {
                let answer = forward::forward(forward, request, body, service(forward, &env).as_ref()).await;
                let end = gateway.stream_end(forward.route, decision.session.as_deref());
                answer.and_then(|response| stream::until(end, response, request_id))
            }
            Verdict::Deliver(Delivery { forward, .. }) => {
                forward::forward(forward, request, body, service(forward, &env).as_ref()).await
            }
            Verdict::Upgrade(upgrade) => {
                let service = service(&upgrade.forward, &env);
                socket::open(gateway, upgrade, request, service.as_ref(), request_id).await
            }
        };
        match answer {
            Ok(response) => {
                let status = response.status();
                (response, Outcome::Answered(status))
            }
            Err(refusal) => (answer::refusal(refusal, request_id), Outcome::Refused(refusal)),
        }
    }
}

impl Broken {
    fn answer(&self, head: &Head, request_id: &str, started: f64) -> Response {
        let path = CanonicalPath::parse(&head.path).ok();
        let key = path.as_ref().map(CanonicalPath::match_key);
        let is_health = key.is_some_and(|key| key == HEALTH_PATH || self.health.iter().any(|path| path == key));
        if is_health && matches!(head.method.as_str(), "GET" | "HEAD") {
            return answer::json(200, &json!({"status": "configuration-invalid"}));
        }
        let refusal = Refusal::Ours(Outage::ConfigurationInvalid);
        let time = javascript::rfc_3339(started);
        let entry = LogEntry::without_gateway(&head.method, path.as_ref(), refusal, (&time, request_id));
        worker::console_log!("{}", entry.to_json());
        let response = answer::refusal(refusal, request_id);
        // The names and values are this gateway's own, so setting them cannot fail.
        let _ = answer::finish(&response, request_id, false);
        response
    }
}

/// The binding that a request is sent by, where that is not the network.
fn service(forward: &Forward<'_>, env: &Env) -> Option<Service> {
    match &forward.route.target {
        Target::Service(name) => WorkerEnvironment(env).service(name),
        Target::Origin(_) | Target::Zone | Target::Serve(_) => None,
    }
}

fn log(head: &Head, decision: &Decision<'_>, outcome: Outcome, request_id: &str, started: f64) {
    let time = javascript::rfc_3339(started);
    let elapsed = javascript::milliseconds_since(started);
    worker::console_log!("{}", LogEntry::new(head, decision, outcome, &time, request_id, elapsed).to_json());
}

fn tell(mistakes: &[Mistake]) {
    let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    worker::console_error!("{}", json!({"event": "configuration-invalid", "mistakes": mistakes}));
}

/// 128 random bits in hexadecimal.
fn request_id() -> String {
    let mut bytes = [0_u8; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        // The id only ties a log line to an answer; a request does not fail for want of one.
        Err(_) => "unknown".to_owned(),
    }
}
