//! The one path: built once from what a client sent, used to match a route and to forward.
//!
//! A gateway that decides on one spelling and forwards another is bypassed by the difference, so there is only this
//! one. Unreserved escapes are decoded once, the rest are written in upper case, duplicate slashes merge. What an
//! origin might read in two ways is refused: bad escapes, control characters, dot segments, bytes that are no UTF-8,
//! and, unless the route allows them by name, encoded slashes and the other [`Special`]s. (RFC 3986 section 6.2.2.)

use std::fmt;

use percent_encoding::percent_decode_str;
use thiserror::Error;

use crate::limits::{PATH_BYTES, PATH_SEGMENTS};

mod readings;

/// Why a path is refused whatever the route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PathError {
    /// It does not start with a slash.
    #[error("does not start with a slash")]
    NotAbsolute,
    /// Longer than [`PATH_BYTES`], or of more than [`PATH_SEGMENTS`] segments.
    #[error("too long")]
    TooLong,
    /// A `%` without two hexadecimal digits behind it.
    #[error("has a percent sign without two hexadecimal digits behind it")]
    Escape,
    /// A control character, a space or a backslash, raw or (but for the last two) escaped.
    #[error("has a control character, a space or a backslash")]
    Character,
    /// Escapes that are no UTF-8.
    #[error("has escapes that are not UTF-8")]
    Utf8,
    /// A segment `.` or `..`, however spelt.
    #[error("has a dot segment")]
    DotSegment,
}

/// A spelling that some origins read as structure; allowed by name on a route, refused elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// `%2F`
    EncodedSlash,
    /// `%5C`
    EncodedBackslash,
    /// `%3B`
    EncodedSemicolon,
    /// `;`, which some origins take for the start of a parameter.
    Semicolon,
    /// `%25` before a hexadecimal digit: an escape within an escape.
    EncodedPercent,
    /// `%3F`
    EncodedQuestionMark,
    /// `%23`
    EncodedHash,
}

impl Special {
    /// Every one of them.
    pub const ALL: [Self; 7] = [
        Self::EncodedSlash,
        Self::EncodedBackslash,
        Self::EncodedSemicolon,
        Self::Semicolon,
        Self::EncodedPercent,
        Self::EncodedQuestionMark,
        Self::EncodedHash,
    ];

    /// How it is written in a path and in a configuration.
    #[must_use]
    pub const fn spelling(self) -> &'static str {
        match self {
            Self::EncodedSlash => "%2F",
            Self::EncodedBackslash => "%5C",
            Self::EncodedSemicolon => "%3B",
            Self::Semicolon => ";",
            Self::EncodedPercent => "%25",
            Self::EncodedQuestionMark => "%3F",
            Self::EncodedHash => "%23",
        }
    }
}

/// A path in its one spelling. Made by [`CanonicalPath::parse`] alone, and parsing it again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanonicalPath {
    text: String,
    key: Option<String>,
    specials: Vec<Special>,
}

impl CanonicalPath {
    /// Reads the path of a request target, without query or fragment.
    ///
    /// # Errors
    /// On what no route may allow. What a route may is in [`CanonicalPath::specials`].
    pub fn parse(raw: &str) -> Result<Self, PathError> {
        if raw.len() > PATH_BYTES {
            return Err(PathError::TooLong);
        }
        if !raw.starts_with('/') {
            return Err(PathError::NotAbsolute);
        }
        let text = normalize(raw)?;
        // An escape is three bytes where the character was one, and the path in its one spelling is bounded too.
        if text.len() > PATH_BYTES {
            return Err(PathError::TooLong);
        }
        check_utf8(&text)?;
        check_segments(&text)?;
        let specials = specials(&text);
        let key = match_key(&text);
        Ok(Self { text, key, specials })
    }

    /// The path as it is forwarded and logged.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The spelling that routes are matched by: no slash at its end, and the escapes of characters that may stand
    /// in a segment anyway decoded, since origins decode them.
    #[must_use]
    pub fn match_key(&self) -> &str {
        match &self.key {
            Some(key) => key,
            None => self.text.trim_end_matches('/'),
        }
    }

    /// The special spellings in it, each of which its route must allow.
    #[must_use]
    pub fn specials(&self) -> &[Special] {
        &self.specials
    }

