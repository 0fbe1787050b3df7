//! An explanation answers what the gateway answers, on every vector and on a grid of requests: an explanation that differs
//! from the decision is worse than none.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Clippy takes helpers of tests for no tests.

#[path = "../support/mod.rs"]
mod support;

mod diagnosis;
mod npm;
mod requests;
mod story;
mod tokens;
