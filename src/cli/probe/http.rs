//! HTTP/1.1 for requests that are wrong on purpose.
//!
//! A client would put right what a check needs wrong: two `Authorization` headers, `/./` in a path, a NUL in a token. So a
//! request is written as it stands, one to a connection, and no redirect is followed.

mod answer;
mod client;
mod connection;
mod parse;
mod request;
mod target;
mod tls;

pub(super) use answer::Answer;
#[cfg(fuzzing)]
pub(super) use client::read;
pub(super) use client::{Client, SendError};
pub(super) use connection::Connection;
pub(super) use request::{Request, user_agent};
pub(super) use target::{Target, TargetError};
pub(super) use tls::{CaFileError, TlsError};