    /// The spellings that origins may match routes by, beside [`CanonicalPath::match_key`], where they read a special
    /// spelling as structure; `None` where one of these has a dot segment, or they are too many to look at.
    #[must_use]
    pub fn other_match_keys(&self) -> Option<Vec<String>> {
        if self.specials.is_empty() {
            return Some(Vec::new());
        }
        let key = |text: String| match_key(&text).unwrap_or_else(|| text.trim_end_matches('/').to_owned());
        Some(readings::of(&self.text)?.into_iter().map(key).collect())
    }

    /// What is left, with its leading slash, after the whole segments of `prefix`.
    #[must_use]
    pub fn strip_prefix(&self, prefix: &Self) -> Option<&str> {
        // By segments and not by bytes: routes are matched by the key, in which `%40` is `@`.
        let depth = prefix.match_key().matches('/').count();
        let end = self.text.match_indices('/').nth(depth).map_or(self.text.len(), |(index, _)| index);
        let (head, rest) = self.text.split_at(end);
        let is_prefix = match_key(head).as_deref().unwrap_or(head) == prefix.match_key();
        is_prefix.then_some(if rest.is_empty() { "/" } else { rest })
    }
}

impl fmt::Display for CanonicalPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Decodes unreserved escapes, writes the others in upper case, escapes what may not stand raw, merges slashes.
fn normalize(raw: &str) -> Result<String, PathError> {
    let bytes = raw.as_bytes();
    let mut text = String::with_capacity(raw.len());
    let mut index = 0;
    while index < bytes.len() {
        let byte = bytes[index];
        index += 1;
        match byte {
            b'/' if text.ends_with('/') => {}
            b'%' => {
                let value = escape(bytes.get(index..index + 2)).ok_or(PathError::Escape)?;
                index += 2;
                if is_unreserved(value) { text.push(char::from(value)) } else { push_escape(&mut text, value) }
            }
            0..=b' ' | 0x7f | b'\\' => return Err(PathError::Character),
            _ if byte == b'/' || is_segment_byte(byte) => text.push(char::from(byte)),
            _ => push_escape(&mut text, byte),
        }
    }
    Ok(text)
}

fn escape(digits: Option<&[u8]>) -> Option<u8> {
    let [high, low] = digits? else {
        return None;
    };
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? * 16 + digit(low)?)
}

fn push_escape(text: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    text.push('%');
    text.push(char::from(DIGITS[usize::from(byte >> 4)]));
    text.push(char::from(DIGITS[usize::from(byte & 15)]));
}

/// `unreserved` of RFC 3986 section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// `pchar` of RFC 3986 section 3.3, escapes aside.
fn is_segment_byte(byte: u8) -> bool {
    is_unreserved(byte) || matches!(byte, b'!' | b'$' | b'&'..=b',' | b';' | b'=' | b':' | b'@')
}

fn check_utf8(text: &str) -> Result<(), PathError> {
    if !text.contains('%') {
        return Ok(());
    }
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| PathError::Utf8)?;
    if decoded.chars().any(char::is_control) { Err(PathError::Character) } else { Ok(()) }
}

/// No segment is a dot segment, not even for an origin that splits at encoded slashes, drops `;parameters` or trailing
/// spaces, or takes an escaped `?` or `#` for the end of the path.
fn check_segments(text: &str) -> Result<(), PathError> {
    let mut count = 0;
    for segment in text.split('/') {
        count += 1;
        if segment.contains('.') && has_dots(segment) {
            return Err(PathError::DotSegment);
        }
    }
    if count > PATH_SEGMENTS { Err(PathError::TooLong) } else { Ok(()) }
}

#[inline(never)]
fn has_dots(segment: &str) -> bool {
    let is_dots = |part: &str| matches!(part.split(';').next(), Some("." | ".."));
    if !segment.contains('%') {
        return is_dots(segment);
    }
    let mut segment = segment.replace("%5C", "%2F");
    for end in ["%3B", "%3F", "%23", "%20"] {
        segment = segment.replace(end, ";");
    }
    segment.split("%2F").any(is_dots)
}

