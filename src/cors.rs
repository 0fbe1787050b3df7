//! Cross-origin resource sharing: which pages of other origins may read an answer (Fetch standard, CORS protocol).
//!
//! It is no access control. Whether a request is let through, its token decides; this says what a browser then shows to
//! a page, and answers the question that a browser asks beforehand. `null` stands for any sandboxed frame or local file,
//! and so is no origin that could be allowed.

use crate::headers::HeaderList;
use crate::verifier::OriginPattern;

/// The starts of the names by which an answer takes part in the protocol.
pub const ANSWER_PREFIX: &str = "access-control-";

/// What pages may send besides what every page may, unless a configuration says otherwise.
pub const ALLOW_HEADERS: [&str; 5] = ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match"];

/// What pages may read besides what every page may, unless a configuration says otherwise.
pub const EXPOSE_HEADERS: [&str; 3] = ["retry-after", "www-authenticate", "x-request-id"];

/// How long a browser may keep an answer to a preflight, in seconds, unless a configuration says otherwise.
pub const MAX_AGE_SECONDS: u32 = 600;

/// Which origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// Every one but `null`. There are no credentials with these: any page could act as the user.
    Any,
    /// Those that match.
    Listed {
        /// What they match.
        patterns: Vec<OriginPattern>,
        /// Whether a request may carry cookies, and its answer be read.
        credentials: bool,
    },
}

/// What a route says to pages of other origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorsPolicy {
    origins: Origins,
    max_age: String,
    allow_headers: String,
    expose_headers: String,
}

/// A header of an answer.
type Header = (&'static str, String);

impl CorsPolicy {
    /// A policy. A list of names may be empty.
    #[must_use]
    pub fn new(origins: Origins, max_age_seconds: u32, allow_headers: &[String], expose_headers: &[String]) -> Self {
        Self {
            origins,
            max_age: max_age_seconds.to_string(),
            allow_headers: allow_headers.join(", "),
            expose_headers: expose_headers.join(", "),
        }
    }

    /// What an allowed origin is told, or nothing at all.
    fn grant(&self, origin: &str) -> Option<Vec<Header>> {
        let (allowed, credentials) = match &self.origins {
            Origins::Any => (is_origin(origin).then_some("*")?, false),
            Origins::Listed { patterns, credentials } => {
                (patterns.iter().any(|pattern| pattern.matches(origin)).then_some(origin)?, *credentials)
            }
        };
        let mut headers = vec![("access-control-allow-origin", allowed.to_owned())];
        if credentials {
            headers.push(("access-control-allow-credentials", "true".to_owned()));
        }
        Some(headers)
    }

    /// The headers of an answer to a request that is no preflight. A foreign origin gets only the `Vary` of caches.
    #[must_use]
    pub fn answer(&self, request: &HeaderList) -> Vec<Header> {
        let mut headers = request.find("origin").and_then(|origin| self.grant(&origin)).unwrap_or_default();
        if !headers.is_empty() && !self.expose_headers.is_empty() {
            headers.push(("access-control-expose-headers", self.expose_headers.clone()));
        }
        headers.push(("vary", "Origin".to_owned()));
        headers
    }

    /// The headers of the answer to a preflight for a route with these methods; `None` to a foreign origin.
    ///
    /// The list of headers is the configured one, whatever was asked for: the browser compares.
    #[must_use]
    pub fn preflight(&self, preflight: &Preflight, methods: String) -> Option<Vec<Header>> {
        let mut headers = self.grant(&preflight.origin)?;
        headers.push(("access-control-allow-methods", methods));
        if !self.allow_headers.is_empty() {
            headers.push(("access-control-allow-headers", self.allow_headers.clone()));
        }
        headers.push(("access-control-max-age", self.max_age.clone()));
        headers.push(("vary", "Origin, Access-Control-Request-Method".to_owned()));
        Some(headers)
    }
}

/// A browser's question whether a page may make a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    /// The page's origin.
    pub origin: String,
    /// The method of the request to come, as it stands there.
    pub method: String,
}

impl Preflight {
    /// The preflight that a request is: `OPTIONS` with one `Origin` and one `Access-Control-Request-Method`. Any other
    /// `OPTIONS` is a request like others, which needs what others need.
    #[must_use]
    pub fn read(method: &str, headers: &HeaderList) -> Option<Self> {
        let one = |name| headers.find(name).filter(|value| !value.is_empty() && !value.contains(','));
        if method != "OPTIONS" {
            return None;
        }
        let (origin, method) = (one("origin")?, one("access-control-request-method")?);
        Some(Self { origin: origin.into_owned(), method: method.into_owned() })
    }
}

/// Whether this is one origin, by its form (RFC 6454 section 6.2); `null` is not, and neither are several.
fn is_origin(text: &str) -> bool {
    text.contains("://") && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}
