//! Sends an allowed request on, and hands the answer back; bodies stream both ways and are not read here.

use std::time::Duration;

use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::{AbortController, AbortSignal, Request, Response};

use super::answer;
use super::host::within;
use super::javascript::{self, Service};
use crate::gateway::Forward;
use crate::refusal::{Outage, Refusal};

/// The origin's answer, redirects included. The time-out is for its head: a body may take as long as it takes. A client that
/// goes away lets go of the origin, too.
pub(super) async fn forward(
    forward: &Forward<'_>,
    original: &Request,
    body: Option<&JsValue>,
    service: Option<&Service>,
) -> Result<Response, Refusal> {
    let response = ask(forward, original, body, service).await?;
    answer::handed_through(&response).map_err(|_| Refusal::Ours(Outage::OriginUnreachable))
}

/// The same, as the origin gave it.
pub(super) async fn ask(
    forward: &Forward<'_>,
    original: &Request,
    body: Option<&JsValue>,
    service: Option<&Service>,
) -> Result<Response, Refusal> {
    let unreachable = Refusal::Ours(Outage::OriginUnreachable);
    let controller = AbortController::new().map_err(|_| unreachable)?;
    let client = original.signal();
    let signal = AbortSignal::any(&Array::of2(&controller.signal(), &client));
    let request = answer::request(forward, original, body, Some(&signal)).map_err(|_| unreachable)?;
    let limit = Duration::from_secs(forward.route.timeout_seconds.into());
    match within(limit, javascript::send(&request, service)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(_)) if client.aborted() => Ok(answer::to_nobody()),
        Ok(Err(_)) => Err(unreachable),
        Err(_) => {
            controller.abort();
            Err(Refusal::Ours(Outage::OriginTimeout))
        }
    }
}
