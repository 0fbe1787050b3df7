//! One request, one connection, one answer, within one time-out.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use thiserror::Error;

use super::parse::{self, Framing};
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
    #[error("no secure connection ({0})")]
    Tls(String),
    /// Too late.
    #[error("no answer in time")]
    TimedOut,
    /// The connection ended before the answer did.
    #[error("the connection was closed without a whole answer")]
    Closed,
    /// Not HTTP/1.1.
    #[error("an answer that is not HTTP/1.1")]
    NotHttp,
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

/// A connection, secure or not.
enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Client {
    pub(in crate::cli::probe) fn new(target: Target, timeout: Duration, pause: Duration) -> Result<Self, SendError> {
        let tls = if target.is_tls { Some(tls_config()?) } else { None };
        Ok(Self { target, timeout, pause, last: Cell::new(None), late: Cell::new(0), tls })
    }

    pub(in crate::cli::probe) fn target(&self) -> &Target {
        &self.target
    }

    /// Sends a request and reads the answer to it.
    pub(in crate::cli::probe) fn send(&self, request: &Request) -> Result<Answer, SendError> {
        self.wait();
        let sent = self.exchange(request);
        self.late.set(if matches!(sent, Err(SendError::TimedOut)) { self.late.get() + 1 } else { 0 });
        sent
    }

    fn exchange(&self, request: &Request) -> Result<Answer, SendError> {
        let start = instant();
        let mut stream = self.connect()?;
        // An answer may come before all is written, as one to a header that is too long does: it is read all the same.
        let written = stream.write_all(&request.to_bytes(&self.target)).and_then(|()| stream.flush());
        match self.read(&mut stream, request.is_head(), start) {
            Err(SendError::Closed) => Err(written.err().map_or(SendError::Closed, |error| interrupted(&error))),
            read => read,
        }
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

    fn connect(&self) -> Result<Stream, SendError> {
        let mut failure = io::Error::from(io::ErrorKind::NotFound);
        for address in self.target.addresses().map_err(SendError::Connect)? {
            match TcpStream::connect_timeout(&address, self.timeout()) {
                Ok(stream) => return self.secure(stream),
                Err(error) => failure = error,
            }
        }
        Err(SendError::Connect(failure))
    }

    fn secure(&self, stream: TcpStream) -> Result<Stream, SendError> {
        let limited = stream.set_nodelay(true).and_then(|()| stream.set_write_timeout(Some(self.timeout())));
        limited.and_then(|()| stream.set_read_timeout(Some(self.timeout()))).map_err(SendError::Connect)?;
        let Some(config) = &self.tls else { return Ok(Stream::Plain(stream)) };
        let host = self.target.host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|error| SendError::Tls(error.to_string()))?;
        let connection = ClientConnection::new(Arc::clone(config), name);
        let connection = connection.map_err(|error| SendError::Tls(error.to_string()))?;
        let mut stream = StreamOwned::new(connection, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).map_err(|error| SendError::Tls(error.to_string()))?;
        }
        Ok(Stream::Tls(Box::new(stream)))
    }

    fn read(&self, stream: &mut Stream, is_head: bool, start: Instant) -> Result<Answer, SendError> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(head) = parse::head(&bytes)? {
                break head;
            }
            self.read_more(stream, &mut bytes, start)?;
        };
        let framing = head.framing(is_head)?;
        let body = loop {
            let arrived = bytes.get(head.length..).unwrap_or_default();
            if let Some(body) = parse::body(framing, arrived)? {
                break body;
            }
            let arrived = arrived.to_vec();
            match self.read_more(stream, &mut bytes, start) {
                Ok(()) => {}
                Err(SendError::Closed) if framing == Framing::UntilClose => break arrived,
                Err(SendError::TimedOut) if head.is_stream() => break arrived,
                Err(error) => return Err(error),
            }
        };
        Ok(Answer { status: head.status, headers: head.headers, body, elapsed: start.elapsed() })
    }

    /// Reads what comes next, which is at least a byte.
    fn read_more(&self, stream: &mut Stream, bytes: &mut Vec<u8>, start: Instant) -> Result<(), SendError> {
        let left = self.timeout().checked_sub(start.elapsed()).filter(|left| !left.is_zero());
        let left = left.ok_or(SendError::TimedOut)?;
        stream.socket().set_read_timeout(Some(left)).map_err(SendError::Connect)?;
        let mut chunk = [0; 8192];
        match stream.read(&mut chunk) {
            Ok(0) => Err(SendError::Closed),
            Ok(read) => {
                bytes.extend_from_slice(chunk.get(..read).unwrap_or_default());
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(interrupted(&error)),
        }
    }
}

fn interrupted(error: &io::Error) -> SendError {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => SendError::TimedOut,
        _ => SendError::Closed,
    }
}

fn tls_config() -> Result<Arc<ClientConfig>, SendError> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| SendError::Tls(error.to_string()))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

impl Stream {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => &stream.sock,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(buffer),
            Self::Tls(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
