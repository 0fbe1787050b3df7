//! The key set of the API under test: fetched when it must be, and seldom.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use clerk_edge::platform::native::NativeHost;
use clerk_edge::ports::{FetchKeySet, HostError};

use crate::harness::{agent, now, read};

/// Least time between two fetches: short, as a test waits for it.
const BETWEEN: Duration = Duration::from_secs(2);

/// The keys, as last fetched.
pub(crate) struct KeyCache {
    url: String,
    floods: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    document: Option<Vec<u8>>,
    tried_at: Option<Instant>,
    has_failed: bool,
}

impl KeyCache {
    pub(crate) fn new(url: String, floods: bool) -> Self {
        Self { url, floods, state: Mutex::default() }
    }

    /// The document that is held, or the first.
    pub(crate) fn document(&self) -> Option<Vec<u8>> {
        if let Some(document) = &self.state.lock().unwrap().document {
            return Some(document.clone());
        }
        self.refresh(true)
    }

    /// A newer document; none when the key server does not answer, and the one that is held when it was asked just now.
    pub(crate) fn refresh(&self, keeps: bool) -> Option<Vec<u8>> {
        let mut state = self.state.lock().unwrap();
        if !self.floods && state.tried_at.is_some_and(|at| at.elapsed() < BETWEEN) {
            return if state.has_failed { None } else { state.document.clone() };
        }
        state.tried_at = Some(now());
        let fetched = read(agent().get(&self.url).call()).ok().filter(|(status, _)| *status == 200);
        state.has_failed = fetched.is_none();
        let (_, document) = fetched?;
        if keeps {
            state.document = Some(document.into_bytes());
        }
        state.document.clone()
    }
}

/// A host whose network is one document.
pub(crate) struct Holding(pub(crate) Vec<u8>);

impl NativeHost for Holding {}

impl FetchKeySet for Holding {
    async fn fetch_key_set(&self, _url: &str, _bearer: Option<&str>) -> Result<Vec<u8>, HostError> {
        Ok(self.0.clone())
    }
}