fn specials(text: &str) -> Vec<Special> {
    // Each of them begins with one of the two, and few paths have either.
    if !text.bytes().any(|byte| matches!(byte, b'%' | b';')) {
        return Vec::new();
    }
    Special::ALL.into_iter().filter(|special| contains(text, *special)).collect()
}

fn contains(text: &str, special: Special) -> bool {
    match special {
        Special::EncodedPercent => text
            .match_indices("%25")
            .any(|(index, _)| text.as_bytes().get(index + 3).is_some_and(u8::is_ascii_hexdigit)),
        _ => text.contains(special.spelling()),
    }
}

/// The key where it is not just the text without its last slashes.
fn match_key(text: &str) -> Option<String> {
    text.contains('%').then(|| decoded_key(text))
}

#[inline(never)]
fn decoded_key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        key.push_str(before);
        match escape(after.as_bytes().get(..2)) {
            Some(value) if is_segment_byte(value) && value != b';' => {
                key.push(char::from(value));
                rest = &after[2..];
            }
            _ => {
                key.push('%');
                rest = after;
            }
        }
    }
    key.push_str(rest);
    key.truncate(key.trim_end_matches('/').len());
    key
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canon(raw: &str) -> Result<String, PathError> {
        CanonicalPath::parse(raw).map(|path| path.text)
    }

    fn specials(raw: &str) -> Vec<&'static str> {
        CanonicalPath::parse(raw).unwrap().specials.iter().map(|special| special.spelling()).collect()
    }

    #[test]
    fn unreserved_escapes_are_decoded_and_the_rest_upper_case() {
        assert_eq!(canon("/%61dmin").as_deref(), Ok("/admin"));
        assert_eq!(canon("/a%2dB%7e").as_deref(), Ok("/a-B~"));
        assert_eq!(canon("/caf%c3%a9").as_deref(), Ok("/caf%C3%A9"));
        assert_eq!(canon("/a%20b%7b").as_deref(), Ok("/a%20b%7B"));
        assert_eq!(canon("/filter[x]|é").as_deref(), Ok("/filter%5Bx%5D%7C%C3%A9"));
    }

    #[test]
    fn duplicate_slashes_merge_and_the_last_one_stays() {
        assert_eq!(canon("//api///admin//").as_deref(), Ok("/api/admin/"));
        assert_eq!(CanonicalPath::parse("/api/admin/").unwrap().match_key(), "/api/admin");
        assert_eq!(CanonicalPath::parse("/").unwrap().match_key(), "");
    }

    #[test]
    fn each_special_spelling_is_found_by_itself() {
        for special in Special::ALL {
            let digits = if special == Special::EncodedPercent { "61" } else { "" };
            assert_eq!(specials(&format!("/a{}{digits}", special.spelling())), [special.spelling()]);
        }
    }

    #[test]
    fn dot_segments_are_refused_however_spelt() {
        for raw in [
            "/..",
            "/.",
            "/a/../b",
            "/a/./b",
            "/%2e%2e/b",
            "/.%2E",
            "/a/%2e",
            "/..;/a",
            "/..%20/a",
            "/..;x=1/a",
            "/..%3Bx/a",
            "/..%2fadmin",
            "/..%5cadmin",
            "/a%2f..",
            "/a%5C.%2fb",
        ] {
            assert_eq!(canon(raw), Err(PathError::DotSegment), "{raw}");
        }
        for raw in ["/...", "/.well-known", "/a..b", "/..a", "/a."] {
            assert_eq!(canon(raw).as_deref(), Ok(raw));
        }
    }

    #[test]
    fn what_no_route_may_allow_is_refused() {
        for (raw, error) in [
            ("", PathError::NotAbsolute),
            ("admin", PathError::NotAbsolute),
            ("*", PathError::NotAbsolute),
            ("/%", PathError::Escape),
            ("/%2", PathError::Escape),
            ("/%zz", PathError::Escape),
            ("/%2%35", PathError::Escape),
            ("/%+1", PathError::Escape),
            ("/%é", PathError::Escape),
            ("/a b", PathError::Character),
            ("/a\\b", PathError::Character),
            ("/a\tb", PathError::Character),
            ("/a\0", PathError::Character),
            ("/%00", PathError::Character),
            ("/%0d%0a", PathError::Character),
            ("/%7F", PathError::Character),
            ("/%C2%85", PathError::Character),
            ("/%c0%ae%c0%ae/", PathError::Utf8),
            ("/%ff", PathError::Utf8),
            ("/%ed%a0%80", PathError::Utf8),
        ] {
            assert_eq!(canon(raw), Err(error), "{raw}");
        }
    }

    #[test]
    fn special_spellings_are_named() {
        assert_eq!(specials("/a%2fb"), ["%2F"]);
        assert_eq!(specials("/a%5Cb%3bc;d"), ["%5C", "%3B", ";"]);
        assert_eq!(specials("/a%3Fb%23c"), ["%3F", "%23"]);
        assert_eq!(specials("/a%252e"), ["%25"]);
        assert_eq!(specials("/a%25%32e"), ["%25"]);
        assert_eq!(specials("/100%25"), [""; 0]);
        assert_eq!(specials("/100%25/x"), [""; 0]);
    }

    #[test]
    fn what_origins_decode_matches_decoded_but_is_forwarded_as_it_came() {
        let path = CanonicalPath::parse("/users/%40me%21/%2B").unwrap();
        assert_eq!((path.match_key(), path.as_str()), ("/users/@me!/+", "/users/%40me%21/%2B"));
        assert_eq!(CanonicalPath::parse("/a%2Fb%3Bc/").unwrap().match_key(), "/a%2Fb%3Bc");
    }

    #[test]
    fn a_prefix_is_whole_segments() {
        let strip = |path: &str, prefix: &str| {
            let path = CanonicalPath::parse(path).unwrap();
            path.strip_prefix(&CanonicalPath::parse(prefix).unwrap()).map(str::to_owned)
        };
        assert_eq!(strip("/api/users", "/api").as_deref(), Some("/users"));
        assert_eq!(strip("/api", "/api").as_deref(), Some("/"));
        assert_eq!(strip("/api/", "/api/").as_deref(), Some("/"));
        assert_eq!(strip("/apis", "/api"), None);
        assert_eq!(strip("/v1/api", "/api"), None);
        assert_eq!(strip("/%40me/x%40y", "/@me").as_deref(), Some("/x%40y"));
        assert_eq!(strip("/@me/x", "/%40me").as_deref(), Some("/x"));
        assert_eq!(strip("/api//x", "/").as_deref(), Some("/api/x"));
    }

    #[test]
    fn length_and_depth_are_bounded_at_exactly_the_limits() {
        assert!(canon(&format!("/{}", "a".repeat(PATH_BYTES - 1))).is_ok());
        assert_eq!(canon(&format!("/{}", "a".repeat(PATH_BYTES))), Err(PathError::TooLong));
        let as_escapes = |count: usize| canon(&format!("/{}", "|".repeat(count))).map(|path| path.len());
        assert_eq!(as_escapes((PATH_BYTES - 1) / 3), Ok(PATH_BYTES - 1));
        assert_eq!(as_escapes(PATH_BYTES / 3 + 1), Err(PathError::TooLong));
        assert!(canon(&"/a".repeat(PATH_SEGMENTS - 1)).is_ok());
        assert_eq!(canon(&"/a".repeat(PATH_SEGMENTS)), Err(PathError::TooLong));
    }

    proptest! {
        #[test]
        fn parsing_again_changes_nothing(raw in "/([a-z/.%;\\\\~é|@!]|%[0-9a-fA-F]{2}|%25){0,24}") {
            if let Ok(path) = CanonicalPath::parse(&raw) {
                prop_assert_eq!(CanonicalPath::parse(path.as_str()), Ok(path));
            }
        }

        #[test]
        fn decoding_never_makes_or_removes_a_segment(raw in "(/([a-z.]|%[0-9a-fA-F]{2}){1,4}){1,6}") {
            if let Ok(path) = CanonicalPath::parse(&raw) {
                prop_assert_eq!(path.as_str().matches('/').count(), raw.matches('/').count());
            }
        }

        #[test]
        fn no_text_makes_it_panic(raw in "\\PC{0,64}") {
            let _ = CanonicalPath::parse(&raw);
            let _ = CanonicalPath::parse(&format!("/{raw}"));
        }
    }
}
