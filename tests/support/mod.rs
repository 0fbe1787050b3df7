//! A host for the verifier whose network and store are values in the test, and a way to run vectors through it.

#![allow(dead_code, unreachable_pub)] // Each test binary uses its own part.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Clippy takes helpers of tests for no tests.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::task::Poll;

use clerk_edge::algorithm::Algorithm;
use clerk_edge::ports::{CheckSignature, CountRequest, FetchKeySet, HostError, Pause, Store};
use clerk_edge::public_key::PublicKey;

#[cfg(not(target_arch = "wasm32"))]
pub mod key;
#[cfg(not(target_arch = "wasm32"))]
pub mod request;
#[cfg(not(target_arch = "wasm32"))]
pub mod token;
pub mod vectors;
#[cfg(not(target_arch = "wasm32"))]
pub mod verifier;
#[cfg(not(target_arch = "wasm32"))]
pub mod watched;
pub mod wycheproof;

/// What the key server does.
#[derive(Clone)]
pub enum KeyServer {
    Answers(Vec<u8>),
    /// The same, when it has been asked about it this many times more.
    AnswersLate(Vec<u8>, u32),
    IsDown,
    /// Takes the request and never answers, so that whoever asked is given up.
    Hangs,
}

/// The world around one verifier.
pub struct World {
    pub key_server: RefCell<KeyServer>,
    pub fetches: Cell<u32>,
    pub stored: RefCell<HashMap<String, Vec<u8>>>,
    pub store_is_down: Cell<bool>,
    pub saves: Cell<u32>,
    pub loads: Cell<u32>,
    pub pauses: Cell<u32>,
    /// How often each name was counted under each limit.
    pub counted: RefCell<HashMap<(String, String), u32>>,
    pub counter_is_down: Cell<bool>,
    pub url: RefCell<String>,
    pub bearer: RefCell<Option<String>>,
}

impl World {
    pub fn with_key_set(document: impl Into<Vec<u8>>) -> Rc<Self> {
        Rc::new(Self {
            key_server: RefCell::new(KeyServer::Answers(document.into())),
            fetches: Cell::new(0),
            stored: RefCell::default(),
            store_is_down: Cell::new(false),
            saves: Cell::new(0),
            loads: Cell::new(0),
            pauses: Cell::new(0),
            counted: RefCell::default(),
            counter_is_down: Cell::new(false),
            url: RefCell::default(),
            bearer: RefCell::default(),
        })
    }

    /// From now on the key server does this.
    pub fn key_server_does(&self, does: KeyServer) {
        *self.key_server.borrow_mut() = does;
    }

    /// From now on the key server answers with this document.
    pub fn publish(&self, document: impl Into<Vec<u8>>) {
        self.key_server_does(KeyServer::Answers(document.into()));
    }
}

/// The world as a host, with the signatures of the platform under test.
pub struct TestHost<S> {
    pub world: Rc<World>,
    pub signatures: S,
}

/// Lets everybody else go on once.
pub async fn a_while() {
    let mut waited = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn count(cell: &Cell<u32>) {
    cell.set(cell.get() + 1);
}

impl<S: CheckSignature> CheckSignature for TestHost<S> {
    type Key = S::Key;

    async fn import(&self, key: &PublicKey, algorithm: Algorithm) -> Result<S::Key, HostError> {
        self.signatures.import(key, algorithm).await
    }

    async fn check(
        &self,
        key: &S::Key,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, HostError> {
        self.signatures.check(key, algorithm, message, signature).await
    }
}

impl<S> FetchKeySet for TestHost<S> {
    async fn fetch_key_set(&self, url: &str, bearer: Option<&str>) -> Result<Vec<u8>, HostError> {
        count(&self.world.fetches);
        url.clone_into(&mut self.world.url.borrow_mut());
        *self.world.bearer.borrow_mut() = bearer.map(str::to_owned);
        let key_server = self.world.key_server.borrow().clone();
        match key_server {
            KeyServer::Answers(document) => Ok(document),
            KeyServer::AnswersLate(document, polls) => {
                for _ in 0..polls {
                    a_while().await;
                }
                Ok(document)
            }
            KeyServer::IsDown => Err(HostError("down".into())),
            KeyServer::Hangs => std::future::pending().await,
        }
    }
}

impl<S> Store for TestHost<S> {
    async fn load(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        count(&self.world.loads);
        if self.world.store_is_down.get() {
            return Err(HostError("down".into()));
        }
        Ok(self.world.stored.borrow().get(key).cloned())
    }

    async fn save(&self, key: &str, value: &[u8], _seconds: u32) -> Result<(), HostError> {
        count(&self.world.saves);
        if self.world.store_is_down.get() {
            return Err(HostError("down".into()));
        }
        self.world.stored.borrow_mut().insert(key.to_owned(), value.to_vec());
        Ok(())
    }
}

/// Counts as many as the limit's name says, whatever the time.
impl<S> CountRequest for TestHost<S> {
    async fn count(&self, limit: &str, key: &str) -> Result<bool, HostError> {
        if self.world.counter_is_down.get() {
            return Err(HostError("down".into()));
        }
        let requests: u32 = limit.split('_').nth(2).unwrap().parse().unwrap();
        let mut counted = self.world.counted.borrow_mut();
        let count = counted.entry((limit.to_owned(), key.to_owned())).or_default();
        *count += 1;
        Ok(*count <= requests)
    }
}

impl<S> Pause for TestHost<S> {
    async fn pause(&self, _milliseconds: u32) {
        count(&self.world.pauses);
        a_while().await;
    }
}
