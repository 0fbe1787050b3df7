//! The gateway as a Cloudflare Worker, with handlers of its own where a Worker adds them.
//!
//! A Worker keeps one [`Edge`] in each isolate. It reads its configuration from the first request's environment, which
//! is the same for all of them, and keeps it with its keys and verified tokens.
//!
//! ```ignore
//! use clerk_edge::workers::{Call, Edge};
//! use worker::{Context, Env, Response, Result, event};
//!
//! thread_local! {
//!     static EDGE: Edge = Edge::new().handler("hello", hello);
//! }
//!
//! #[event(fetch)]
//! async fn fetch(request: web_sys::Request, env: Env, context: Context) -> Result<web_sys::Response> {
//!     EDGE.with(Edge::clone).fetch(request, env, context).await
//! }
//!
//! async fn hello(call: Call) -> Result<Response> {
//!     Response::ok(format!("hello {}", call.session()?.user_id))
//! }
//! ```

mod arrival;
mod edge;
mod environment;
#[cfg(feature = "worker")]
mod handlers;
#[cfg(not(feature = "worker"))]
#[path = "workers/no_handlers.rs"]
mod handlers;
mod host;
mod javascript;
mod plan;
mod signer;
mod socket;
mod webhook;

#[cfg(feature = "entry")]
pub mod entry;

pub use edge::Edge;
#[cfg(feature = "worker")]
pub use handlers::Call;
