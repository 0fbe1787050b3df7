//! One gateway in one isolate: made from the first request's environment, kept for all that follow.

use std::cell::OnceCell;
use std::rc::Rc;

use js_sys::Promise;
use serde_json::json;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use web_sys::{Request, Response};

use super::arrival::Arrival;
use super::environment::WorkerEnvironment;
use super::handlers::Handlers;
use super::host::{self, WorkerHost};
use super::javascript::{self, Context, Service, WordOutage};
use super::plan::{Completion, Reply, Sent};
use super::signer::Signer;
use super::{socket, webhook};
use crate::apart::apart;
use crate::assertion::ASSERTION_KEY;
use crate::claims::Session;
use crate::config::{Config, Environment as _, Mistake, Target, health_paths};
use crate::gateway::{
    BUILT_IN_HANDLERS, Decision, Delivery, Forward, Gateway, HEALTH, HEALTH_PATH, Serve, Upgrade, Verdict, WHOAMI,
};
use crate::path::CanonicalPath;
use crate::platform::work::{attempt, begin};
use crate::refusal::{Fault, Outage, Refusal};
use crate::time::UnixTime;

/// A gateway, cheap to clone. Keep one in a `thread_local!`.
#[derive(Clone, Default)]
pub struct Edge(Rc<Inner>);

#[derive(Default)]
struct Inner {
    handlers: Handlers,
    gateway: OnceCell<Result<Rc<Gateway<WorkerHost>>, Broken>>,
    signer: OnceCell<Signer>,
    word_outage: OnceCell<WordOutage>,
}

/// What is left of a gateway whose configuration is wrong: it answers health, and 503 to everything else.
struct Broken {
    health: Vec<String>,
}

/// What comes of a request.
enum Answer {
    /// Words of the gateway's own.
    Reply(Reply),
    /// An answer of somebody else's, still without what every answer gets.
    Made(Response),
    /// An answer to come, which is complete when it does.
    Promised(JsValue),
}

impl Edge {
    /// A gateway with the built-in handlers, `whoami` and `health`.
    #[must_use]
    pub fn new() -> Self {
        Self::with_handlers(Handlers::default())
    }

    pub(super) fn with_handlers(handlers: Handlers) -> Self {
        Self(Rc::new(Inner { handlers, ..Inner::default() }))
    }

    pub(super) fn handlers(&self) -> &Handlers {
        &self.0.handlers
    }

    /// Answers a request, at once where nothing has to be waited for: a promise, with all that goes with it, costs more
    /// than a decision.
    pub(super) fn answer(&self, request: Request, env: JsValue, context: Context) -> JsValue {
        let edge = self.clone();
        let (asked, kept) = (Clone::clone(&request), context.clone());
        match attempt(async move { edge.work(&request, &env, &context).await }) {
            Ok(answer) => answer,
            Err(waiting) => {
                let answer = javascript::finish(waiting);
                javascript::attend(&asked, &kept, &answer);
                answer.into()
            }
        }
    }

    /// Resolves once the keys are fetched and KV is fresh.
    pub(super) fn keep_keys(&self, env: JsValue) -> Promise {
        let edge = self.clone();
        javascript::finish(begin(async move {
            edge.refresh(&env).await;
            JsValue::UNDEFINED
        }))
    }

    async fn refresh(&self, env: &JsValue) {
        let started = javascript::milliseconds();
        let result = match self.gateway(env).await {
            Ok(gateway) => gateway.verifier().refresh_keys(javascript::moment(started)).await.map_err(|error| error.0),
            Err(_) => Err("the configuration is wrong".to_owned()),
        };
        let event = if result.is_ok() { "keys-refreshed" } else { "keys-not-refreshed" };
        let line = json!({"time": javascript::rfc_3339(started), "event": event, "error": result.err()});
        javascript::log(&line.to_string());
    }

