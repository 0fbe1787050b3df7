//! Requests that want to become something else than HTTP: a WebSocket on a route that takes them, or nothing.
//!
//! A forwarded upgrade is a tunnel past everything that is decided here, so there is one kind, spelt in one way, on
//! routes that ask for it. A browser lets any page open a WebSocket to anywhere, sends cookies along and asks nobody
//! first; what stops that is `Origin`, which no page can set.

use std::rc::Rc;

use super::{Forward, Gateway, Holder};
use crate::claims::Session;
use crate::config::{Access, Route};
use crate::credentials::{Carrier, Credentials, Provenance};
use crate::head::Head;
use crate::method::Method;
use crate::ports::Host;
use crate::refusal::{Fault, Refusal};
use crate::time::UnixTime;

/// A request to send on as the beginning of a WebSocket.
#[derive(Debug)]
pub struct Upgrade<'a> {
    /// What the origin gets.
    pub forward: Forward<'a>,
    /// Whose socket it is, when it ends with a token; nobody's lasts as long as its two ends like.
    pub holder: Option<Holder>,
}

/// What of a handshake is between two neighbours (RFC 6455 section 11.3), and made anew for the origin.
const HANDSHAKE: [&str; 4] =
    ["sec-websocket-accept", "sec-websocket-extensions", "sec-websocket-key", "sec-websocket-version"];

/// Whether a request asks for a WebSocket (RFC 6455 section 4.2.1).
pub(super) fn is_requested(head: &Head, method: Option<Method>) -> Result<bool, Refusal> {
    match head.headers.find("upgrade") {
        Some(upgrade) => check_handshake(&upgrade, head, method).map(|()| true),
        None => Ok(false),
    }
}

#[inline(never)]
fn check_handshake(upgrade: &str, head: &Head, method: Option<Method>) -> Result<(), Refusal> {
    let connection = head.headers.find("connection").unwrap_or_default();
    let is_whole = upgrade.eq_ignore_ascii_case("websocket")
        && method == Some(Method::Get)
        && connection.split(',').any(|option| option.trim().eq_ignore_ascii_case("upgrade"))
        && head.headers.find("sec-websocket-version").as_deref() == Some("13")
        && head.headers.find("sec-websocket-key").is_some_and(|key| !key.is_empty());
    if is_whole { Ok(()) } else { Err(Refusal::Theirs(Fault::UpgradeNotAllowed)) }
}

impl<H: Host> Gateway<H> {
    /// Whether a route takes a WebSocket that this page, or no page, asks for.
    pub(super) fn check_upgrade(&self, route: &Route, head: &Head, now: UnixTime) -> Result<(), Refusal> {
        if !route.streams.websocket {
            return Err(Refusal::Theirs(Fault::UpgradeNotAllowed));
        }
        let is_allowed = match head.headers.find("origin") {
            Some(origin) => {
                let parties = &self.config.tokens.policy.authorized_parties;
                origin == head.origin() || parties.iter().any(|party| party.matches(&origin))
            }
            // Whoever is no browser sends what it likes; a browser with a cookie says where it comes from.
            None => route.access == Access::Public || !self.is_carried_by_cookie(head, now)?,
        };
        if is_allowed { Ok(()) } else { Err(Refusal::Theirs(Fault::OriginNotAllowed)) }
    }

    fn is_carried_by_cookie(&self, head: &Head, now: UnixTime) -> Result<bool, Refusal> {
        let credentials = Credentials::find(&head.headers, self.config.tokens.instance.as_ref(), now)?;
        Ok(credentials.is_some_and(|credentials| credentials.carrier == Carrier::Cookie))
    }

    /// The upgrade that an origin gets.
    pub(super) fn upgrade<'a>(
        &self,
        mut forward: Forward<'a>,
        head: &Head,
        session: Option<&Rc<Session>>,
    ) -> Upgrade<'a> {
        forward.headers.retain(|(name, _)| !HANDSHAKE.iter().any(|own| own.eq_ignore_ascii_case(name)));
        forward.headers.push(("upgrade".to_owned(), "websocket".to_owned()));
        let route = forward.route;
        let holder = session.filter(|_| !route.streams.outlives_token).map(|session| {
            let provenance =
                Provenance::of(&head.headers, &head.origin(), &self.config.tokens.policy.authorized_parties);
            Holder::new(session, route.require.clone(), provenance.same_origin)
        });
        Upgrade { forward, holder }
    }
}
