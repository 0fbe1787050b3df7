//! A Worker with a handler of its own: `GET /orders` answers with the caller's orders.
//!
//! The gateway verifies the session and checks the route's requirement before the handler is called; what it does not
//! let through the handler never sees.

use clerk_edge::workers::{Call, Edge};
use serde_json::json;
use web_sys::{Request, Response};
use worker::{Context, Env, Result, ScheduleContext, ScheduledEvent, event};

thread_local! {
    static EDGE: Edge = Edge::new().handler("orders", orders);
}

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    EDGE.with(Edge::clone).fetch(request, env, context).await
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    EDGE.with(Edge::clone).scheduled(env).await;
}

/// Answers with the orders of the signed-in user. A real one would ask a database here.
async fn orders(mut call: Call) -> Result<worker::Response> {
    let body = call.request.text().await?;
    let session = call.session()?;
    worker::Response::from_json(&json!({
        "user": session.user_id,
        "organization": session.organization.as_ref().map(|organization| &organization.id),
        "orders": [{"id": "order_1", "note": body}],
        "requestId": call.request_id,
    }))
}
