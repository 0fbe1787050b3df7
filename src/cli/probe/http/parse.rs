//! An answer out of bytes (RFC 9112).
//!
//! The head and the sizes of chunks are `httparse`'s to read; what is here is where the body ends.

use super::SendError;

/// Longest head that is read, in bytes.
pub(super) const HEAD_BYTES: usize = 64 * 1024;
/// Longest body that is read, in bytes: a refusal is short, and a long page is told by its beginning.
pub(super) const BODY_BYTES: usize = 256 * 1024;
/// Most headers of an answer.
const HEADERS: usize = 128;
/// Longest line of a chunk's frame, in bytes: a size, and extensions that nobody uses.
const FRAME_BYTES: usize = 1024;

/// The head of an answer, and where its body begins.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) length: usize,
}

/// How an answer's body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    None,
    Length(usize),
    Chunked,
    UntilClose,
}

/// The head, once it is whole. Interim answers (1xx) are passed over.
pub(super) fn head(bytes: &[u8]) -> Result<Option<Head>, SendError> {
    let mut start = 0;
    loop {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let rest = bytes.get(start..).unwrap_or_default();
        let length = match response.parse(rest) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if bytes.len() < HEAD_BYTES => return Ok(None),
            Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => return Err(SendError::LongHead),
            Err(_) => return Err(SendError::NotHttp),
        };
        start += length;
        let status = response.code.ok_or(SendError::NotHttp)?;
        if (100..200).contains(&status) && status != 101 {
            continue;
        }
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let headers = response.headers.iter().map(|header| (header.name.to_owned(), text(header.value))).collect();
        return Ok(Some(Head { status, headers, length: start }));
    }
}

impl Head {
    /// How the body ends (RFC 9112 section 6.3).
    pub(super) fn framing(&self, is_head: bool) -> Result<Framing, SendError> {
        if is_head || matches!(self.status, 101 | 204 | 304) {
            return Ok(Framing::None);
        }
        if let Some(encoding) = self.find("transfer-encoding")? {
            let is_chunked = encoding.trim().eq_ignore_ascii_case("chunked");
            return if is_chunked { Ok(Framing::Chunked) } else { Err(SendError::NotHttp) };
        }
        match self.find("content-length")? {
            Some(length) if !length.bytes().all(|byte| byte.is_ascii_digit()) => Err(SendError::NotHttp),
            // One that no memory holds is as good as the longest that does.
            Some(length) if !length.is_empty() => Ok(Framing::Length(length.parse().unwrap_or(usize::MAX))),
            Some(_) => Err(SendError::NotHttp),
            None => Ok(Framing::UntilClose),
        }
    }

    /// Whether the body may be without end on purpose.
    pub(super) fn is_stream(&self) -> bool {
        self.find("content-type").is_ok_and(|kind| kind.is_some_and(|kind| kind.starts_with("text/event-stream")))
    }

    /// The one value of a header. Several that differ would end a body in two places.
    fn find(&self, name: &str) -> Result<Option<&str>, SendError> {
        let mut values =
            self.headers.iter().filter(|(held, _)| held.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let first = values.next();
        if values.all(|value| Some(value) == first) { Ok(first.map(String::as_str)) } else { Err(SendError::NotHttp) }
    }
}

/// A body on its way, of which no more is kept than [`BODY_BYTES`]. Nothing is decompressed: nothing compressed is asked for.
#[derive(Debug)]
pub(super) struct Body {
    framing: Framing,
    bytes: Vec<u8>,
    /// What has come of a chunk's frame.
    frame: Vec<u8>,
    chunk: Chunk,
}

/// What comes next in a chunked body (RFC 9112 section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chunk {
    Size,
    /// So many bytes of a chunk.
    Data(usize),
    /// The end of a chunk's line.
    End,
    /// Nothing: the last chunk was there.
    Nothing,
}

impl Body {
    pub(super) const fn new(framing: Framing) -> Self {
        Self { framing, bytes: Vec::new(), frame: Vec::new(), chunk: Chunk::Size }
    }

    pub(super) const fn framing(&self) -> Framing {
        self.framing
    }

    /// Whether it is all there, or as much of it as is read.
    pub(super) const fn is_whole(&self) -> bool {
        self.bytes.len() >= BODY_BYTES
            || match self.framing {
                Framing::None => true,
                Framing::Length(length) => self.bytes.len() >= length,
                Framing::Chunked => matches!(self.chunk, Chunk::Nothing),
                Framing::UntilClose => false,
            }
    }

