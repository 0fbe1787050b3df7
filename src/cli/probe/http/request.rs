//! A request as it will be written, and as it may be shown.
//!
//! Only what is known to be no secret is shown: a token goes by its kind.

use std::fmt;

use super::Target;
use crate::cli::probe::tokens::Token;

/// A request, header by header in the order of writing.
#[derive(Clone)]
pub(in crate::cli::probe) struct Request {
    method: String,
    path: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<Vec<u8>>,
    shown: Vec<String>,
}

impl Request {
    pub(in crate::cli::probe) fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: None, shown: vec![] }
    }

    pub(in crate::cli::probe) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// With a token in `Authorization`.
    pub(in crate::cli::probe) fn bearer(self, token: &Token) -> Self {
        self.credential("Bearer", token)
    }

    /// With a token behind another scheme, or another spelling of it.
    pub(in crate::cli::probe) fn credential(self, scheme: &str, token: &Token) -> Self {
        let shown = match scheme {
            "Bearer" => format!("token: {}", token.kind),
            scheme => format!("{scheme} token: {}", token.kind),
        };
        self.secret("Authorization", format!("{scheme} {}", token.text), &shown)
    }

    /// With a header that may be shown.
    pub(in crate::cli::probe) fn header(self, name: &str, value: &str) -> Self {
        self.secret(name, value, &format!("{name}: {value}"))
    }

    /// With a header that goes by `shown` in reports.
    pub(in crate::cli::probe) fn secret(mut self, name: &str, value: impl Into<Vec<u8>>, shown: &str) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self.note(shown)
    }

    /// With a body that goes by `shown` in reports.
    pub(in crate::cli::probe) fn body(mut self, kind: &str, body: impl Into<Vec<u8>>, shown: &str) -> Self {
        self.headers.push(("Content-Type".to_owned(), kind.into()));
        self.body = Some(body.into());
        self.note(shown)
    }

    /// With one more word about it in reports.
    pub(in crate::cli::probe) fn note(mut self, shown: &str) -> Self {
        if !shown.is_empty() {
            self.shown.push(shown.to_owned());
        }
        self
    }

    /// Whether it has a header.
    pub(in crate::cli::probe) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(held, _)| held.eq_ignore_ascii_case(name))
    }

    pub(in crate::cli::probe) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    /// The bytes on the wire.
    pub(super) fn to_bytes(&self, target: &Target) -> Vec<u8> {
        let Self { method, path, headers, body, shown: _ } = self;
        let mut bytes =
            format!("{method} {} HTTP/1.1\r\nHost: {}\r\n", target.path(path), target.authority()).into_bytes();
        for (name, value) in defaults(headers) {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        for (name, value) in headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        if let Some(body) = body {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(body.as_deref().unwrap_or_default());
        bytes
    }
}

/// What servers see of this command in their logs.
pub(in crate::cli::probe) const fn user_agent() -> &'static str {
    concat!("clerk-edge-test/", env!("CARGO_PKG_VERSION"))
}

/// What every request says unless it says so itself.
fn defaults(headers: &[(String, Vec<u8>)]) -> impl Iterator<Item = (&'static str, &'static str)> {
    const DEFAULTS: [(&str, &str); 3] =
        [("User-Agent", user_agent()), ("Accept", "application/json"), ("Connection", "close")];
    let is_said = |name: &str| headers.iter().any(|(said, _)| said.eq_ignore_ascii_case(name));
    DEFAULTS.into_iter().filter(move |(name, _)| !is_said(name))
}

impl fmt::Display for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path: String = self.path.chars().flat_map(visible).collect();
        write!(formatter, "{} {path}", self.method)?;
        match self.shown.as_slice() {
            [] => Ok(()),
            shown => write!(formatter, " ({})", shown.join(", ")),
        }
    }
}

/// A character as it may stand in a report.
fn visible(character: char) -> Vec<char> {
    if character.is_control() { character.escape_default().collect() } else { vec![character] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target::parse("http://127.0.0.1:3000/base", &[]).unwrap()
    }

    #[test]
    fn a_request_is_written_as_it_stands() {
        let request = Request::get("/a/./b").secret("A", b"\0x".to_vec(), "").header("Accept", "*/*").header("A", "2");
        let text = String::from_utf8(request.to_bytes(&target())).unwrap();
        let agent = concat!("clerk-edge-test/", env!("CARGO_PKG_VERSION"));
        let expected = format!(
            "GET /base/a/./b HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nUser-Agent: {agent}\r\nConnection: close\r\n\
             A: \0x\r\nAccept: */*\r\nA: 2\r\n\r\n"
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn a_token_goes_by_its_kind() {
        let token = Token::new("secret", "expired");
        let request = Request::new("HEAD", "/\n").bearer(&token).header("Origin", "null");
        assert_eq!(request.to_string(), "HEAD /\\n (token: expired, Origin: null)");
    }
}
