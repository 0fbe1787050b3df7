//! One connection, which lives no longer than one exchange may take.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::{SendError, Target, tls};

/// A connection, secure or not.
pub(in crate::cli::probe) enum Connection {
    Plain(Timed),
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
}

/// A socket whose every read and write ends with the exchange's time, however slowly bytes trickle.
pub(in crate::cli::probe) struct Timed {
    socket: TcpStream,
    limit: Limit,
}

/// When an exchange began, and how long it may take.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub(super) start: Instant,
    pub(super) timeout: Duration,
}

impl Connection {
    /// Connects to one of the target's addresses.
    pub(super) fn open(target: &Target, tls: Option<&Arc<ClientConfig>>, limit: Limit) -> Result<Self, SendError> {
        let mut failure = io::Error::from(io::ErrorKind::NotFound);
        for address in target.addresses().map_err(SendError::Connect)? {
            let left = limit.left().map_err(SendError::Connect)?;
            match TcpStream::connect_timeout(&address, left) {
                Ok(socket) => return Self::secure(Timed { socket, limit }, target, tls),
                Err(error) => failure = error,
            }
        }
        Err(SendError::Connect(failure))
    }

    fn secure(stream: Timed, target: &Target, tls: Option<&Arc<ClientConfig>>) -> Result<Self, SendError> {
        stream.socket.set_nodelay(true).map_err(SendError::Connect)?;
        let Some(config) = tls.filter(|_| target.is_tls) else { return Ok(Self::Plain(stream)) };
        let mut stream = StreamOwned::new(tls::connection(config, target)?, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).map_err(tls::TlsError::from)?;
        }
        Ok(Self::Tls(Box::new(stream)))
    }
}

impl Limit {
    /// What is left of the time, which is something.
    fn left(self) -> io::Result<Duration> {
        let left = self.timeout.checked_sub(self.start.elapsed()).filter(|left| !left.is_zero());
        left.ok_or_else(|| io::ErrorKind::TimedOut.into())
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(self.limit.left()?))?;
        self.socket.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.limit.left()?))?;
        self.socket.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Connection {
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
