//! Handlers served at the edge: the built-in ones, and those that a Worker adds.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use serde_json::json;
use wasm_bindgen::JsValue;
use worker::{Env, Error, Request, Response, Result};

use super::answer;
use crate::claims::Session;
use crate::gateway::{HEALTH, Serve, WHOAMI};
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
pub(super) type Answer = Pin<Box<dyn Future<Output = Result<Response>>>>;
/// A handler by its name.
pub(super) type Handler = (&'static str, Rc<dyn Fn(Call) -> Answer>);

/// Answers by the handler that a verdict names.
pub(super) async fn serve(
    handlers: &[Handler],
    serve: &Serve<'_>,
    session: Option<Rc<Session>>,
    original: &web_sys::Request,
    body: Option<&JsValue>,
    env: Env,
    request_id: &str,
) -> std::result::Result<web_sys::Response, Refusal> {
    match (serve.handler, &serve.request) {
        (HEALTH, _) => Ok(answer::json(200, &json!({"status": "ok"}))),
        (WHOAMI, _) => Ok(answer::json(200, &whoami(session.as_deref()))),
        (name, Some(forward)) => {
            let handler = handlers.iter().find(|(held, _)| *held == name).map(|(_, handler)| Rc::clone(handler));
            let handler = handler.ok_or(Refusal::Ours(Outage::HandlerFailed))?;
            let request = answer::request(forward, original, body, None);
            let request = request.map_err(|_| Refusal::Ours(Outage::HandlerFailed))?;
            let call = Call { request: request.into(), env, session, request_id: request_id.to_owned() };
            match handler(call).await {
                Ok(response) => Ok(response.into()),
                Err(error) => {
                    worker::console_error!(
                        "{}",
                        json!({"requestId": request_id, "handler": name, "error": error.to_string()})
                    );
                    Err(Refusal::Ours(Outage::HandlerFailed))
                }
            }
        }
        (_, None) => Err(Refusal::Ours(Outage::HandlerFailed)),
    }
}

fn whoami(session: Option<&Session>) -> serde_json::Value {
    session.map_or_else(|| json!({"userId": null}), |session| json!(session))
}
