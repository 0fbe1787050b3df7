//! Keys from memory, then the store, then the network, as the cache says.
//!
//! In a Worker no request may wait for another request's promise, so there is no shared fetch: one request refreshes,
//! the others look at the cache again after a pause of their own.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::cache::{FRESH_SECONDS, STALE_IF_ERROR_SECONDS};
use super::stored;
use super::{Jwk, KeyCache, KeyOrigin, KeySet, KeySource, Step};
use crate::algorithm::Algorithm;
use crate::apart::apart;
use crate::ports::{Host, HostError};
use crate::public_key::PublicKey;
use crate::time::UnixTime;

/// A stored set is written again when it is older than this, in seconds.
const STORE_AGAIN_SECONDS: u64 = FRESH_SECONDS / 2;
/// By how much the clocks of two isolates may differ, in seconds.
const CLOCKS_DIFFER_SECONDS: u32 = 60;
/// How often, and how long each time in milliseconds, a request looks whether another has fetched the keys: eight
/// seconds in all, which outlasts the store's time-out and the fetch's own, one after the other.
const LOOKS: u32 = 320;
const LOOK_MILLISECONDS: u32 = 25;

/// Why there is no key for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// The issuer has no such key.
    Unknown,
    /// No key set could be had.
    Unavailable {
        /// When to try again, in seconds.
        retry_after: u32,
    },
}

/// A key for a token.
#[derive(Debug)]
pub struct Found<K> {
    /// The key in the host's form.
    pub key: Rc<K>,
    /// Where it came from.
    pub origin: KeyOrigin,
    /// The generation of the keys that it was found in.
    pub generation: u64,
}

/// A key in the host's form, for one algorithm; of no JWK when it was given.
struct Imported<K> {
    jwk: Option<Jwk>,
    algorithm: Algorithm,
    key: Rc<K>,
}

/// The keys of one issuer.
pub struct Keys<H: Host> {
    issuer: String,
    source: KeySource,
    cache: RefCell<KeyCache>,
    imported: RefCell<Vec<Imported<H::Key>>>,
    generation: Cell<u64>,
    refresh_due: Cell<bool>,
    stored_at: Cell<Option<UnixTime>>,
    store_due: Cell<bool>,
}

impl<H: Host> Keys<H> {
    /// The keys of `issuer`, of which none is held yet.
    #[must_use]
    pub fn new(issuer: String, source: KeySource) -> Self {
        Self {
            issuer,
            source,
            cache: RefCell::default(),
            imported: RefCell::default(),
            generation: Cell::new(0),
            refresh_due: Cell::new(false),
            stored_at: Cell::new(None),
            store_due: Cell::new(false),
        }
    }

    fn are_given(&self) -> bool {
        matches!(self.source, KeySource::Given(_) | KeySource::GivenSet(_))
    }

    /// Rises whenever the keys change: what was decided with the old ones no longer holds.
    pub fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// Whether the keys that are held may be used right now without asking anyone. Notes when a refresh falls due.
    pub fn are_usable(&self, now: UnixTime) -> bool {
        if self.are_given() {
            return true;
        }
        let Step::Use { refresh } = self.cache.borrow().step(now, true) else {
            return false;
        };
        self.refresh_due.set(self.refresh_due.get() || refresh);
        true
    }

    /// The key for a token's `kid` and algorithm.
    ///
    /// # Errors
    /// When the issuer has no such key, or no key set can be had.
    pub async fn find(
        &self,
        host: &H,
        key_id: Option<&str>,
        algorithm: Algorithm,
        now: UnixTime,
    ) -> Result<Found<H::Key>, KeyError> {
        if let KeySource::Given(key) = &self.source {
            return self.import_given(host, key, algorithm).await;
        }
        let key_id = key_id.ok_or(KeyError::Unknown)?;
        if let KeySource::GivenSet(set) = &self.source {
            let key = self.import(host, set.find(key_id, algorithm).cloned().ok_or(KeyError::Unknown)?, algorithm);
            return Ok(Found { key: key.await?, origin: KeyOrigin::Given, generation: self.generation() });
        }
        self.find_held(host, key_id, algorithm, now, &|key| key.is_some()).await
    }

