//! One request, one connection, one answer, within one time-out.

use std::cell::Cell;
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use thiserror::Error;

use super::connection::{Connection, Limit};
use super::parse::{self, Framing};
use super::tls::{self, CaFileError, TlsError};
use super::{Answer, Request, Target};
use crate::platform::native::instant;

/// Shortest time-out, for an API that has not answered for long.
const TIMEOUT_MIN: Duration = Duration::from_millis(100);

/// Why there is no answer.
#[derive(Debug, Error)]
pub(in crate::cli) enum SendError {
    /// No connection.
    #[error("no connection ({0})")]
    Connect(io::Error),
    /// No TLS.
    #[error("no secure connection: {0}")]
    Tls(#[from] TlsError),
    /// Too late.
    #[error("no answer in time")]
    TimedOut,
    /// The connection ended before the answer did.
    #[error("the connection was closed without a whole answer")]
    Closed,
    /// Not HTTP/1.1.
    #[error("an answer that is not HTTP/1.1")]
    NotHttp,
    /// More head than anyone needs.
    #[error("an answer with more than 64 KiB or 128 lines of headers")]
    LongHead,
}

/// Sends requests to one target.
pub(in crate::cli::probe) struct Client {
    target: Target,
    timeout: Duration,
    /// Least time between two requests.
    pause: Duration,
    last: Cell<Option<Instant>>,
    /// How many answers in a row did not come in time.
    late: Cell<u32>,
    tls: Option<Arc<ClientConfig>>,
}

impl Client {
    /// A client that also trusts the authorities of `ca_file`.
    pub(in crate::cli::probe) fn new(
        target: Target,
        timeout: Duration,
        pause: Duration,
        ca_file: Option<&Path>,
    ) -> Result<Self, CaFileError> {
        let tls = if target.is_tls { Some(tls::config(ca_file)?) } else { None };
        Ok(Self { target, timeout, pause, last: Cell::new(None), late: Cell::new(0), tls })
    }

    pub(in crate::cli::probe) fn target(&self) -> &Target {
        &self.target
    }

    /// Sends a request and reads the answer to it.
    pub(in crate::cli::probe) fn send(&self, request: &Request) -> Result<Answer, SendError> {
        self.send_to(&self.target, request)
    }

    /// The same over plain HTTP, to another port of the target's host.
    pub(in crate::cli::probe) fn send_plain(&self, request: &Request, port: u16) -> Result<Answer, SendError> {
        self.send_to(&self.target.plain(port), request)
    }

    /// A connection to the target on which a check speaks for itself.
    pub(in crate::cli::probe) fn connect(&self) -> Result<Connection, SendError> {
        self.wait();
        self.open(&self.target, instant())
    }

    fn send_to(&self, target: &Target, request: &Request) -> Result<Answer, SendError> {
        self.wait();
        let sent = self.exchange(target, request);
        self.late.set(if matches!(sent, Err(SendError::TimedOut)) { self.late.get() + 1 } else { 0 });
        sent
    }

    fn exchange(&self, target: &Target, request: &Request) -> Result<Answer, SendError> {
        let start = instant();
        let mut stream = self.open(target, start)?;
        // An answer may come before all is written, as one to a header that is too long does: it is read all the same.
        let written = stream.write_all(&request.to_bytes(target)).and_then(|()| stream.flush());
        match read(&mut stream, request.is_head(), start) {
            Err(SendError::Closed) => Err(written.err().map_or(SendError::Closed, |error| interrupted(&error))),
            read => read,
        }
    }

    fn open(&self, target: &Target, start: Instant) -> Result<Connection, SendError> {
        Connection::open(target, self.tls.as_ref(), Limit { start, timeout: self.timeout() })
    }

    /// Halved for every answer in a row that did not come, so that a run against an API that hangs comes to an end.
    fn timeout(&self) -> Duration {
        (self.timeout / 2_u32.saturating_pow(self.late.get())).max(TIMEOUT_MIN)
    }

    fn wait(&self) {
        if let Some(last) = self.last.get() {
            std::thread::sleep(self.pause.saturating_sub(last.elapsed()));
        }
        self.last.set(Some(instant()));
    }
}

/// Reads an answer that began at `start`.
pub(in crate::cli::probe) fn read(stream: &mut impl Read, is_head: bool, start: Instant) -> Result<Answer, SendError> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(head) = parse::head(&bytes)? {
            break head;
        }
        read_more(stream, &mut bytes)?;
    };
    let mut body = parse::Body::new(head.framing(is_head)?);
    body.take(bytes.get(head.length..).unwrap_or_default())?;
    let is_enough = |body: &parse::Body| body.is_whole() || (head.is_stream() && body.has_event());
    while !is_enough(&body) {
        bytes.clear();
        match read_more(stream, &mut bytes) {
            Ok(()) => body.take(&bytes)?,
            Err(SendError::Closed) if body.framing() == Framing::UntilClose => break,
            Err(SendError::TimedOut) if head.is_stream() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(Answer { status: head.status, headers: head.headers, body: body.into_bytes(), elapsed: start.elapsed() })
}

/// Reads what comes next, which is at least a byte.
fn read_more(stream: &mut impl Read, bytes: &mut Vec<u8>) -> Result<(), SendError> {
    let mut chunk = [0; 8192];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => return Err(SendError::Closed),
            Ok(read) => {
                bytes.extend_from_slice(chunk.get(..read).unwrap_or_default());
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(interrupted(&error)),
        }
    }
}

fn interrupted(error: &io::Error) -> SendError {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => SendError::TimedOut,
        _ => SendError::Closed,
    }
}
