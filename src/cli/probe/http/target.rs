//! The address under test: what every request of a run goes to, and nothing else does.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};

use axum::http::Uri;
use thiserror::Error;

/// Why a text names no API that may be tested.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(in crate::cli) enum TargetError {
    /// Not an address.
    #[error("expected the address of an API, such as http://127.0.0.1:3000, got {0:?}")]
    Url(String),
    /// With what other programs would send, and reports would show.
    #[error("expected an address without a user and a password")]
    Credentials,
    /// On another machine, which nobody allowed.
    #[error("{0} is not this machine")]
    NotAllowed(String),
}

/// An API: scheme, host, port, and the path that all its paths begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli::probe) struct Target {
    pub(in crate::cli::probe) is_tls: bool,
    host: String,
    pub(in crate::cli::probe) port: u16,
    prefix: String,
}

impl Target {
    /// Reads an address, which must be on this machine or have its very host among `allowed`.
    pub(in crate::cli::probe) fn parse(text: &str, allowed: &[String]) -> Result<Self, TargetError> {
        let uri: Option<Uri> = text.parse().ok();
        if uri.as_ref().and_then(Uri::authority).is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(TargetError::Credentials);
        }
        let target = uri.as_ref().and_then(read).ok_or_else(|| TargetError::Url(text.to_owned()))?;
        if target.is_loopback() || allowed.iter().any(|host| host.eq_ignore_ascii_case(&target.host)) {
            Ok(target)
        } else {
            Err(TargetError::NotAllowed(target.host))
        }
    }

    /// Whether the API is on this machine.
    pub(in crate::cli::probe) fn is_loopback(&self) -> bool {
        let host = self.name();
        host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The host without the brackets of an IPv6 address.
    pub(super) fn name(&self) -> &str {
        self.host.trim_matches(['[', ']'])
    }

    /// The same host and paths over plain HTTP.
    pub(super) fn plain(&self, port: u16) -> Self {
        Self { is_tls: false, port, ..self.clone() }
    }

    /// The value of `Host`.
    pub(in crate::cli::probe) fn authority(&self) -> String {
        let usual = if self.is_tls { 443 } else { 80 };
        if self.port == usual { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    /// The origin and prefix, as text.
    pub(in crate::cli::probe) fn url(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}{}", self.authority(), self.prefix)
    }

    /// The origin-form of a path (RFC 9112 section 3.2.1), not put right in any way.
    pub(in crate::cli::probe) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// The addresses of the host, which are this machine's where the name is.
    pub(in crate::cli::probe) fn addresses(&self) -> std::io::Result<Vec<SocketAddr>> {
        let is_own = |address: &SocketAddr| !self.is_loopback() || address.ip().is_loopback();
        Ok((self.name(), self.port).to_socket_addrs()?.filter(is_own).collect())
    }
}

fn read(uri: &Uri) -> Option<Target> {
    let is_tls = match uri.scheme_str()? {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let authority = uri.authority()?;
    if uri.query().is_some() || authority.host().is_empty() {
        return None;
    }
    let port = match authority.as_str().strip_prefix(authority.host())? {
        "" | ":" if is_tls => 443,
        "" | ":" => 80,
        port => port.strip_prefix(':')?.parse().ok()?,
    };
    let prefix = uri.path().trim_end_matches('/').to_owned();
    if !is_path(&prefix) {
        return None;
    }
    Some(Target { is_tls, host: authority.host().to_owned(), port, prefix })
}

/// Whether a path is one of RFC 3986 (section 3.3), as reports must have it.
fn is_path(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte);
    let mut parts = path.split('%');
    let is_escaped = |part: &str| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    path.bytes().all(|byte| byte == b'%' || is_plain(byte)) && parts.next().is_some() && parts.all(is_escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_on_this_machine_needs_no_leave() {
        let target = Target::parse("http://127.0.0.1:3000/base/", &[]).unwrap();
        assert_eq!(target.url(), "http://127.0.0.1:3000/base");
        assert_eq!(target.path("/a/../b"), "/base/a/../b");
        assert_eq!(Target::parse("http://127.0.0.1/%c3%A4/(a)", &[]).unwrap().url(), "http://127.0.0.1/%c3%A4/(a)");
        assert_eq!(Target::parse("https://[::1]:444", &[]).unwrap().authority(), "[::1]:444");
        assert_eq!(Target::parse("http://LOCALHOST", &[]).unwrap().authority(), "LOCALHOST");
    }

    #[test]
    fn another_host_needs_its_very_name() {
        let allowed = ["api.example.com".to_owned()];
        assert!(Target::parse("https://API.example.com", &allowed).is_ok());
        for url in ["https://example.com", "https://api.example.com.evil.test", "http://127.0.0.1.example.com"] {
            assert!(matches!(Target::parse(url, &allowed), Err(TargetError::NotAllowed(_))), "{url}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in [
            "",
            "127.0.0.1:3000",
            "ftp://127.0.0.1",
            "http://127.0.0.1/?a",
            "/api",
            "http://127.0.0.1:65536",
            "http://[::1]:65536",
            "http://127.0.0.1:port",
            "http://127.0.0.1/\"",
            "http://127.0.0.1/{a}",
            "http://127.0.0.1/a|b",
            "http://127.0.0.1/\u{e4}",
            "http://127.0.0.1/%zz",
        ] {
            assert_eq!(Target::parse(url, &[]), Err(TargetError::Url(url.to_owned())));
        }
        for url in ["http://u@127.0.0.1", "http://u:p@127.0.0.1:3000/api"] {
            assert_eq!(Target::parse(url, &[]), Err(TargetError::Credentials));
        }
        assert_eq!(Target::parse("http://127.0.0.1:", &[]).unwrap().port, 80);
    }
}
