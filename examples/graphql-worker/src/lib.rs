//! GraphQL at the edge: the gateway verifies the session, and the schema's own guards decide on each field.
//!
//! The route is an optional one. Without credentials the public fields answer; with bad ones the gateway answers 401
//! and no query is read. A field that a caller may not have is null, with a code of Apollo's in `extensions.code`.

use async_graphql::{EmptyMutation, EmptySubscription, Schema};
use clerk_edge::workers::{Call, Edge};
use serde_json::json;
use web_sys::Response;
use worker::{Context, Env, Request, Result, ScheduleContext, ScheduledEvent, event};

mod guard;
mod query;

use guard::Viewer;
use query::Query;

type ApiSchema = Schema<Query, EmptyMutation, EmptySubscription>;

/// What a query may cost: no list in the schema is deep, and a fragment that repeats itself must not become work.
const DEPTH: usize = 8;
const COMPLEXITY: usize = 64;
const BODY_BYTES: usize = 64 * 1024;

thread_local! {
    static EDGE: Edge = Edge::new().handler("graphql", graphql);
    static SCHEMA: ApiSchema =
        Schema::build(Query, EmptyMutation, EmptySubscription).limit_depth(DEPTH).limit_complexity(COMPLEXITY).finish();
}

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

#[event(fetch)]
async fn fetch(request: web_sys::Request, env: Env, context: Context) -> Result<Response> {
    EDGE.with(Edge::clone).fetch(request, env, context).await
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    EDGE.with(Edge::clone).scheduled(env).await;
}

/// Answers a query, of whoever sent it.
async fn graphql(mut call: Call) -> Result<worker::Response> {
    // A form of another site could send any other type without asking first.
    if !is_json(&call.request) {
        return refusal(415, "expected content-type: application/json");
    }
    let body = call.request.bytes().await?;
    if body.len() > BODY_BYTES {
        return refusal(413, "the query is longer than 64 KiB");
    }
    let Ok(request) = serde_json::from_slice::<async_graphql::Request>(&body) else {
        return refusal(400, "expected one GraphQL request as JSON");
    };
    let request = request.data(Viewer::new(call.session));
    worker::Response::from_json(&SCHEMA.with(Schema::clone).execute(request).await)
}

fn is_json(request: &Request) -> bool {
    let kind = request.headers().get("content-type").ok().flatten().unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn refusal(status: u16, message: &str) -> Result<worker::Response> {
    let body = json!({"errors": [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]});
    Ok(worker::Response::from_json(&body)?.with_status(status))
}