    /// Whether a stream of events has told something, after which it need not be waited for.
    pub(super) fn has_event(&self) -> bool {
        let text = String::from_utf8_lossy(&self.bytes).replace('\r', "");
        text.rsplit_once("\n\n").is_some_and(|(whole, _)| whole.lines().any(|line| line.starts_with("data:")))
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Takes what has arrived.
    pub(super) fn take(&mut self, arrived: &[u8]) -> Result<(), SendError> {
        match self.framing {
            Framing::None => Ok(()),
            Framing::Length(length) => {
                self.keep(arrived, length.saturating_sub(self.bytes.len()));
                Ok(())
            }
            Framing::UntilClose => {
                self.keep(arrived, arrived.len());
                Ok(())
            }
            Framing::Chunked => self.take_chunks(arrived),
        }
    }

    /// Keeps at most `length` bytes, and says how many it took.
    fn keep(&mut self, arrived: &[u8], length: usize) -> usize {
        let taken = arrived.len().min(length);
        let room = BODY_BYTES.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(arrived.get(..taken.min(room)).unwrap_or_default());
        taken
    }

    fn take_chunks(&mut self, mut arrived: &[u8]) -> Result<(), SendError> {
        while !self.is_whole() && !arrived.is_empty() {
            let taken = match self.chunk {
                Chunk::Data(left) => {
                    let taken = self.keep(arrived, left);
                    self.chunk = if taken == left { Chunk::End } else { Chunk::Data(left - taken) };
                    taken
                }
                Chunk::Size | Chunk::End => self.take_line(arrived)?,
                Chunk::Nothing => return Ok(()),
            };
            arrived = arrived.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Takes the rest of a line of a chunk's frame, or all that has arrived of it.
    fn take_line(&mut self, arrived: &[u8]) -> Result<usize, SendError> {
        let end = arrived.iter().position(|byte| *byte == b'\n').map(|end| end + 1);
        let taken = end.unwrap_or(arrived.len());
        self.frame.extend_from_slice(arrived.get(..taken).unwrap_or_default());
        if self.frame.len() > FRAME_BYTES {
            return Err(SendError::NotHttp);
        }
        if end.is_some() {
            self.chunk = next_chunk(self.chunk, &self.frame)?;
            self.frame.clear();
        }
        Ok(taken)
    }
}

fn next_chunk(chunk: Chunk, line: &[u8]) -> Result<Chunk, SendError> {
    if chunk == Chunk::End {
        return if line == b"\r\n" { Ok(Chunk::Size) } else { Err(SendError::NotHttp) };
    }
    match httparse::parse_chunk_size(line) {
        Ok(httparse::Status::Complete((_, 0))) => Ok(Chunk::Nothing),
        // One that no memory holds is as good as the longest that does: no more is kept of either than of a long body.
        Ok(httparse::Status::Complete((_, size))) => Ok(Chunk::Data(usize::try_from(size).unwrap_or(usize::MAX))),
        Ok(httparse::Status::Partial) | Err(_) => Err(SendError::NotHttp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_whole_and_interim_ones_are_passed_over() {
        let bytes = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\nrest";
        let read = head(bytes).unwrap().unwrap();
        assert_eq!((read.status, read.headers.len(), &bytes[read.length..]), (200, 1, &b"rest"[..]));
        assert!(head(b"HTTP/1.1 200 OK\r\nA: b\r\n").unwrap().is_none());
        assert!(matches!(head(b"SSH-2.0-x\r\n"), Err(SendError::NotHttp)));
    }

    /// The body out of `bytes`, which arrive in pieces of `size`; none when it is not whole with them.
    fn body(framing: Framing, bytes: &[u8], size: usize) -> Result<Option<Vec<u8>>, SendError> {
        let mut body = Body::new(framing);
        for piece in bytes.chunks(size) {
            body.take(piece)?;
        }
        Ok(body.is_whole().then(|| body.into_bytes()))
    }

    #[test]
    fn a_body_ends_where_its_framing_says() {
        for size in [1, 2, 3, 100] {
            assert_eq!(body(Framing::Length(2), b"abc", size).unwrap().unwrap(), b"ab");
            assert!(body(Framing::Length(4), b"abc", size).unwrap().is_none());
            assert_eq!(body(Framing::Chunked, b"2\r\nab\r\n1;x\r\nc\r\n0\r\n\r\n", size).unwrap().unwrap(), b"abc");
            assert!(body(Framing::Chunked, b"2\r\nab\r\n", size).unwrap().is_none());
            assert!(body(Framing::Chunked, b"ffffffffffffffff\r\na", size).unwrap().is_none());
            for wrong in [&b"zz\r\n"[..], b"1\r\nabcd\r\n", b"1ffffffffffffffff\r\na"] {
                assert!(matches!(body(Framing::Chunked, wrong, size), Err(SendError::NotHttp)));
            }
        }
    }

    #[test]
    fn no_more_is_kept_than_is_read_of_a_long_body() {
        let long = vec![b'a'; BODY_BYTES + 10_000];
        for framing in [Framing::UntilClose, Framing::Length(usize::MAX)] {
            assert_eq!(body(framing, &long, 8192).unwrap().unwrap().len(), BODY_BYTES);
        }
        let chunk = [&b"ffffffffffffffff\r\n"[..], &long].concat();
        assert_eq!(body(Framing::Chunked, &chunk, 8192).unwrap().unwrap().len(), BODY_BYTES);
        let line = [&b"1;"[..], &long].concat();
        assert!(matches!(body(Framing::Chunked, &line, 8192), Err(SendError::NotHttp)));
    }

    #[test]
    fn a_head_that_does_not_end_is_given_up() {
        let long = [&b"HTTP/1.1 200 OK\r\nA: "[..], &[b'a'; HEAD_BYTES]].concat();
        let many = [&b"HTTP/1.1 200 OK\r\n"[..], &b"A: b\r\n".repeat(HEADERS + 1), b"\r\n"].concat();
        for head_of in [long, many] {
            assert!(matches!(head(&head_of), Err(SendError::LongHead)));
        }
        let interim = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(HEAD_BYTES / 20);
        assert!(matches!(head(&interim), Err(SendError::LongHead)));
    }
}