    async fn gateway(&self, env: &JsValue) -> Result<&Rc<Gateway<WorkerHost>>, &Broken> {
        if self.0.gateway.get().is_none()
            && let Some(text) = WorkerEnvironment(env, None).text(ASSERTION_KEY)
            && let Some(signer) = Signer::prepare(&text).await
        {
            // Another request may have done the same meanwhile.
            let _ = self.0.signer.set(signer);
        }
        let made = self.0.gateway.get_or_init(|| {
            let environment = WorkerEnvironment(env, self.0.signer.get());
            let names: Vec<&str> = BUILT_IN_HANDLERS.into_iter().chain(self.handlers().names()).collect();
            match Config::read(&environment, &names) {
                Ok(config) => {
                    Ok(Rc::new(Gateway::new(config, WorkerHost { store: environment.store(), env: env.clone() })))
                }
                Err(mistakes) => {
                    tell(&mistakes);
                    Err(Broken { health: health_paths(&environment) })
                }
            }
        });
        made.as_ref()
    }

    /// The answer, or the promise of one.
    async fn work(&self, request: &Request, env: &JsValue, context: &Context) -> JsValue {
        let Some(arrival) = Arrival::read(request) else {
            return Response::error().into();
        };
        let gateway = match self.gateway(env).await {
            Ok(gateway) => gateway,
            Err(broken) => return broken.answer(&arrival).into(),
        };
        let now = UnixTime::from_seconds(arrival.started.div_euclid(1000));
        let mut decision = gateway.decide(&arrival.head, &arrival.request_id, now).await;
        let body = if matches!(decision.verdict, Verdict::Webhook(_)) {
            apart(webhook::receive(gateway, &mut decision, request)).await
        } else {
            request.body().filter(|_| arrival.head.has_body).map_or(JsValue::UNDEFINED, JsValue::from)
        };
        host::tell_not_counted(&decision, &arrival.request_id);
        let signer = self.0.signer.get().map_or(JsValue::UNDEFINED, |signer| signer.key.clone());
        let call = Call { gateway, arrival: &arrival, request, context, env, body: &body, signer };
        let answer = self.carry_out(&call, &decision).await;
        // Behind that, so that a request is on its way before what is done beside it.
        if gateway.verifier().is_unsettled() {
            settle(gateway, context, now);
        }
        let completion = Completion::new(&arrival, &decision);
        match answer {
            Ok(Answer::Promised(answer)) => answer,
            Ok(Answer::Made(response)) => javascript::complete(&response, &completion.to_json()).into(),
            Ok(Answer::Reply(reply)) => javascript::reply(&completion.replying(&reply)).into(),
            Err(refusal) => refuse(refusal, &arrival, completion).into(),
        }
    }

    /// Does what a decision says.
    async fn carry_out(&self, call: &Call<'_>, decision: &Decision<'_>) -> Result<Answer, Refusal> {
        match &decision.verdict {
            Verdict::Refuse(refusal) => Err(*refusal),
            Verdict::Forward(forward) => Ok(Answer::Promised(self.forward(call, decision, forward))),
            Verdict::Preflight(headers) => Ok(Answer::Reply(Reply::preflight(headers))),
            Verdict::Serve(serve) => apart(self.serve(call, decision, serve)).await,
            Verdict::AssertionKeys(document) => Ok(Answer::Reply(Reply::key_set(document))),
            Verdict::Repeat => Ok(Answer::Reply(Reply::json(200, &json!({"status": "delivered-before"})))),
            // A webhook whose body nobody read goes nowhere.
            Verdict::Webhook(_) => Err(Refusal::Theirs(Fault::WebhookSignatureInvalid)),
            Verdict::Deliver(delivery) => apart(deliver(call, delivery)).await.map(Answer::Made),
            Verdict::Upgrade(upgrade) => apart(open(call, upgrade)).await.map(Answer::Made),
        }
    }

    /// Sends a request on.
    fn forward(&self, call: &Call<'_>, decision: &Decision<'_>, forward: &Forward<'_>) -> JsValue {
        let ends_at = call.gateway.stream_end(forward.route, decision.session.as_deref());
        let plan = Completion::new(call.arrival, decision).forwarding(forward, ends_at);
        let service = call.service(forward);
        let outage = self.0.word_outage.get_or_init(|| Closure::new(word_outage));
        let Call { request, context, body, signer, .. } = call;
        javascript::forward(request, context, service.as_ref(), &plan, body, signer, outage).into()
    }

