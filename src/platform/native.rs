//! The outside world of the command line: this machine's clock.
//!
//! It is the one place off the edge where time is read; what decides takes a [`UnixTime`].

use std::time::{SystemTime, UNIX_EPOCH};

use crate::time::UnixTime;

/// This moment, by this machine's clock.
#[must_use]
#[allow(clippy::disallowed_methods)] // The one clock of the command line: everyone else is told the time.
pub fn now() -> UnixTime {
    let seconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
        Err(error) => i64::try_from(error.duration().as_secs()).map_or(i64::MIN, |before| -before),
    };
    UnixTime::from_seconds(seconds)
}
