//! The head of a request, as the platform hands it over.

use crate::headers::HeaderList;
use crate::instance::split_scheme;

/// Method, address and headers of a request. Of these only method, path and credentials ever decide anything.
#[derive(Debug, Clone)]
pub struct Head {
    /// The method as it came.
    pub method: String,
    /// `http` or `https`, as the platform received it.
    pub scheme: String,
    /// The host, with its port where it has one.
    pub authority: String,
    /// The path as it came.
    pub path: String,
    /// What stands behind the first question mark; never looked at.
    pub query: Option<String>,
    /// The headers.
    pub headers: HeaderList,
    /// The caller's address, as the platform knows it.
    pub client_ip: Option<String>,
    /// Whether there is a body, be it an empty one of unknown length.
    pub has_body: bool,
}

impl Head {
    /// A head without a body from an absolute address, which is taken apart without being changed.
    #[must_use]
    pub fn new(method: &str, url: &str, headers: HeaderList, client_ip: Option<String>) -> Self {
        let url = url.split('#').next().unwrap_or("");
        let (address, query) = match url.split_once('?') {
            Some((address, query)) => (address, Some(query.to_owned())),
            None => (url, None),
        };
        let (scheme, rest) = split_scheme(address).unwrap_or(("", address));
        let (authority, path) = rest.find('/').map_or((rest, "/"), |index| rest.split_at(index));
        Self {
            method: method.to_owned(),
            scheme: scheme.to_owned(),
            authority: authority.to_owned(),
            path: path.to_owned(),
            query,
            headers,
            client_ip,
            has_body: false,
        }
    }

    /// The origin that the request was sent to.
    #[must_use]
    pub fn origin(&self) -> String {
        [&self.scheme, "://", &self.authority].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_and_not_changed() {
        let head = Head::new("GET", "https://api.example.com:8443//a/%61?x=/y?z#f?g", HeaderList::default(), None);
        assert_eq!(head.origin(), "https://api.example.com:8443");
        assert_eq!((head.path.as_str(), head.query.as_deref()), ("//a/%61", Some("x=/y?z")));
        let bare = Head::new("GET", "https://api.example.com", HeaderList::default(), None);
        assert_eq!((bare.path.as_str(), bare.query), ("/", None));
    }
}