    /// Another key for a token whose signature was bad under the key found first: a rotation that kept the `kid`.
    ///
    /// # Errors
    /// [`KeyError::Unknown`] when the key is still the same.
    pub async fn find_other(
        &self,
        host: &H,
        key_id: Option<&str>,
        algorithm: Algorithm,
        now: UnixTime,
    ) -> Result<Found<H::Key>, KeyError> {
        let (KeySource::KeySet { .. }, Some(key_id)) = (&self.source, key_id) else {
            return Err(KeyError::Unknown);
        };
        let before = self.cache.borrow().find(key_id, algorithm, now);
        self.find_held(host, key_id, algorithm, now, &|key| key.is_some() && *key != before).await
    }

    /// The held key of a `kid`, once it `is_wanted` or the cache says that it will not be.
    async fn find_held(
        &self,
        host: &H,
        key_id: &str,
        algorithm: Algorithm,
        now: UnixTime,
        is_wanted: &dyn Fn(&Option<Jwk>) -> bool,
    ) -> Result<Found<H::Key>, KeyError> {
        let is_known = |cache: &KeyCache| is_wanted(&cache.find(key_id, algorithm, now));
        let origin = self.settle_step(host, now, &is_known).await?;
        let key = self.cache.borrow().find(key_id, algorithm, now).ok_or(KeyError::Unknown)?;
        // Told before anything is waited for: while a key is imported or used, the keys may change.
        let generation = self.generation();
        Ok(Found { key: self.import(host, key, algorithm).await?, origin, generation })
    }

    /// Whether [`Keys::settle`] has work to do.
    pub fn is_unsettled(&self) -> bool {
        self.refresh_due.get() || self.store_due.get()
    }

    /// Does what fell due, beside the request: a refresh, and writing the store.
    pub async fn settle(&self, host: &H, now: UnixTime) {
        if self.refresh_due.replace(false) && matches!(self.cache.borrow().step(now, true), Step::Use { refresh: true })
        {
            // A failure is noted in the cache, and told by the requests that it concerns.
            let _ = self.refresh(host, now, &|_| true).await;
        }
        if self.store_due.replace(false) {
            self.save(host, now).await;
        }
    }

    /// Fetches the keys, whatever is held, and keeps the store fresh: what the cron trigger does.
    ///
    /// # Errors
    /// When no key set can be had.
    pub async fn refresh_store(&self, host: &H, now: UnixTime) -> Result<(), HostError> {
        if self.are_given() {
            return Ok(());
        }
        self.cache.borrow_mut().begin(now);
        self.adopt_stored(host, now).await;
        self.fetch(host, now).await?;
        if self.store_due.replace(false) {
            self.save(host, now).await;
        }
        Ok(())
    }

    /// Follows the cache's steps until it says to use what is held or gives up.
    async fn settle_step(
        &self,
        host: &H,
        now: UnixTime,
        is_known: &dyn Fn(&KeyCache) -> bool,
    ) -> Result<KeyOrigin, KeyError> {
        let mut origin = KeyOrigin::Memory;
        let (mut looks, mut waited_for) = (0, 0);
        loop {
            let (step, tries) = {
                let cache = self.cache.borrow();
                (cache.step(now, is_known(&cache)), cache.tries())
            };
            if tries != waited_for {
                // Of all who waited in vain one has taken its turn. The others wait for that one.
                (looks, waited_for) = (0, tries);
            }
            match step {
                Step::Use { refresh } => {
                    self.refresh_due.set(self.refresh_due.get() || refresh);
                    return Ok(origin);
                }
                Step::Wait if looks < LOOKS => {
                    looks += 1;
                    apart(host.pause(LOOK_MILLISECONDS)).await;
                }
                // Who was waited for is gone, or there was nobody: it is this request's turn.
                Step::Wait | Step::Refresh => {
                    origin = apart(self.refresh(host, now, is_known)).await.unwrap_or(origin);
                }
                Step::Unknown => return Err(KeyError::Unknown),
                Step::Unavailable { retry_after } => {
                    return Err(KeyError::Unavailable { retry_after: retry_after.max(1) });
                }
            }
        }
    }

