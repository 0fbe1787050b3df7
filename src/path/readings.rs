//! What origins may make of a path whose route allows a [`Special`](super::Special) spelling.
//!
//! One that takes `%2F` for a slash reads `/api/admin%2Fx` as what `/api/admin/*` protects, though to a gateway it is one
//! segment below `/api`. So each such rewriting is made, and each of what came of others, in any order: a path goes
//! through only where all of its readings come to its own route.

use super::{escape, is_unreserved, push_escape};
use crate::limits::PATH_READINGS;

/// Each gives the text as one kind of origin rewrites it.
const REWRITINGS: [fn(&str) -> String; 6] =
    [split_at_escaped_slashes, split_at_backslashes, drop_parameters, end_at_semicolon, end_at_query, decode_again];

/// Every reading of a canonical text but the text itself; `None` where one has a dot segment, or there are too many.
pub(super) fn of(text: &str) -> Option<Vec<String>> {
    let mut readings = vec![text.to_owned()];
    let mut next = 0;
    while let Some(reading) = readings.get(next).cloned() {
        next += 1;
        for rewrite in REWRITINGS {
            let other = merge_slashes(&rewrite(&reading));
            if other.split('/').any(|segment| matches!(segment, "." | "..")) {
                return None;
            }
            if !readings.contains(&other) {
                readings.push(other);
            }
            if readings.len() > PATH_READINGS + 1 {
                return None;
            }
        }
    }
    readings.swap_remove(0);
    Some(readings)
}

fn split_at_escaped_slashes(text: &str) -> String {
    text.replace("%2F", "/")
}

fn split_at_backslashes(text: &str) -> String {
    text.replace("%5C", "/")
}

fn drop_parameters(text: &str) -> String {
    let bare = |segment: &str| before_first(segment, &[";", "%3B"]).to_owned();
    text.split('/').map(bare).collect::<Vec<_>>().join("/")
}

fn end_at_semicolon(text: &str) -> String {
    before_first(text, &[";", "%3B"]).to_owned()
}

fn end_at_query(text: &str) -> String {
    before_first(text, &["%3F", "%23"]).to_owned()
}

/// An escape within an escape, decoded once more; what is no escape then stays.
fn decode_again(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("%25") {
        decoded.push_str(before);
        rest = match escape(after.as_bytes().get(..2)) {
            Some(value) if is_unreserved(value) => {
                decoded.push(char::from(value));
                &after[2..]
            }
            Some(value) => {
                push_escape(&mut decoded, value);
                &after[2..]
            }
            None => {
                decoded.push_str("%25");
                after
            }
        };
    }
    decoded.push_str(rest);
    decoded
}

fn before_first<'a>(text: &'a str, ends: &[&str]) -> &'a str {
    let end = ends.iter().filter_map(|end| text.find(end)).min();
    end.map_or(text, |end| &text[..end])
}

fn merge_slashes(text: &str) -> String {
    let mut merged = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter != '/' || !merged.ends_with('/') {
            merged.push(letter);
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(text: &str) -> Option<Vec<String>> {
        let mut readings = of(text)?;
        readings.sort();
        Some(readings)
    }

    #[test]
    fn a_path_without_special_spellings_has_no_other_reading() {
        for text in ["/", "/api/admin/", "/caf%C3%A9/100%25/x"] {
            assert_eq!(of(text), Some(vec![]), "{text}");
        }
    }

    #[test]
    fn each_special_spelling_is_read_as_structure() {
        for (text, readings) in [
            ("/api/admin%2Fx", &["/api/admin/x"][..]),
            ("/api%2F%2Fadmin", &["/api/admin"]),
            ("/api%5Cadmin", &["/api/admin"]),
            ("/api/admin;a=1/x", &["/api/admin", "/api/admin/x"]),
            ("/api/admin%3B/x", &["/api/admin", "/api/admin/x"]),
            ("/api/admin%3Fx/y", &["/api/admin"]),
            ("/api/admin%23/y", &["/api/admin"]),
            ("/api/%2561dmin", &["/api/admin"]),
            ("/api/%25%32e", &["/api/%25%32e"][..0]),
        ] {
            assert_eq!(sorted(text), Some(readings.iter().map(|&text| text.to_owned()).collect()), "{text}");
        }
    }

    #[test]
    fn readings_are_read_again() {
        assert_eq!(sorted("/a%5Cb%2Fc"), Some(["/a%5Cb/c", "/a/b%2Fc", "/a/b/c"].map(str::to_owned).into()));
        assert_eq!(sorted("/a%252Fb"), Some(["/a%2Fb", "/a/b"].map(str::to_owned).into()));
        assert_eq!(sorted("/a%25252Fb"), Some(["/a%252Fb", "/a%2Fb", "/a/b"].map(str::to_owned).into()));
    }

    #[test]
    fn a_dot_segment_in_any_reading_is_told() {
        for text in ["/a/%252e%252e/b", "/a/%25252E/b", "/a/..%252Fb", "/a/.%253Bx/b", "/a%252F..%255Cb"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn there_are_no_more_readings_than_the_limit() {
        let nested = |depth: usize| format!("/%{}41", "25".repeat(depth));
        assert_eq!(of(&nested(PATH_READINGS)).map(|readings| readings.len()), Some(PATH_READINGS));
        assert_eq!(of(&nested(PATH_READINGS + 1)), None);
    }
}
