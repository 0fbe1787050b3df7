//! Moments as people read them: how far from now, and in seconds since 1970 for whoever compares.

use crate::time::UnixTime;

/// `in 42 s` or `3 min ago`.
pub(super) fn relative(moment: UnixTime, now: UnixTime) -> String {
    if moment == now {
        return "now".to_owned();
    }
    if moment > now { format!("in {}", span(moment.since(now))) } else { format!("{} ago", span(now.since(moment))) }
}

/// A length of time in its one or two largest units.
pub(super) fn span(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let largest = UNITS.iter().position(|(length, _)| seconds >= *length).unwrap_or(UNITS.len() - 1);
    let (length, name) = UNITS[largest];
    let rest = UNITS.get(largest + 1).map(|(length, name)| (seconds % UNITS[largest].0 / length, name));
    match rest {
        Some((count, unit)) if count > 0 => format!("{} {name} {count} {unit}", seconds / length),
        _ => format!("{} {name}", seconds / length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_its_two_largest_units() {
        for (seconds, text) in
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (3_600, "1 h"), (90_061, "1 d 1 h")]
        {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn a_moment_is_told_from_now() {
        let at = UnixTime::from_seconds;
        assert_eq!(relative(at(100), at(100)), "now");
        assert_eq!(relative(at(142), at(100)), "in 42 s");
        assert_eq!(relative(at(100), at(142)), "42 s ago");
    }
}
