//! A publishable key names a Clerk instance: its issuer, its key set address and the suffix of its cookies.
//!
//! The key is public text that a user pastes from the dashboard, so every way it can be wrong has its own sentence.
//! Source: Clerk docs, "Publishable key"; the cookie suffix is the first eight base64url characters of SHA-1 over the
//! key as written.

use std::cell::OnceCell;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac_sha1_compact::Hash;
use thiserror::Error;

/// Standard base64 whose padding may be missing, as Clerk's keys have it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const LOCAL_SUFFIXES: [&str; 3] = [".lcl.dev", ".lclstage.dev", ".lclclerk.com"];
const STAGING_SUFFIXES: [&str; 1] = [".accountsstage.dev"];
const DEVELOPMENT_SUFFIXES: [&str; 5] =
    [".lcl.dev", ".stg.dev", ".lclstage.dev", ".lclclerk.com", ".clerk.accounts.dev"];

/// Whether an instance is a production or a development one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceKind {
    /// Named by a `pk_live_` key.
    Production,
    /// Named by a `pk_test_` key.
    Development,
}

/// What is wrong with a publishable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PublishableKeyError {
    /// A secret key was pasted.
    #[error("is a secret key; expected the publishable key, which starts with pk_test_ or pk_live_")]
    Secret,
    /// Neither known prefix.
    #[error("does not start with pk_test_ or pk_live_")]
    Prefix,
    /// The rest is not base64 of one host followed by `$`.
    #[error("is not a whole publishable key: after its prefix comes base64 of a host name and a dollar sign")]
    Encoding,
    /// The rest decodes, but not to a host name.
    #[error("does not hold a host name")]
    Host,
}

/// What is wrong with a proxy or satellite address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrontendApiError {
    /// Not `https://host/path`.
    #[error("expected an https address, such as https://example.com/__clerk")]
    ProxyUrl,
    /// Not a host name.
    #[error("expected a host name, such as example.com")]
    Domain,
}

/// One Clerk instance, as named by its publishable key.
#[derive(Debug, Clone)]
pub struct Instance {
    key: String,
    kind: InstanceKind,
    host: String,
    frontend_api: String,
    /// Of the key, once a request has cookies.
    cookie_suffix: OnceCell<String>,
}

impl PartialEq for Instance {
    fn eq(&self, other: &Self) -> bool {
        (&self.key, &self.frontend_api) == (&other.key, &other.frontend_api)
    }
}

impl Eq for Instance {}

impl Instance {
    /// Reads a publishable key.
    ///
    /// # Errors
    /// Says which part of the key is wrong, without repeating it.
    pub fn from_publishable_key(key: &str) -> Result<Self, PublishableKeyError> {
        let (kind, encoded) = split_prefix(key)?;
        let decoded = BASE64.decode(encoded).map_err(|_| PublishableKeyError::Encoding)?;
        let text = String::from_utf8(decoded).map_err(|_| PublishableKeyError::Encoding)?;
        let host = text.strip_suffix('$').ok_or(PublishableKeyError::Encoding)?;
        if host.contains('$') {
            return Err(PublishableKeyError::Encoding);
        }
        if !host.contains('.') || !is_host(host) {
            return Err(PublishableKeyError::Host);
        }
        Ok(Self {
            key: key.to_owned(),
            kind,
            host: host.to_owned(),
            frontend_api: [scheme(kind, host), "://", host].concat(),
            cookie_suffix: OnceCell::new(),
        })
    }

    /// The same instance with its Frontend API behind a proxy on the application's own domain.
    ///
    /// The issuer stays: it is a property of the instance, not of the way to it.
    ///
    /// # Errors
    /// When `url` is not an absolute https address.
    #[inline(never)]
    pub fn with_proxy_url(mut self, url: &str) -> Result<Self, FrontendApiError> {
        let url = if split_scheme(url).is_some() { url.to_owned() } else { format!("https://{url}") };
        let host = split_scheme(&url).map_or("", |(_, rest)| rest.split('/').next().unwrap_or(""));
        if !is_trusted_address(&url) || !is_host(host) {
            return Err(FrontendApiError::ProxyUrl);
        }
        self.frontend_api = url.trim_end_matches('/').to_owned();
        Ok(self)
    }

    /// The same instance seen from a satellite `domain`. Development instances have none: theirs stays as it is.
    ///
    /// # Errors
    /// When `domain` is not a host name.
    #[inline(never)]
    pub fn with_satellite_domain(mut self, domain: &str) -> Result<Self, FrontendApiError> {
        if !domain.contains('.') || !is_host(domain) {
            return Err(FrontendApiError::Domain);
        }
        if self.kind == InstanceKind::Production {
            self.frontend_api = format!("https://clerk.{domain}");
        }
        Ok(self)
    }

    /// Production or development.
    #[must_use]
    pub fn kind(&self) -> InstanceKind {
        self.kind
    }

    /// The host of the Frontend API that the key names.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The `iss` of this instance's tokens: `https://` and the host.
    #[must_use]
    pub fn issuer(&self) -> String {
        [scheme(self.kind, &self.host), "://", &self.host].concat()
    }

