//! How long what a session has opened may stay open: until its newest token has expired and a grace has passed.
//!
//! A request is over before its token is. A socket or a stream is not, and would keep a session alive that has ended.
//! What is here only tells the time: whoever holds the socket asks before each message and when a timer wakes it.

use crate::time::UnixTime;

/// The life of one socket or stream. An ended one stays ended, whatever the clock or a later token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifetime {
    expires_at: UnixTime,
    grace_seconds: u32,
    has_ended: bool,
}

/// What a lifetime is at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It goes on until then, and not at that moment any more.
    Open {
        /// The first moment at which it is over.
        until: UnixTime,
    },
    /// It is over.
    Ended,
}

impl Lifetime {
    /// The life of what a token opened that expires at `expires_at`.
    #[must_use]
    pub const fn new(expires_at: UnixTime, grace_seconds: u32) -> Self {
        Self { expires_at, grace_seconds, has_ended: false }
    }

    /// The first moment at which it is over, as things stand.
    #[must_use]
    pub const fn until(&self) -> UnixTime {
        self.expires_at.plus(self.grace_seconds)
    }

    /// When the newest token expires.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// What it is at the time `now`.
    pub fn check(&mut self, now: UnixTime) -> State {
        self.has_ended |= now >= self.until();
        if self.has_ended { State::Ended } else { State::Open { until: self.until() } }
    }

    /// Goes on with another token, which the caller has verified. An older one takes nothing away, since tokens may
    /// arrive in any order.
    pub fn renew(&mut self, expires_at: UnixTime, now: UnixTime) -> State {
        if self.check(now) != State::Ended {
            self.expires_at = self.expires_at.max(expires_at);
        }
        self.check(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPIRES: i64 = 1_750_000_060;

    fn at(seconds: i64) -> UnixTime {
        UnixTime::from_seconds(EXPIRES + seconds)
    }

    #[test]
    fn it_is_open_until_the_grace_has_passed_and_not_a_second_longer() {
        let mut lifetime = Lifetime::new(at(0), 10);
        for seconds in [-60, 0, 9] {
            assert_eq!(lifetime.check(at(seconds)), State::Open { until: at(10) }, "{seconds}");
        }
        assert_eq!(lifetime.check(at(10)), State::Ended);
    }

    #[test]
    fn without_a_grace_it_ends_as_the_token_does() {
        let mut lifetime = Lifetime::new(at(0), 0);
        assert_eq!(lifetime.check(at(-1)), State::Open { until: at(0) });
        assert_eq!(lifetime.check(at(0)), State::Ended);
    }

    #[test]
    fn a_fresh_token_moves_the_end_up_to_the_last_second() {
        let mut lifetime = Lifetime::new(at(0), 10);
        assert_eq!(lifetime.renew(at(60), at(9)), State::Open { until: at(70) });
        assert_eq!((lifetime.expires_at(), lifetime.until()), (at(60), at(70)));
        assert_eq!(lifetime.check(at(69)), State::Open { until: at(70) });
        assert_eq!(lifetime.check(at(70)), State::Ended);
    }

    #[test]
    fn a_token_that_comes_at_the_end_is_too_late() {
        let mut lifetime = Lifetime::new(at(0), 10);
        assert_eq!(lifetime.renew(at(60), at(10)), State::Ended);
        assert_eq!(lifetime.expires_at(), at(0));
    }

    #[test]
    fn an_older_token_takes_nothing_away() {
        let mut lifetime = Lifetime::new(at(0), 10);
        assert_eq!(lifetime.renew(at(-30), at(-40)), State::Open { until: at(10) });
    }

    #[test]
    fn what_has_ended_stays_so_when_the_clock_goes_back() {
        let mut lifetime = Lifetime::new(at(0), 10);
        assert_eq!(lifetime.check(at(10)), State::Ended);
        assert_eq!(lifetime.check(at(-60)), State::Ended);
        assert_eq!(lifetime.renew(at(600), at(-60)), State::Ended);
    }

    #[test]
    fn the_end_of_time_is_no_overflow() {
        let mut lifetime = Lifetime::new(UnixTime::from_seconds(i64::MAX), u32::MAX);
        assert_eq!(lifetime.check(at(0)), State::Open { until: UnixTime::from_seconds(i64::MAX) });
    }
}
