//! One path for every way in which a path can relate to a set of patterns.
//!
//! Segment by segment, what matters of a path is which patterns it still fits. The next segment is one of the names that
//! a fitting pattern has there, or another name; so these steps reach every combination of patterns, the empty one too, and
//! two paths that fit the same patterns are routed alike.

use std::collections::{BTreeSet, VecDeque};

use crate::path::CanonicalPath;

/// Most paths of one comparison: enough for as many routes as a configuration may have.
const PATHS: usize = 10_000;

/// Paths, and whether they are all that there are to try.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Paths {
    pub(super) paths: Vec<String>,
    pub(super) is_complete: bool,
}

/// A pattern: names, or `None` for any; and whether more may follow.
struct Pattern {
    segments: Vec<Option<String>>,
    tail: bool,
}

/// Which patterns a path fits so far, each with how many of its segments are behind.
type Fitting = BTreeSet<(usize, usize)>;

/// The paths for patterns as they are written.
pub(super) fn derive<'a>(patterns: impl Iterator<Item = &'a str>) -> Paths {
    let patterns: Vec<Pattern> = patterns.map(Pattern::read).collect();
    let start: Fitting = (0..patterns.len()).map(|index| (index, 0)).collect();
    let mut seen = BTreeSet::from([(start.clone(), false)]);
    let mut next = VecDeque::from([(start, String::new())]);
    let mut paths = Vec::new();
    while let Some((fitting, path)) = next.pop_front() {
        paths.push(if path.is_empty() { "/".to_owned() } else { path.clone() });
        if paths.len() == PATHS {
            return Paths { paths, is_complete: next.is_empty() };
        }
        let names = names(&patterns, &fitting);
        let other = other_than(&names);
        for name in names.iter().copied().chain([other.as_str()]) {
            let fitting = step(&patterns, &fitting, name);
            // A prefix and what is below it fit the same patterns, and are written differently to a target.
            if seen.insert((fitting.clone(), name == other)) {
                next.push_back((fitting, format!("{path}/{name}")));
            }
        }
    }
    Paths { paths, is_complete: true }
}

impl Pattern {
    fn read(text: &str) -> Self {
        let mut parts: Vec<&str> = text.trim_start_matches('/').split('/').collect();
        let tail = parts.last() == Some(&"*");
        if tail || parts.last() == Some(&"") {
            parts.pop();
        }
        let name = |part: &str| {
            let path = CanonicalPath::parse(&format!("/{part}")).ok();
            path.map_or_else(|| part.to_owned(), |path| path.match_key().trim_start_matches('/').to_owned())
        };
        let segments = parts.into_iter().map(|part| if part.starts_with(':') { None } else { Some(name(part)) });
        Self { segments: segments.collect(), tail }
    }
}

/// The names that patterns have for the next segment.
fn names<'a>(patterns: &'a [Pattern], fitting: &Fitting) -> BTreeSet<&'a str> {
    fitting.iter().filter_map(|(index, behind)| patterns[*index].segments.get(*behind)?.as_deref()).collect()
}

/// A name that is none of these.
fn other_than(names: &BTreeSet<&str>) -> String {
    let mut name = "x".to_owned();
    while names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
        name.push('x');
    }
    name
}

/// The patterns that still fit when one more segment is behind.
fn step(patterns: &[Pattern], fitting: &Fitting, name: &str) -> Fitting {
    let fits = |&(index, behind): &(usize, usize)| {
        let Pattern { segments, tail } = &patterns[index];
        match segments.get(behind) {
            Some(None) => Some((index, behind + 1)),
            Some(Some(known)) => (known == name).then_some((index, behind + 1)),
            None => tail.then_some((index, behind)),
        }
    };
    fitting.iter().filter_map(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(patterns: &[&str]) -> Vec<String> {
        let mut derived = derive(patterns.iter().copied());
        assert!(derived.is_complete);
        derived.paths.sort();
        derived.paths
    }

    #[test]
    fn a_path_stands_for_each_way_to_fit() {
        assert_eq!(paths(&[]), ["/", "/x"]);
        assert_eq!(paths(&["/api/*"]), ["/", "/api", "/api/x", "/x"]);
        assert_eq!(paths(&["/users/:id", "/users/me"]), ["/", "/users", "/users/me", "/users/x", "/x"]);
        assert_eq!(paths(&["/x", "/:a/b"]), ["/", "/x", "/x/b", "/x/x", "/xx"]);
        assert_eq!(paths(&["/%61/"]), ["/", "/a", "/x"]);
    }

    #[test]
    fn patterns_that_cross_are_tried_together() {
        let found = paths(&["/:a/b/*", "/c/:d/e"]);
        for path in ["/c/b", "/c/b/e", "/c/x/e", "/x/b", "/c/b/x"] {
            assert!(found.contains(&path.to_owned()), "{path}: {found:?}");
        }
    }

    #[test]
    fn what_would_take_too_long_is_cut_and_told() {
        // Each step may or may not have fitted each of the patterns, so their combinations double with each.
        let many: Vec<String> = (0..16).map(|at| format!("{}/a{}", "/:x".repeat(at), "/:y".repeat(16 - at))).collect();
        let derived = derive(many.iter().map(String::as_str));
        assert_eq!((derived.paths.len(), derived.is_complete), (PATHS, false));
    }
}
