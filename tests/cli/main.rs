//! The command line from outside: the real binary, its HTTP interface, its two streams and its exit codes.
//!
//! Each test starts a stand-in of its own on a free port, so they may run side by side; dropping it kills the process.

#![cfg(all(feature = "cli", not(target_arch = "wasm32")))]
#![allow(clippy::unwrap_used)] // The shared helpers are tests too, though no attribute of theirs says so.

mod check;
mod completions;
mod endpoints;
mod harness;
mod init;
mod keygen;
mod mint;
mod probe;
mod process;
mod verify;
mod webhook;
