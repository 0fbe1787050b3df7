//! The session of a test, as a token of Clerk's would tell it.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cli::session_token::{Organization, TokenRequest};
use crate::verifier::TokenPolicy;

/// A session; whatever is left out is as in a fresh session of one user.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SessionSpec {
    user: Option<String>,
    session: Option<String>,
    org: Option<String>,
    org_slug: Option<String>,
    role: Option<String>,
    permissions: Vec<String>,
    plan: Option<String>,
    features: Vec<String>,
    /// The origin that asked for the token; `false` for none.
    azp: Option<Azp>,
    /// Minutes since the first and the second factor were verified; -1 for none.
    factor_ages: Option<[i64; 2]>,
    claims: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Azp {
    Origin(String),
    Is(bool),
}

impl SessionSpec {
    /// The token that is asked for. Its `azp`, unless the test says so, is the page's origin where that is an
    /// authorized party, and else the first of these: as from a front end of this gateway.
    pub(super) fn token_request(self, policy: &TokenPolicy, page: Option<&str>) -> TokenRequest {
        let Self { user, session, org, org_slug, role, permissions, plan, features, azp, factor_ages, mut claims } =
            self;
        let authorized_party = match azp {
            Some(Azp::Origin(origin)) => Some(origin),
            Some(Azp::Is(false)) => None,
            Some(Azp::Is(true)) | None => usual_party(policy, page),
        };
        if let Some(audience) = policy.audience.first() {
            claims.entry("aud").or_insert_with(|| audience.clone().into());
        }
        if let Some(ages) = factor_ages {
            claims.entry("fva").or_insert_with(|| Value::from(ages.to_vec()));
        }
        let organization = Organization { id: org, slug: org_slug, role, permissions };
        TokenRequest {
            claims,
            user,
            session,
            authorized_party,
            organization: (organization != Organization::default()).then_some(organization),
            plan,
            features,
            ..TokenRequest::default()
        }
    }
}

/// The origin of a front end: of `page` where it is one, and else the first that there is.
pub(in crate::cli) fn usual_party(policy: &TokenPolicy, page: Option<&str>) -> Option<String> {
    let parties = &policy.authorized_parties;
    let page = page.filter(|page| parties.iter().any(|party| party.matches(page)));
    page.map(str::to_owned).or_else(|| parties.first().map(|party| party.example("preview")))
}
