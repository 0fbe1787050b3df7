//! However the bytes of an API's answer arrive, it is the same answer, or none, and no more of it is kept than there is room for.

#![no_main]

use std::io::Read;

use clerk_edge::cli::fuzzing::answer;
use libfuzzer_sys::fuzz_target;

/// What the limits of `clerk-edge test` are, as SECURITY.md says them.
const HEADERS: usize = 128;
const BODY_BYTES: usize = 256 * 1024;

/// Bytes that arrive so many at a time.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Self(bytes, size) = self;
        let size = (*size).min(bytes.len()).min(buffer.len());
        let (piece, rest) = bytes.split_at(size);
        buffer[..size].copy_from_slice(piece);
        *bytes = rest;
        Ok(size)
    }
}

fuzz_target!(|input: (bool, u8, &[u8])| {
    let (is_head, size, bytes) = input;
    let whole = answer(&mut Pieces(bytes, usize::MAX), is_head);
    let pieces = answer(&mut Pieces(bytes, usize::from(size) + 1), is_head);
    for (_, headers, body) in whole.iter().chain(&pieces) {
        assert!(headers.len() <= HEADERS && body.len() <= BODY_BYTES.min(bytes.len()));
    }
    // Of a stream no more is waited for than its first event, so that what follows may be a mistake or missing.
    assert!(whole == pieces || is_stream(&whole) || is_stream(&pieces));
});

fn is_stream(answer: &Option<(u16, Vec<(String, String)>, Vec<u8>)>) -> bool {
    let headers = answer.iter().flat_map(|(_, headers, _)| headers);
    headers
        .into_iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("content-type") && value.starts_with("text/event-stream"))
}
