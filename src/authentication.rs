//! Who sends a request: its credentials found, its site proved, its token verified.
//!
//! Invalid is never anonymous: a request without credentials has no session, one with bad credentials is refused.

use crate::checks::Watch;
use crate::config::TokenConfig;
use crate::credentials::{Carrier, Credentials, Provenance};
use crate::head::Head;
use crate::instance::Instance;
use crate::method::Method;
use crate::ports::Host;
use crate::refusal::{Fault, Refusal};
use crate::time::UnixTime;
use crate::verifier::{Verified, Verifier};

/// Tells the users of one instance.
pub struct Authenticator<H: Host> {
    instance: Option<Instance>,
    verifier: Verifier<H>,
}

impl<H: Host> Authenticator<H> {
    /// One on `host` that has seen no token.
    #[must_use]
    pub fn new(host: H, tokens: &TokenConfig) -> Self {
        let TokenConfig { instance, policy, keys } = tokens.clone();
        Self { instance, verifier: Verifier::new(host, policy, keys) }
    }

    /// The verifier, for tokens that no request carries and for what falls due beside requests.
    pub fn verifier(&self) -> &Verifier<H> {
        &self.verifier
    }

    /// The instance, where a publishable key names it.
    pub fn instance(&self) -> Option<&Instance> {
        self.instance.as_ref()
    }

    /// The session of a request at the time `now`; `None` without credentials, never for bad ones.
    ///
    /// # Errors
    /// The refusal of bad credentials, and of a cookie on an unsafe `method` without proof of the same site.
    pub fn authenticate(
        &self,
        head: &Head,
        method: Option<Method>,
        now: UnixTime,
    ) -> impl Future<Output = Result<Option<Verified>, Refusal>> {
        self.authenticate_watched(head, method, now, &())
    }

    /// The same, and says which check of the token it comes to.
    ///
    /// # Errors
    /// As above.
    pub async fn authenticate_watched(
        &self,
        head: &Head,
        method: Option<Method>,
        now: UnixTime,
        watch: &dyn Watch,
    ) -> Result<Option<Verified>, Refusal> {
        let Some(credentials) = Credentials::find(&head.headers, self.instance.as_ref(), now)? else {
            return Ok(None);
        };
        let provenance = self.provenance(head, credentials.carrier);
        let is_safe = method.is_some_and(Method::is_safe);
        if credentials.carrier == Carrier::Cookie && !is_safe && !provenance.same_site {
            return Err(Refusal::Theirs(Fault::CrossSiteRequest));
        }
        Ok(Some(self.verifier.verify_watched(&credentials.token, provenance.same_origin, now, watch).await?))
    }

    /// What the request proves of its site, looked at only where something depends on it.
    fn provenance(&self, head: &Head, carrier: Carrier) -> Provenance {
        let parties = &self.verifier.policy().authorized_parties;
        if carrier == Carrier::Header && parties.is_empty() {
            return Provenance { same_origin: false, same_site: false };
        }
        Provenance::of(&head.headers, &head.origin(), parties)
    }
}