    /// One try: the store, and, if that does not answer the question, the network.
    async fn refresh(
        &self,
        host: &H,
        now: UnixTime,
        is_answered: &dyn Fn(&KeyCache) -> bool,
    ) -> Result<KeyOrigin, HostError> {
        self.cache.borrow_mut().begin(now);
        if let Some(fetched_at) = self.adopt_stored(host, now).await
            && now.since(fetched_at) < FRESH_SECONDS
            && is_answered(&self.cache.borrow())
        {
            self.cache.borrow_mut().succeed_by_store();
            return Ok(KeyOrigin::Store);
        }
        self.fetch(host, now).await.map(|()| KeyOrigin::Network)
    }

    async fn fetch(&self, host: &H, now: UnixTime) -> Result<(), HostError> {
        let KeySource::KeySet { url, bearer } = &self.source else {
            return Ok(());
        };
        let answer = host.fetch_key_set(url, bearer.as_deref()).await;
        let set = answer.and_then(|body| KeySet::parse(&body).map_err(|error| HostError(error.to_string())));
        match set {
            Ok(set) => {
                let changed = self.adopt(set, now, now);
                let stored = self.stored_at.get().map(|stored_at| now.since(stored_at));
                let is_due = changed || stored.is_none_or(|age| age >= STORE_AGAIN_SECONDS);
                self.store_due.set(self.store_due.get() || is_due);
                self.cache.borrow_mut().succeed(now);
                Ok(())
            }
            Err(error) => {
                self.cache.borrow_mut().fail(now);
                Err(error)
            }
        }
    }

    fn adopt(&self, set: KeySet, fetched_at: UnixTime, now: UnixTime) -> bool {
        let changed = self.cache.borrow_mut().adopt(set, fetched_at, now);
        if changed {
            self.generation.set(self.generation.get() + 1);
            self.imported.borrow_mut().clear();
        }
        changed
    }

    /// Takes in the stored set, if it is newer than what is held, and tells when it was fetched. Rubbish in the store is
    /// the same as nothing, and so is a time that no clock of ours can have written.
    async fn adopt_stored(&self, host: &H, now: UnixTime) -> Option<UnixTime> {
        let record = host.load(&stored::key(&self.issuer)).await.ok()??;
        let (set, fetched_at) = stored::read(&record)?;
        if fetched_at > now.plus(CLOCKS_DIFFER_SECONDS) {
            return None;
        }
        self.stored_at.set(Some(fetched_at.min(now)));
        let is_newer = self.cache.borrow().held().is_none_or(|(_, held_at)| fetched_at > held_at);
        is_newer.then(|| {
            self.adopt(set, fetched_at, now);
            fetched_at
        })
    }

    async fn save(&self, host: &H, now: UnixTime) {
        let Some((set, fetched_at)) = self.cache.borrow().held() else {
            return;
        };
        let seconds = u32::try_from(STALE_IF_ERROR_SECONDS).unwrap_or(u32::MAX);
        let saved = host.save(&stored::key(&self.issuer), stored::record(&set, fetched_at).as_bytes(), seconds).await;
        if saved.is_ok() {
            self.stored_at.set(Some(now));
        }
    }

    async fn import(&self, host: &H, jwk: Jwk, algorithm: Algorithm) -> Result<Rc<H::Key>, KeyError> {
        let is_it = |kept: &&Imported<H::Key>| kept.jwk.as_ref() == Some(&jwk) && kept.algorithm == algorithm;
        if let Some(kept) = self.imported.borrow().iter().find(is_it) {
            return Ok(Rc::clone(&kept.key));
        }
        let key = Rc::new(host.import(jwk.key(), algorithm).await.map_err(|_| KeyError::Unknown)?);
        self.imported.borrow_mut().push(Imported { jwk: Some(jwk), algorithm, key: Rc::clone(&key) });
        Ok(key)
    }

    async fn import_given(&self, host: &H, given: &PublicKey, algorithm: Algorithm) -> Result<Found<H::Key>, KeyError> {
        if let Some(kept) = self.imported.borrow().iter().find(|kept| kept.algorithm == algorithm) {
            return Ok(Found { key: Rc::clone(&kept.key), origin: KeyOrigin::Given, generation: self.generation() });
        }
        if !given.fits(algorithm) {
            return Err(KeyError::Unknown);
        }
        let key = Rc::new(host.import(given, algorithm).await.map_err(|_| KeyError::Unknown)?);
        self.imported.borrow_mut().push(Imported { jwk: None, algorithm, key: Rc::clone(&key) });
        Ok(Found { key, origin: KeyOrigin::Given, generation: self.generation() })
    }
}
