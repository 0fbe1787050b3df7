//! The gateway, and a handler of its own: the routes are in `wrangler.toml`, and what they say `serve = "…"` to is here.
//!
//! The gateway verifies the session and checks the route's requirement before a handler is called; what it does not let
//! through the handler never sees.

use clerk_edge::workers::{Call, Edge};
use serde_json::json;
use web_sys::{Request, Response};
use worker::{Context, Env, Result, ScheduleContext, ScheduledEvent, event};

thread_local! {
    // One in each isolate: it keeps the keys, and the tokens that it has verified.
    static EDGE: Edge = Edge::new().handler("greeting", greeting);
}

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    EDGE.with(Edge::clone).fetch(request, env, context).await
}

/// Keeps the key set in KV fresh, so that a cold Worker starts warm.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    EDGE.with(Edge::clone).scheduled(env).await;
}

/// Answers the signed-in user, at the edge.
async fn greeting(call: Call) -> Result<worker::Response> {
    let session = call.session()?;
    worker::Response::from_json(&json!({
        "userId": session.user_id,
        "organizationId": session.organization.as_ref().map(|organization| &organization.id),
    }))
}
