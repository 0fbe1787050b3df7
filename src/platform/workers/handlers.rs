//! Handlers that a Worker adds, and the gateway as such a Worker has it.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use serde_json::json;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::RequestCache;
use worker::{Context, Env, Error, Request, Response, Result};

use super::edge::{Call as Arrived, Edge};
use super::javascript;
use crate::claims::Session;
use crate::config::Access;
use crate::gateway::Forward;
use crate::platform::work::settled;
use crate::refusal::{Outage, Refusal};

/// A request that a handler answers: allowed by its route, and in the form an origin would get it.
pub struct Call {
    /// The request with its canonical path, without the caller's token and without any header that is ours but is not
    /// set by us. Its body is unread.
    pub request: Request,
    /// The Worker's bindings.
    pub env: Env,
    /// The verified session; `None` on a public route, and without credentials on an optional one.
    pub session: Option<Rc<Session>>,
    /// The id of the request, as in the log.
    pub request_id: String,
}

impl Call {
    /// The verified session, for a route that requires one.
    ///
    /// # Errors
    /// When the route did not ask for one, which is a mistake of the configuration.
    pub fn session(&self) -> Result<&Session> {
        self.session.as_deref().ok_or_else(|| Error::RustError("the route of this handler requires no session".into()))
    }
}

/// A handler's future.
type Answer = Pin<Box<dyn Future<Output = Result<Response>>>>;

/// A handler by its name.
type Handler = (&'static str, Rc<dyn Fn(Call) -> Answer>);

/// All of a Worker's.
#[derive(Clone, Default)]
pub(super) struct Handlers(Vec<Handler>);

impl Edge {
    /// The same with a handler of its own, for routes that `serve` this name.
    ///
    /// It must be called before the first request: a gateway in use keeps the handlers it has.
    #[must_use]
    pub fn handler<F, A>(self, name: &'static str, handler: F) -> Self
    where
        F: Fn(Call) -> A + 'static,
        A: Future<Output = Result<Response>> + 'static,
    {
        let mut handlers = self.handlers().clone();
        handlers.0.push((name, Rc::new(move |call| Box::pin(handler(call)))));
        Self::with_handlers(handlers)
    }

    /// Answers a request: the body of a Worker's `fetch`.
    ///
    /// # Errors
    /// When the platform refuses to make an answer at all.
    pub async fn fetch(&self, request: web_sys::Request, env: Env, context: Context) -> Result<web_sys::Response> {
        let context: &JsValue = context.as_ref();
        let answer = self.answer(request, env.into(), context.clone().into());
        match answer.dyn_into::<js_sys::Promise>() {
            Ok(answer) => Ok(JsFuture::from(answer).await?.into()),
            Err(response) => Ok(response.into()),
        }
    }

    /// Fetches the keys and keeps KV fresh: the body of a Worker's `scheduled`.
    pub async fn scheduled(&self, env: Env) {
        // What goes wrong is told in the log.
        let _ = JsFuture::from(self.keep_keys(env.into())).await;
    }
}

impl Handlers {
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    /// Answers by the handler of this name.
    pub(super) async fn serve(
        &self,
        name: &str,
        forward: &Forward<'_>,
        arrived: &Arrived<'_>,
        session: Option<Rc<Session>>,
    ) -> std::result::Result<web_sys::Response, Refusal> {
        let failed = Refusal::Ours(Outage::HandlerFailed);
        let handler = self.0.iter().find(|(held, _)| *held == name).map(|(_, handler)| handler).ok_or(failed)?;
        let request_id = arrived.arrival.request_id.clone();
        let request = request(forward, arrived).map_err(|_| failed)?;
        let env = arrived.env.clone().into();
        let call = Call { request: request.into(), env, session, request_id: request_id.clone() };
        // It may wait for whatever it likes, and so is driven by an executor of its own.
        let answer = handler(call);
        let answer = future_to_promise(async move {
            let response = answer.await.map_err(|error| JsValue::from(error.to_string()))?;
            Ok(web_sys::Response::from(response).into())
        });
        match settled(answer.into()).await {
            Ok(response) => Ok(response.unchecked_into()),
            Err(error) => {
                let line = json!({"requestId": request_id, "handler": name, "error": error.as_string()});
                javascript::log_error(&line.to_string());
                Err(failed)
            }
        }
    }
}

/// The request as an origin would get it.
fn request(forward: &Forward<'_>, arrived: &Arrived<'_>) -> std::result::Result<web_sys::Request, JsValue> {
    let headers = web_sys::Headers::new()?;
    for (name, value) in &forward.headers {
        headers.append(name, value)?;
    }
    let init = web_sys::RequestInit::new();
    init.set_method(&arrived.arrival.head.method);
    init.set_headers(&headers);
    init.set_redirect(web_sys::RequestRedirect::Manual);
    if forward.route.access != Access::Public {
        init.set_cache(RequestCache::NoStore);
    }
    if !arrived.body.is_undefined() {
        init.set_body(arrived.body);
    }
    web_sys::Request::new_with_str_and_init(&forward.url, &init)
}
