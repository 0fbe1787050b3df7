//! The gateway's decisions on real request heads with really signed tokens, since each check may be right by itself and
//! still be asked too late, or of something else than what is forwarded.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Clippy takes helpers of tests for no tests.

#[path = "../support/mod.rs"]
mod support;

mod access;
mod assertion;
mod cors;
mod credentials;
mod forwarding;
mod identity;
mod limits;
mod refusals;
mod sockets;
mod webhooks;
