//! A forger's web server: it counts who comes for the key that a token's header offers.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::TestError;

/// A listener on loopback. It ends with the process.
pub(super) struct Listener {
    address: SocketAddr,
    callbacks: Arc<AtomicU64>,
}

impl Listener {
    /// Answers everyone with `body`.
    pub(super) fn serving(body: String) -> Result<Self, TestError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(TestError::Listener)?;
        let address = listener.local_addr().map_err(TestError::Listener)?;
        let callbacks = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&callbacks);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counter.fetch_add(1, Ordering::SeqCst);
                answer(stream, &body);
            }
        });
        Ok(Self { address, callbacks })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/jwks.json", self.address)
    }

    /// How many came.
    pub(super) fn callbacks(&self) -> u64 {
        self.callbacks.load(Ordering::SeqCst)
    }
}

/// Whoever comes has been counted, so a lost answer loses nothing.
fn answer(mut stream: std::net::TcpStream, body: &str) {
    use std::io::Read as _;
    drop(stream.set_read_timeout(Some(std::time::Duration::from_secs(1))));
    drop(stream.read(&mut [0; 4096]));
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())));
}