    /// Answers by a handler of this Worker.
    async fn serve(&self, call: &Call<'_>, decision: &Decision<'_>, serve: &Serve<'_>) -> Result<Answer, Refusal> {
        match (serve.handler, &serve.request) {
            (HEALTH, _) => Ok(Answer::Reply(Reply::json(200, &json!({"status": "ok"})))),
            (WHOAMI, _) => Ok(Answer::Reply(Reply::json(200, &whoami(decision.session.as_deref())))),
            (name, Some(forward)) => {
                self.handlers().serve(name, forward, call, decision.session.clone()).await.map(Answer::Made)
            }
            (_, None) => Err(Refusal::Ours(Outage::HandlerFailed)),
        }
    }
}

/// A request on its way.
pub(super) struct Call<'a> {
    pub(super) gateway: &'a Rc<Gateway<WorkerHost>>,
    pub(super) arrival: &'a Arrival,
    pub(super) request: &'a Request,
    pub(super) context: &'a Context,
    pub(super) env: &'a JsValue,
    pub(super) body: &'a JsValue,
    signer: JsValue,
}

impl Call<'_> {
    /// The binding that a request is sent by, where that is not the network.
    fn service(&self, forward: &Forward<'_>) -> Option<Service> {
        match &forward.route.target {
            Target::Service(name) => WorkerEnvironment(self.env, None).service(name),
            Target::Origin(_) | Target::Zone | Target::Serve(_) => None,
        }
    }

    /// The origin's answer as it gave it.
    async fn ask(&self, forward: &Forward<'_>) -> Result<Response, Refusal> {
        let plan = Sent::new(forward).to_json();
        let service = self.service(forward);
        let answer = javascript::ask(self.request, service.as_ref(), &plan, self.body, &self.signer).await;
        answer.map_err(Refusal::Ours)
    }
}

#[inline(never)]
fn refuse(refusal: Refusal, arrival: &Arrival, completion: Completion<'_>) -> Response {
    let reply = Reply::refusal(refusal, &arrival.request_id);
    javascript::reply(&completion.replying(&reply))
}

/// Does what fell due, beside the request.
fn settle(gateway: &Rc<Gateway<WorkerHost>>, context: &Context, now: UnixTime) {
    let gateway = Rc::clone(gateway);
    context.wait_until(&javascript::finish(begin(async move {
        gateway.verifier().settle(now).await;
        JsValue::UNDEFINED
    })));
}

async fn open(call: &Call<'_>, upgrade: &Upgrade<'_>) -> Result<Response, Refusal> {
    let response = call.ask(&upgrade.forward).await?;
    socket::open(call.gateway, upgrade, &response, &call.arrival.request_id)
}

async fn deliver(call: &Call<'_>, delivery: &Delivery<'_>) -> Result<Response, Refusal> {
    let answer = call.ask(&delivery.forward).await?;
    webhook::remember(call.gateway, delivery, &answer).await;
    javascript::handed_through(&answer).map_err(|_| Refusal::Ours(Outage::OriginUnreachable))
}

impl Broken {
    #[cold]
    fn answer(&self, arrival: &Arrival) -> Response {
        let head = &arrival.head;
        let path = CanonicalPath::parse(&head.path).ok();
        let key = path.as_ref().map(CanonicalPath::match_key);
        let is_health = key.is_some_and(|key| key == HEALTH_PATH || self.health.iter().any(|path| path == key));
        let reply = if is_health && matches!(head.method.as_str(), "GET" | "HEAD") {
            Reply::json(200, &json!({"status": "configuration-invalid"}))
        } else {
            Reply::refusal(Refusal::Ours(Outage::ConfigurationInvalid), &arrival.request_id)
        };
        let completion = Completion::without_gateway(arrival, path.as_ref().map(CanonicalPath::as_str));
        javascript::reply(&completion.replying(&reply))
    }
}

fn whoami(session: Option<&Session>) -> serde_json::Value {
    session.map_or_else(|| json!({"userId": null}), |session| json!(session))
}

#[allow(clippy::needless_pass_by_value)] // What JavaScript hands over is owned.
fn word_outage(code: String, request_id: String) -> String {
    Reply::refusal(Refusal::Ours(javascript::outage(&code)), &request_id).to_json()
}

fn tell(mistakes: &[Mistake]) {
    let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    javascript::log_error(&json!({"event": "configuration-invalid", "mistakes": mistakes}).to_string());
}
