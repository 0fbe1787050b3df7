//! The Worker's entry points: requests, and the cron trigger that keeps KV fresh.

use web_sys::{Request, Response};
use worker::{Context, Env, Result, ScheduleContext, ScheduledEvent, event};

use super::Edge;

thread_local! {
    static EDGE: Edge = Edge::new();
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
