//! The tokens that two configurations are compared by, whatever the route: of which instance, for whom, how old.

use serde_json::{Map, Value, json};

use super::requests::FOREIGN;
use crate::algorithm::Algorithm;
use crate::cli::policy_tests::usual_party;
use crate::cli::rehearsal::{Rehearsal, ThrowawayKey};
use crate::cli::session_token::{TokenError, TokenRequest};
use crate::config::Config;
use crate::time::UnixTime;

/// A token that may be taken by one and not by the other.
#[derive(Debug, Clone)]
pub(super) struct TokenProbe {
    pub(super) label: String,
    pub(super) kind: Kind,
}

/// What is particular about it; in everything else it is one that the gateway takes.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Issuer(String),
    Party(Option<String>),
    /// Without a party, on a request that proves to come from the application itself.
    SameOrigin,
    Audience(Option<String>),
    /// Expired since so many seconds.
    Expired(u32),
    /// Only the configurations say whether it is taken: old, new.
    Algorithm([bool; 2]),
}

/// The tokens for two configurations.
pub(super) fn probes(old: &Config, new: &Config) -> Vec<TokenProbe> {
    let policies = [&old.tokens.policy, &new.tokens.policy];
    let mut probes = Vec::new();
    let mut add = |label: String, kind: Kind| {
        if !probes.iter().any(|probe: &TokenProbe| probe.label == label) {
            probes.push(TokenProbe { label, kind });
        }
    };
    for policy in policies {
        add(format!("a token of {}", policy.issuer), Kind::Issuer(policy.issuer.clone()));
        for party in &policy.authorized_parties {
            let party = party.example("preview");
            add(format!("a token for {party}"), Kind::Party(Some(party)));
        }
        for audience in &policy.audience {
            add(format!("a token with aud {audience}"), Kind::Audience(Some(audience.clone())));
        }
    }
    add(format!("a token for {FOREIGN}"), Kind::Party(Some(FOREIGN.to_owned())));
    add("a token without azp".to_owned(), Kind::Party(None));
    add("a token without azp, from the application itself".to_owned(), Kind::SameOrigin);
    add("a token without aud".to_owned(), Kind::Audience(None));
    let seconds = policies.map(|policy| policy.clock_skew_seconds).into_iter().max().unwrap_or(0).saturating_sub(1);
    add(format!("a token that ran out {seconds} s ago"), Kind::Expired(seconds));
    for algorithm in Algorithm::ALL {
        let taken = policies.map(|policy| policy.algorithms.contains(&algorithm));
        add(format!("a token signed by {}", algorithm.name()), Kind::Algorithm(taken));
    }
    probes
}

/// What a gateway says to it: `accepted`, or the refusal.
pub(super) fn answer(
    probe: &TokenProbe,
    side: usize,
    gateway: &Rehearsal,
    key: &ThrowawayKey,
    now: UnixTime,
) -> Result<(bool, String), TokenError> {
    if let Kind::Algorithm(taken) = &probe.kind {
        let is_taken = taken[side];
        return Ok((is_taken, if is_taken { "accepted" } else { "401 token-invalid-algorithm" }.to_owned()));
    }
    let policy = gateway.policy();
    let mut claims: Map<String, Value> = Map::new();
    if let Some(audience) = policy.audience.first() {
        claims.insert("aud".to_owned(), audience.clone().into());
    }
    let mut request = TokenRequest { authorized_party: usual_party(policy, None), ..TokenRequest::default() };
    let mut issuer = policy.issuer.as_str();
    match &probe.kind {
        Kind::Issuer(other) => issuer = other,
        Kind::Party(party) => request.authorized_party.clone_from(party),
        Kind::SameOrigin => request.authorized_party = None,
        Kind::Audience(audience) => {
            claims.insert("aud".to_owned(), json!(audience));
            claims.retain(|_, value| !value.is_null());
        }
        Kind::Expired(seconds) => {
            request.issued_at = Some(now.seconds() - 60 - i64::from(*seconds));
            request.lifetime_seconds = Some(60);
        }
        Kind::Algorithm(_) => {}
    }
    request.claims = claims;
    let token = key.sign(&request, issuer, now)?;
    Ok(match gateway.verify(&token, matches!(probe.kind, Kind::SameOrigin), now) {
        Ok(()) => (true, "accepted".to_owned()),
        Err(refusal) => (false, format!("{} {}", refusal.status(), refusal.code())),
    })
}
