//! The limit of a route, counted once a request has passed all else, so that refused ones use nothing up.

use super::Gateway;
use crate::apart::apart;
use crate::claims::Session;
use crate::config::Route;
use crate::head::Head;
use crate::ports::{CountRequest, Host, HostError};
use crate::rate_limit::RateLimit;
use crate::refusal::{Fault, Refusal};

impl<H: Host + CountRequest> Gateway<H> {
    /// Counts a request that would be let through, and refuses it over its route's limit.
    ///
    /// A counter that cannot be asked refuses nobody, and why it could not is what comes back: a limit is no check of who
    /// somebody is, and everyone would be out.
    pub(super) async fn count(
        &self,
        route: &Route,
        head: &Head,
        session: Option<&Session>,
    ) -> Result<Option<HostError>, Refusal> {
        match &route.limit {
            Some(limit) => apart(self.count_by(limit, route, head, session)).await,
            None => Ok(None),
        }
    }

    async fn count_by(
        &self,
        limit: &RateLimit,
        route: &Route,
        head: &Head,
        session: Option<&Session>,
    ) -> Result<Option<HostError>, Refusal> {
        // Two routes of one pattern differ in their methods.
        let name = format!("{} {}", route.methods.allow(), route.pattern.as_str());
        let key = limit.key(&name, session, head.client_ip.as_deref());
        match self.verifier().host().count(limit.binding(), &key).await {
            Ok(true) => Ok(None),
            Ok(false) => Err(Refusal::Theirs(Fault::RateLimited { retry_after: limit.per_seconds() })),
            Err(error) => Ok(Some(error)),
        }
    }
}
