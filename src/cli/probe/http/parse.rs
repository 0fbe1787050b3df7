//! An answer out of bytes (RFC 9112).
//!
//! The head is `httparse`'s to read; what is here is where the body ends.

use super::SendError;

/// Longest head that is read, in bytes.
pub(super) const HEAD_BYTES: usize = 64 * 1024;
/// Longest body that is read, in bytes: a refusal is short, and a long page is told by its beginning.
pub(super) const BODY_BYTES: usize = 256 * 1024;
/// Most headers of an answer.
const HEADERS: usize = 128;

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
            Ok(httparse::Status::Partial) | Err(_) => return Err(SendError::NotHttp),
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
        if let Some(encoding) = self.find("transfer-encoding") {
            let is_chunked = encoding.trim().eq_ignore_ascii_case("chunked");
            return if is_chunked { Ok(Framing::Chunked) } else { Err(SendError::NotHttp) };
        }
        match self.find("content-length") {
            Some(length) => length.trim().parse().map(Framing::Length).map_err(|_| SendError::NotHttp),
            None => Ok(Framing::UntilClose),
        }
    }

    /// Whether the body may be without end on purpose.
    pub(super) fn is_stream(&self) -> bool {
        self.find("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"))
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The body, once it is whole or long enough.
pub(super) fn body(framing: Framing, bytes: &[u8]) -> Result<Option<Vec<u8>>, SendError> {
    if bytes.len() > BODY_BYTES {
        return Ok(Some(bytes.get(..BODY_BYTES).unwrap_or_default().to_vec()));
    }
    match framing {
        Framing::None => Ok(Some(Vec::new())),
        Framing::Length(length) => Ok(bytes.get(..length).map(<[u8]>::to_vec)),
        Framing::Chunked => chunks(bytes),
        Framing::UntilClose => Ok(None),
    }
}

/// A chunked body (RFC 9112 section 7.1), once it is whole.
fn chunks(mut bytes: &[u8]) -> Result<Option<Vec<u8>>, SendError> {
    let mut body = Vec::new();
    loop {
        let (start, size) = match httparse::parse_chunk_size(bytes) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(SendError::NotHttp),
        };
        if size == 0 {
            return Ok(Some(body));
        }
        let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size)).ok_or(SendError::NotHttp)?;
        let Some(chunk) = bytes.get(start..end) else { return Ok(None) };
        body.extend_from_slice(chunk);
        match bytes.get(end..end.saturating_add(2)) {
            Some(b"\r\n") => bytes = bytes.get(end + 2..).unwrap_or_default(),
            Some(_) => return Err(SendError::NotHttp),
            None => return Ok(None),
        }
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

    #[test]
    fn a_body_ends_where_its_framing_says() {
        assert_eq!(body(Framing::Length(2), b"abc").unwrap().unwrap(), b"ab");
        assert!(body(Framing::Length(4), b"abc").unwrap().is_none());
        assert_eq!(body(Framing::Chunked, b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n").unwrap().unwrap(), b"abc");
        assert!(body(Framing::Chunked, b"2\r\nab\r\n").unwrap().is_none());
        assert!(body(Framing::Chunked, b"zz\r\n").is_err());
        assert!(body(Framing::Chunked, b"1\r\nabcd").is_err());
        assert!(body(Framing::Chunked, b"ffffffffffffffff\r\na").is_err());
    }
}
