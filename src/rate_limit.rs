//! How often one caller may use a route: who counts as one, and the name under which the platform counts.
//!
//! The counting is the platform's, in a binding whose own configuration holds the numbers and which cannot be asked for
//! them. So the numbers are part of the binding's name, and a route without its binding is a mistake.

use std::net::IpAddr;

use hmac_sha256::Hash;
use serde_json::json;

use crate::claims::Session;

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountBy {
    /// Those of one user; without a session, of one address.
    User,
    /// Those of one organization's members; of a user who has none active, and without a session, as above.
    Organization,
    /// Those of one address, or of one network of IPv6.
    ClientIp,
}

/// The limit of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    requests: u32,
    per_seconds: u32,
    by: CountBy,
    binding: String,
}

impl RateLimit {
    /// `requests` within `per_seconds`.
    #[must_use]
    pub fn new(requests: u32, per_seconds: u32, by: CountBy) -> Self {
        Self { requests, per_seconds, by, binding: format!("RATE_LIMIT_{requests}_PER_{per_seconds}") }
    }

    /// The name of the binding that counts.
    #[must_use]
    pub fn binding(&self) -> &str {
        &self.binding
    }

    /// Whose requests are counted together.
    #[must_use]
    pub const fn by(&self) -> CountBy {
        self.by
    }

    /// How long a caller over the limit is told to wait, in seconds: by then the period it is in has ended.
    #[must_use]
    pub const fn per_seconds(&self) -> u32 {
        self.per_seconds
    }

    /// What stands in wrangler's configuration for the binding.
    #[must_use]
    pub fn wrangler(&self) -> String {
        let Self { requests, per_seconds, binding, .. } = self;
        format!(
            "[[ratelimits]]\nname = \"{binding}\"\nnamespace_id = \"{requests}{per_seconds}\" # a number that no other limit of your account has\nsimple = {{ limit = {requests}, period = {per_seconds} }}"
        )
    }

    /// The name that a request on a route is counted under. It is a digest, so that a counter holds no address and no id.
    #[must_use]
    pub fn key(&self, route: &str, session: Option<&Session>, client_ip: Option<&str>) -> String {
        let (kind, issuer, id) = match (self.by, session) {
            (CountBy::User | CountBy::Organization, Some(session)) => {
                let organization = session.organization.as_ref().filter(|_| self.by == CountBy::Organization);
                let (kind, id) = organization.map_or(("user", &session.user_id), |active| ("org", &active.id));
                (kind, session.issuer.as_str(), id.clone())
            }
            (CountBy::ClientIp, _) | (_, None) => ("ip", "", network(client_ip)),
        };
        let parts = json!([self.binding, route, kind, issuer, id]).to_string();
        Hash::hash(parts.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// An address as one caller has it: IPv4 whole, of IPv6 the 64 bits that one subscriber is given at least. Whoever has none
/// shares with all who have none.
fn network(client_ip: Option<&str>) -> String {
    match client_ip.and_then(|text| text.parse::<IpAddr>().ok()).map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        None => "unknown".to_owned(),
    }
}
