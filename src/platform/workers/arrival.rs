//! A request as it arrives: its head, the id that it is given, and the moment.

use super::javascript;
use crate::head::Head;
use crate::headers::HeaderList;

/// What is known of a request before anything is decided.
pub(super) struct Arrival {
    pub(super) request_id: String,
    /// Milliseconds after 1970.
    pub(super) started: i64,
    pub(super) head: Head,
}

impl Arrival {
    /// Reads a request's head. `CF-Connecting-IP` is the platform's own word, which no client can set there.
    pub(super) fn read(request: &web_sys::Request) -> Option<Self> {
        Self::from_lines(&javascript::head_of(request))
    }

    /// `None` where there are more or fewer lines than there should be: a head that could be read in two ways.
    fn from_lines(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let mut line = || lines.next();
        let (request_id, started) = (line()?.to_owned(), line()?.parse().ok()?);
        let (method, url, has_body, count) = (line()?, line()?, line()? == "true", line()?.parse().ok()?);
        let mut headers = Vec::with_capacity(count);
        while let Some(name) = line() {
            headers.push((name.to_owned(), line()?.to_owned()));
        }
        if headers.len() != count {
            return None;
        }
        let headers = HeaderList::new(headers);
        let client_ip = headers.find("cf-connecting-ip").map(std::borrow::Cow::into_owned);
        let head = Head { has_body, ..Head::new(method, url, headers, client_ip) };
        Some(Self { request_id, started, head })
    }
}
