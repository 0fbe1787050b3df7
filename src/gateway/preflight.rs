//! Preflights: a browser asks before a page's request, without credentials, and the gateway answers by itself.
//!
//! Nothing of it reaches an origin. It is a preflight only where a route of the path takes part in CORS; elsewhere an
//! `OPTIONS` is a request like others, so that it is no way past a token.

use super::{Gateway, Verdict};
use crate::config::Route;
use crate::cors::Preflight;
use crate::method::Method;
use crate::path::CanonicalPath;
use crate::ports::Host;
use crate::refusal::{Fault, Refusal};

/// What becomes of a preflight, and the route of the request to come where there is one.
pub(crate) type Answered<'a> = (Option<&'a Route>, Result<Verdict<'a>, Refusal>);

impl<H: Host> Gateway<H> {
    /// Answers a preflight; `None` where it is none to any route of the path.
    pub(crate) fn preflight(&self, preflight: &Preflight, path: &CanonicalPath) -> Option<Answered<'_>> {
        let route = match self.route(path, Method::from_name(&preflight.method)) {
            Ok(route) => route,
            Err(refusal) => return self.shares(path).then_some((None, Err(refusal))),
        };
        let answer = route.cors.as_ref()?.preflight(preflight, route.methods.allow());
        let answer = answer.map(Verdict::Preflight).ok_or(Refusal::Theirs(Fault::OriginNotAllowed));
        Some((Some(route), answer))
    }

    /// Whether any route of a path takes part in CORS.
    fn shares(&self, path: &CanonicalPath) -> bool {
        Method::ALL.into_iter().any(|method| self.route(path, Some(method)).is_ok_and(|route| route.cors.is_some()))
    }
}