    /// The Frontend API's address, without a slash at its end.
    #[must_use]
    pub fn frontend_api(&self) -> &str {
        &self.frontend_api
    }

    /// Where the Frontend API publishes the key set; it needs no credentials.
    #[must_use]
    pub fn key_set_url(&self) -> String {
        [&self.frontend_api, "/.well-known/jwks.json"].concat()
    }

    /// The Backend API's address for this instance, without a slash at its end.
    #[must_use]
    pub fn backend_api(&self) -> &'static str {
        let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| self.host.ends_with(suffix));
        if self.host.starts_with("clerk.") && ends(&DEVELOPMENT_SUFFIXES) {
            "https://api.clerk.com"
        } else if ends(&LOCAL_SUFFIXES) {
            "https://api.lclclerk.com"
        } else if ends(&STAGING_SUFFIXES) {
            "https://api.clerkstage.dev"
        } else {
            "https://api.clerk.com"
        }
    }

    /// The suffix of this instance's cookies: `__session_<suffix>`.
    #[must_use]
    pub fn cookie_suffix(&self) -> &str {
        self.cookie_suffix.get_or_init(|| cookie_suffix(&self.key))
    }
}

/// The publishable key of the instance whose Frontend API is at `host`.
#[must_use]
pub fn publishable_key(kind: InstanceKind, host: &str) -> String {
    let prefix = match kind {
        InstanceKind::Production => "pk_live_",
        InstanceKind::Development => "pk_test_",
    };
    let encoded = BASE64.encode(format!("{host}$"));
    format!("{prefix}{}", encoded.trim_end_matches('='))
}

/// Whether keys may be fetched from `url`: https anywhere, plain http on this machine alone.
#[must_use]
pub fn is_trusted_address(url: &str) -> bool {
    if url.bytes().any(|byte| byte.is_ascii_control() || matches!(byte, b' ' | b'@' | b'\\' | b'?' | b'#')) {
        return false;
    }
    match split_scheme(url) {
        Some(("https", rest)) => !rest.is_empty() && !rest.starts_with('/'),
        Some(("http", rest)) => is_loopback(rest.split('/').next().unwrap_or("")),
        _ => false,
    }
}

/// The scheme of an address, and what is behind its `://`.
pub(crate) fn split_scheme(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once(':')?;
    Some((scheme, rest.strip_prefix("//")?))
}

/// A text without a prefix, however often it is there. The standard `trim_start_matches` brings a general text search along,
/// which makes the compiled module larger.
pub(crate) fn trim_start<'a>(mut text: &'a str, prefix: &str) -> &'a str {
    while let Some(rest) = text.strip_prefix(prefix) {
        text = rest;
    }
    text
}

fn split_prefix(key: &str) -> Result<(InstanceKind, &str), PublishableKeyError> {
    if let Some(rest) = key.strip_prefix("pk_live_") {
        Ok((InstanceKind::Production, rest))
    } else if let Some(rest) = key.strip_prefix("pk_test_") {
        Ok((InstanceKind::Development, rest))
    } else if key.starts_with("sk_") {
        Err(PublishableKeyError::Secret)
    } else {
        Err(PublishableKeyError::Prefix)
    }
}

fn cookie_suffix(key: &str) -> String {
    let mut suffix = URL_SAFE_NO_PAD.encode(Hash::hash(key.as_bytes()));
    suffix.truncate(8);
    suffix
}

/// A stand-in for Clerk on this machine speaks plain http; no other instance does.
fn scheme(kind: InstanceKind, host: &str) -> &'static str {
    if kind == InstanceKind::Development && is_loopback(host) { "http" } else { "https" }
}

fn is_loopback(authority: &str) -> bool {
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    matches!(host, "127.0.0.1" | "localhost")
}

