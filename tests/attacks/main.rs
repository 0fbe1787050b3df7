//! The known attacks on gateways of this kind, each a test with its number in its name: what happened elsewhere, tried here.
//!
//! Those that need the built Worker are in `tests/worker/attacks.test.mjs`, those that need real origins in
//! `tests/origins/paths.test.mjs`; what cannot apply is a line of SECURITY.md. The last chapter sees that none is missing.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Clippy takes helpers of tests for no tests.

#[path = "../support/mod.rs"]
mod support;

mod configuration;
mod coverage;
mod headers;
mod identity;
mod keys;
mod paths;
mod policy;
mod requests;
mod tokens;
mod webhooks;

/// Where the gateways of these tests forward to.
const ORIGIN: &str = "https://origin.example.com";

use clerk_edge::gateway::{Decision, Verdict};

/// A decision in one text: the route, the user, and what is done, with everything that an origin would get.
fn told(decision: &Decision<'_>) -> String {
    let route = decision.route.map(|route| route.pattern.as_str());
    let user = decision.session.as_ref().map(|session| &session.user_id);
    let verdict = match &decision.verdict {
        Verdict::Refuse(refusal) => refusal.code().to_owned(),
        Verdict::Serve(serve) => format!("serve {}", serve.handler),
        Verdict::Forward(forward) => format!("forward {} {:?}", forward.url, forward.headers),
        other => format!("{other:?}"),
    };
    format!("{route:?} {user:?} {verdict}")
}
