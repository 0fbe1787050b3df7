//! The key cache as a pure state machine: what to do for a token, given what is held and what was tried.
//!
//! It does no input or output; the source drives it. One try in 30 s for each issuer, whatever the cause and whatever
//! came of it, so that no stranger's tokens turn into requests at the key server. With no usable key at all, tries
//! back off from one second to thirty.

use std::rc::Rc;

use super::{Jwk, KeySet};
use crate::algorithm::Algorithm;
use crate::time::UnixTime;

/// A set younger than this is used as it is, in seconds.
pub const FRESH_SECONDS: u64 = 5 * 60;
/// A set younger than this is used while a refresh goes on beside the request, in seconds.
pub const STALE_WHILE_REVALIDATE_SECONDS: u64 = 60 * 60;
/// A set younger than this is used when no refresh succeeds, in seconds.
pub const STALE_IF_ERROR_SECONDS: u64 = 24 * 60 * 60;

const BETWEEN_TRIES_SECONDS: u64 = 30;
/// A try that has told nothing for so long was given up with its request.
const ABANDONED_SECONDS: u64 = 15;

/// What is held for one issuer, and what was tried last.
#[derive(Debug, Default)]
pub struct KeyCache {
    held: Option<Held>,
    last_try: Option<Try>,
    tries: u64,
    failures: u32,
}

#[derive(Debug)]
struct Held {
    set: Rc<KeySet>,
    fetched_at: UnixTime,
}

#[derive(Debug, Clone, Copy)]
struct Try {
    at: UnixTime,
    outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Running,
    Succeeded,
    Failed,
}

/// What to do for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Use the key that is held, and refresh beside the request if so told.
    Use {
        /// Whether a refresh is due.
        refresh: bool,
    },
    /// Refresh first, then ask again.
    Refresh,
    /// Another request is refreshing: wait for it, then ask again.
    Wait,
    /// The key is not the issuer's: a refresh lately told so.
    Unknown,
    /// Nothing can be said: no key set could be had.
    Unavailable {
        /// When a try is allowed again, in seconds.
        retry_after: u32,
    },
}

impl KeyCache {
    /// The next step for a token whose key is `known` (held, and not contradicted by a bad signature).
    #[must_use]
    pub fn step(&self, now: UnixTime, known: bool) -> Step {
        let wait = self.seconds_until_try(now);
        match (self.age(now), known) {
            (None, _) if self.is_running(now) => Step::Wait,
            (None, _) if wait == 0 => Step::Refresh,
            (None, _) => Step::Unavailable { retry_after: wait },
            (Some(age), true) if age < FRESH_SECONDS => Step::Use { refresh: false },
            (Some(age), true) if age < STALE_WHILE_REVALIDATE_SECONDS => Step::Use { refresh: wait == 0 },
            (Some(_), _) if self.is_running(now) => Step::Wait,
            (Some(_), _) if wait == 0 => Step::Refresh,
            (Some(_), true) => Step::Use { refresh: false },
            (Some(_), false) if self.last_try_failed(now) => Step::Unavailable { retry_after: wait },
            (Some(_), false) => Step::Unknown,
        }
    }

    /// The key that is held for a token's `kid` and algorithm.
    #[must_use]
    pub fn find(&self, key_id: &str, algorithm: Algorithm, now: UnixTime) -> Option<Jwk> {
        self.age(now)?;
        self.held.as_ref()?.set.find(key_id, algorithm).cloned()
    }

    /// The set that is held, and when it was fetched.
    #[must_use]
    pub fn held(&self) -> Option<(Rc<KeySet>, UnixTime)> {
        self.held.as_ref().map(|held| (Rc::clone(&held.set), held.fetched_at))
    }

    /// How many tries have begun: whoever waits for one sees by it that another has taken its place.
    #[must_use]
    pub fn tries(&self) -> u64 {
        self.tries
    }

    /// Notes that a try begins.
    pub fn begin(&mut self, now: UnixTime) {
        self.tries += 1;
        self.last_try = Some(Try { at: now, outcome: Outcome::Running });
    }

    /// Takes in a set that was fetched at `fetched_at`; tells whether its keys differ from those held.
    pub fn adopt(&mut self, set: KeySet, fetched_at: UnixTime, now: UnixTime) -> bool {
        let changed = self.held.as_ref().is_none_or(|held| *held.set != set);
        self.held = Some(Held { set: Rc::new(set), fetched_at: fetched_at.min(now) });
        changed
    }

    /// Notes that the try succeeded.
    pub fn succeed(&mut self, now: UnixTime) {
        self.failures = 0;
        self.last_try = Some(Try { at: now, outcome: Outcome::Succeeded });
    }

    /// Notes that the store answered the try: the key server was not asked, and may be when the next question comes.
    pub fn succeed_by_store(&mut self) {
        self.failures = 0;
        self.last_try = None;
    }

    /// Notes that the try failed.
    pub fn fail(&mut self, now: UnixTime) {
        self.failures = self.failures.saturating_add(1);
        self.last_try = Some(Try { at: now, outcome: Outcome::Failed });
    }

    /// The held set's age in seconds, unless it is too old for anything.
    fn age(&self, now: UnixTime) -> Option<u64> {
        let age = now.since(self.held.as_ref()?.fetched_at);
        (age < STALE_IF_ERROR_SECONDS).then_some(age)
    }

    fn is_running(&self, now: UnixTime) -> bool {
        self.last_try.is_some_and(|last| last.outcome == Outcome::Running && now.since(last.at) < ABANDONED_SECONDS)
    }

    fn last_try_failed(&self, now: UnixTime) -> bool {
        self.last_try.is_some_and(|last| last.outcome != Outcome::Succeeded) && !self.is_running(now)
    }

    /// Seconds until the next try is allowed; nought when it is now.
    fn seconds_until_try(&self, now: UnixTime) -> u32 {
        let Some(last) = self.last_try else {
            return 0;
        };
        let abandoned = last.outcome == Outcome::Running && !self.is_running(now);
        let pause = match self.age(now) {
            Some(_) => BETWEEN_TRIES_SECONDS,
            None if abandoned => 0,
            None => 1_u64
                .checked_shl(self.failures.saturating_sub(1))
                .map_or(BETWEEN_TRIES_SECONDS, |pause| pause.min(BETWEEN_TRIES_SECONDS)),
        };
        u32::try_from(pause.saturating_sub(now.since(last.at))).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests;