/// A host name of letters, digits, dots and hyphens, with an optional port.
fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "443"));
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253
        && name.split('.').all(label)
        && port.parse::<u16>().is_ok_and(|number| number > 0)
        && port.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &str = "pk_live_ZmFrZS1jbGVyay10ZXN0LmNsZXJrLmFjY291bnRzLmRldiQ=";

    fn host(key: &str) -> Result<String, PublishableKeyError> {
        Instance::from_publishable_key(key).map(|instance| instance.host)
    }

    fn encoded(text: &str) -> String {
        format!("pk_test_{}", BASE64.encode(text))
    }

    #[test]
    fn a_key_names_issuer_key_set_and_cookie_suffix() {
        let instance = Instance::from_publishable_key("pk_test_Y2xlcmsuaW5zcGlyZWQucHVtYS03NC5sY2wuZGV2JA").unwrap();
        assert_eq!(instance.kind(), InstanceKind::Development);
        assert_eq!(instance.issuer(), "https://clerk.inspired.puma-74.lcl.dev");
        assert_eq!(instance.key_set_url(), "https://clerk.inspired.puma-74.lcl.dev/.well-known/jwks.json");
        assert_eq!(instance.backend_api(), "https://api.clerk.com");
        assert_eq!(instance.cookie_suffix(), "vWCgMp3A");
    }

    #[test]
    fn padding_is_optional_but_part_of_the_cookie_suffix() {
        let padded = Instance::from_publishable_key(LIVE).unwrap();
        let bare = Instance::from_publishable_key(LIVE.trim_end_matches('=')).unwrap();
        assert_eq!(padded.host(), "fake-clerk-test.clerk.accounts.dev");
        assert_eq!(padded.host(), bare.host());
        assert_eq!(padded.cookie_suffix(), "qReyu04C");
        assert_ne!(padded.cookie_suffix(), bare.cookie_suffix());
    }

    #[test]
    fn every_malformed_key_says_what_is_wrong() {
        use PublishableKeyError::*;
        for key in ["", "whatever", "clerk.clerk.com", "pk_live", "fake_pk", "PK_TEST_Y2xlcmsuY2xlcmsuZGV2JA"] {
            assert_eq!(host(key), Err(Prefix), "{key}");
        }
        for key in ["pk_live_", "pk_live_invalid", "pk_live_invalid!@#$", "pk_test_Y2xlcmsuY2xlcmsuZGV2", "pk_test_a_b"]
        {
            assert_eq!(host(key), Err(Encoding), "{key}");
        }
        for text in ["clerk.clerk.dev$extra", "clerk.clerk.dev$$", "$fake.clerk.dev$", "clerk.clerk.dev"] {
            assert_eq!(host(&encoded(text)), Err(Encoding), "{text}");
        }
        for text in [
            "invalidkey$",
            "$",
            "a.b/c$",
            "user@a.b$",
            "a..b$",
            "a.b:0$",
            "a.b:99999$",
            "-a.b$",
            "a.b?x$",
            "a b.c$",
            "[::1].x$",
        ] {
            assert_eq!(host(&encoded(text)), Err(Host), "{text}");
        }
        assert_eq!(host("sk_test_abc"), Err(Secret));
    }

    #[test]
    fn a_proxy_moves_the_key_set_but_not_the_issuer() {
        let proxied = Instance::from_publishable_key(LIVE).unwrap().with_proxy_url("example.com/__clerk").unwrap();
        assert_eq!(proxied.key_set_url(), "https://example.com/__clerk/.well-known/jwks.json");
        assert_eq!(proxied.issuer(), "https://fake-clerk-test.clerk.accounts.dev");
        for bad in [
            "http://example.com",
            "ftp://example.com",
            "https://",
            "https:///x",
            "https://a@b.c",
            "https://exa mple.com",
            "",
        ] {
            assert_eq!(
                Instance::from_publishable_key(LIVE).unwrap().with_proxy_url(bad),
                Err(FrontendApiError::ProxyUrl),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_satellite_moves_the_key_set_of_production_alone() {
        let live = Instance::from_publishable_key(LIVE).unwrap().with_satellite_domain("example.com").unwrap();
        assert_eq!(live.frontend_api(), "https://clerk.example.com");
        assert_eq!(live.issuer(), "https://fake-clerk-test.clerk.accounts.dev");
        let test = Instance::from_publishable_key("pk_test_Y2xlcmsuY2xlcmsuZGV2JA==").unwrap();
        assert_eq!(test.with_satellite_domain("example.com").unwrap().frontend_api(), "https://clerk.clerk.dev");
        let live = Instance::from_publishable_key(LIVE).unwrap();
        assert_eq!(live.with_satellite_domain("example/com"), Err(FrontendApiError::Domain));
    }

    #[test]
    fn only_a_development_key_for_this_machine_speaks_plain_http() {
        let local = publishable_key(InstanceKind::Development, "127.0.0.1:8788");
        assert_eq!(Instance::from_publishable_key(&local).unwrap().issuer(), "http://127.0.0.1:8788");
        let live = publishable_key(InstanceKind::Production, "127.0.0.1:8788");
        assert_eq!(Instance::from_publishable_key(&live).unwrap().issuer(), "https://127.0.0.1:8788");
        assert!(!is_trusted_address("http://127.0.0.1.example.com/"));
        assert!(!is_trusted_address("http://127.0.0.1@example.com/"));
        assert!(is_trusted_address("http://localhost:8788/v1"));
    }

    #[test]
    fn a_built_key_reads_back() {
        assert_eq!(publishable_key(InstanceKind::Production, "clerk.example.com"), "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k");
        let key = publishable_key(InstanceKind::Development, "clerk.clerk.dev");
        let instance = Instance::from_publishable_key(&key).unwrap();
        assert_eq!((instance.host(), instance.cookie_suffix()), ("clerk.clerk.dev", "QvfNY2dr"));
    }

    #[test]
    fn the_backend_api_follows_the_kind_of_host() {
        let api = |host: &str| {
            Instance::from_publishable_key(&publishable_key(InstanceKind::Development, host)).unwrap().backend_api()
        };
        assert_eq!(api("foo.accounts.lclclerk.com"), "https://api.lclclerk.com");
        assert_eq!(api("foo.accountsstage.dev"), "https://api.clerkstage.dev");
        assert_eq!(api("clerk.foo.lcl.dev"), "https://api.clerk.com");
        assert_eq!(api("foo.clerk.accounts.dev"), "https://api.clerk.com");
    }
}
