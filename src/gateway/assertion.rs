//! The assertion on what is forwarded: signed last, when nothing can be refused any more.

use std::borrow::Cow;

use super::{Forward, Gateway};
use crate::assertion::{Assertion, Caller, HEADER, NO_KEYS};
use crate::claims::Session;
use crate::config::Target;
use crate::ports::Host;
use crate::time::UnixTime;

/// Where every gateway has the public keys of its assertions, whatever its routes.
pub const ASSERTION_KEYS_PATH: &str = "/.well-known/clerk-edge/jwks.json";

impl<H: Host> Gateway<H> {
    /// The key document; without keys it is empty, and never missing.
    pub(super) fn assertion_keys(&self) -> &str {
        self.config.assertion.as_ref().map_or(NO_KEYS, |keys| keys.document())
    }

    /// A forwarded request with the assertion of who sent it.
    pub(super) fn asserted<'a>(
        &self,
        mut forward: Forward<'a>,
        method: &str,
        session: Option<&Session>,
        request_id: &str,
        now: UnixTime,
    ) -> Forward<'a> {
        let caller = session.map_or(Caller::Anonymous, Caller::Session);
        self.assert(&mut forward, method, caller, request_id, now);
        forward
    }

    /// Adds the assertion, where there is a key to sign it with. In a Worker `carry.js` puts the signature behind it.
    pub(super) fn assert(
        &self,
        forward: &mut Forward<'_>,
        method: &str,
        caller: Caller<'_>,
        request_id: &str,
        now: UnixTime,
    ) {
        let Some(keys) = &self.config.assertion else {
            return;
        };
        // The path is canonical, so the first question mark is the query's.
        let url = forward.url.split('?').next().unwrap_or_default();
        let audience = audience(forward, url);
        let token = keys.token(&Assertion { audience: &audience, method, url, request_id, caller }, now);
        forward.headers.push((HEADER.to_owned(), token));
    }
}

/// Whom an assertion is for. A service is named by its binding, since the address that it sees is the gateway's own.
fn audience<'a>(forward: &'a Forward<'_>, url: &'a str) -> Cow<'a, str> {
    match &forward.route.target {
        Target::Origin(origin) => origin.base.as_str().into(),
        Target::Service(name) => format!("service:{name}").into(),
        Target::Zone | Target::Serve(_) => origin(url).into(),
    }
}

/// `https://host:port` of an address.
fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |index| index + 3);
    let end = url[start..].find('/').map_or(url.len(), |index| start + index);
    &url[..end]
}
