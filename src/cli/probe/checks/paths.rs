//! Other spellings of the path: check 7.
//!
//! A guard that compares text and a router that does not is a way in.

use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::{Answer, Request};
use crate::cli::probe::trial::{Report, Trial};

pub(super) const CHECKS: &[Check] = &[Check {
    id: 7,
    slug: "path-spellings",
    severity: Severity::Must,
    title: "no other spelling of the path passes the guard",
    why: "ASVS 5.0 V1.1.1, V8.3.1; RFC 3986 section 6; CWE-647",
    topic: Topic::Paths,
    run: spellings,
}];

fn spellings(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let path = probe.protected();
    // A site may answer every path with its one page; that gives nothing away.
    let nowhere = probe.send(&Request::get(&format!("{}-no-such-path", path.trim_end_matches('/')))).ok();
    let is_same = |answer: &Answer| nowhere.as_ref().is_some_and(|nowhere| nowhere.body == answer.body);
    for spelling in other_spellings(path) {
        trial.expect(&Request::get(&spelling), "401 or 404, and never what the path holds", |answer| {
            answer.status < 500 && (!answer.is_success() || is_same(answer))
        });
    }
    trial.end()
}

/// What a router may take for `path`.
fn other_spellings(path: &str) -> Vec<String> {
    let (path, query) = path.split_once('?').map_or((path, String::new()), |(path, query)| (path, format!("?{query}")));
    let (parent, last) = path.rsplit_once('/').unwrap_or(("", path));
    let first = last.chars().next().unwrap_or('/');
    let encoded = format!("%{:02x}{}", u32::from(first), last.get(first.len_utf8()..).unwrap_or_default());
    let spellings = [
        format!("{path}/"),
        format!("/{path}"),
        format!("{parent}//{last}"),
        format!("{parent}/./{last}"),
        format!("{parent}/x/../{last}"),
        format!("{parent}/%2e/{last}"),
        format!("{parent}/x/%2e%2e/{last}"),
        format!("{parent}%2f{last}"),
        format!("{parent}/{encoded}"),
        format!("{parent}\\{last}"),
        path.to_uppercase(),
        format!("{path};x"),
        format!("{path}/;x"),
        format!("{path}.json"),
        format!("{path}%00"),
        format!("{path}%20"),
    ];
    spellings.into_iter().filter(|spelling| spelling != path).map(|spelling| format!("{spelling}{query}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_segment_is_where_a_path_is_bent() {
        let spellings = other_spellings("/api/protected?a=1");
        for expected in ["/api/./protected?a=1", "/api%2fprotected?a=1", "/api/%70rotected?a=1", "//api/protected?a=1"]
        {
            assert!(spellings.iter().any(|spelling| spelling == expected), "{expected}: {spellings:?}");
        }
        assert!(other_spellings("/").iter().all(|spelling| spelling != "/"));
    }
}
