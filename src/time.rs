//! Seconds since 1970, as an argument.
//!
//! Nothing outside `platform/` reads a clock: whoever decides is told the time, so every boundary can be tested.

use crate::limits::UNIX_TIME_SECONDS;

/// A moment, in whole seconds since 1970-01-01T00:00:00Z, within the range of an ECMAScript date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// The moment `seconds` after 1970, moved to the nearest end of the range when outside it.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        if seconds > UNIX_TIME_SECONDS {
            Self(UNIX_TIME_SECONDS)
        } else if seconds < -UNIX_TIME_SECONDS {
            Self(-UNIX_TIME_SECONDS)
        } else {
            Self(seconds)
        }
    }

    /// The moment `milliseconds` after 1970, rounded down.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // A float cast saturates, and the range is narrower still.
    pub fn from_milliseconds(milliseconds: f64) -> Self {
        Self::from_seconds((milliseconds / 1000.0).floor() as i64)
    }

    /// A `NumericDate` (RFC 7519 section 2): a JSON number of seconds, its fraction dropped.
    ///
    /// `None` outside ±8.64e12 s, where no calendar date exists.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // The range has just been checked.
    pub fn from_numeric_date(number: &serde_json::Number) -> Option<Self> {
        let seconds = match number.as_i64() {
            Some(seconds) => seconds,
            None => {
                let seconds = number.as_f64()?.floor();
                if seconds.abs() > UNIX_TIME_SECONDS as f64 {
                    return None;
                }
                seconds as i64
            }
        };
        (-UNIX_TIME_SECONDS..=UNIX_TIME_SECONDS).contains(&seconds).then_some(Self(seconds))
    }

    /// Seconds since 1970.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// This moment, `seconds` later.
    #[must_use]
    pub const fn plus(self, seconds: u32) -> Self {
        Self::from_seconds(self.0 + seconds as i64)
    }

    /// This moment, `seconds` earlier.
    #[must_use]
    pub const fn minus(self, seconds: u32) -> Self {
        Self::from_seconds(self.0 - seconds as i64)
    }

    /// Seconds from `earlier` to this moment; nought when `earlier` is the later one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        let seconds = self.0 - earlier.0;
        if seconds > 0 { seconds.unsigned_abs() } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(text: &str) -> Option<i64> {
        UnixTime::from_numeric_date(&serde_json::from_str(text).unwrap()).map(UnixTime::seconds)
    }

    #[test]
    fn a_numeric_date_drops_its_fraction() {
        assert_eq!(numeric("1750000000.999"), Some(1_750_000_000));
        assert_eq!(numeric("-0.5"), Some(-1));
        assert_eq!(numeric("1.75e9"), Some(1_750_000_000));
    }

    #[test]
    fn a_numeric_date_outside_the_calendar_is_none() {
        assert_eq!(numeric("8640000000000"), Some(UNIX_TIME_SECONDS));
        assert_eq!(numeric("8640000000001"), None);
        assert_eq!(numeric("-8640000000001"), None);
        assert_eq!(numeric("1e20"), None);
        assert_eq!(numeric("18446744075459551671"), None);
        assert_eq!(numeric("-1e308"), None);
    }

    #[test]
    fn arithmetic_stays_in_range_at_both_ends() {
        let end = UnixTime::from_seconds(i64::MAX);
        assert_eq!(end.plus(u32::MAX), end);
        let start = UnixTime::from_seconds(i64::MIN);
        assert_eq!(start.minus(u32::MAX), start);
        assert_eq!(start.since(end), 0);
        assert_eq!(end.since(start), 2 * UNIX_TIME_SECONDS as u64);
    }
}
