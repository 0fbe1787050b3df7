//! A path has one spelling: reading it again changes nothing, no decoding makes or removes a segment, and however its
//! characters are escaped, it is matched as the same.

#![no_main]

use clerk_edge::path::{CanonicalPath, PathError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u64, &str)| {
    let (choices, raw) = input;
    let Ok(path) = CanonicalPath::parse(raw) else { return };
    assert_eq!(CanonicalPath::parse(path.as_str()).as_ref(), Ok(&path));
    assert_eq!([segments(path.as_str()), segments(path.match_key())], [segments(raw); 2]);
    assert!(path.as_str().bytes().all(|byte| byte.is_ascii_graphic() && !b"\\?#\"<>".contains(&byte)));
    assert!(!path.as_str().split('/').any(|segment| matches!(segment, "." | "..")));
    match CanonicalPath::parse(&respelt(path.as_str(), choices)) {
        Ok(other) => assert_eq!((other.match_key(), other.specials()), (path.match_key(), path.specials())),
        Err(error) => assert_eq!(error, PathError::TooLong),
    }
});

fn segments(path: &str) -> usize {
    path.split('/').filter(|segment| !segment.is_empty()).count()
}

/// The same path with some slashes doubled and some characters escaped, in either case, as the bits of `choices` say.
fn respelt(path: &str, mut choices: u64) -> String {
    let mut text = String::new();
    let mut digits = 0;
    for byte in path.bytes() {
        choices = choices.rotate_left(3);
        let is_plain = digits == 0 && !matches!(byte, b'%' | b'/' | b';');
        match choices & 3 {
            0 if byte == b'/' => text.push_str("//"),
            1 if is_plain => text.push_str(&format!("%{byte:02x}")),
            2 if is_plain => text.push_str(&format!("%{byte:02X}")),
            _ => text.push(char::from(byte)),
        }
        digits = if byte == b'%' { 2_u8 } else { digits.saturating_sub(1) };
    }
    text
}
