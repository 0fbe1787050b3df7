//! Where a token was looked for, in which order, and what the request proves of the site it comes from.

use serde::Serialize;

use crate::config::Config;
use crate::credentials::{
    Carrier, Credentials, CredentialsError, Provenance, SESSION_COOKIE, cookie, suffixed_session_cookie,
};
use crate::head::Head;

/// The search for a token.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialsStory {
    /// Whether the gateway came so far, and the route asks who sends the request.
    pub looked_at: bool,
    /// The places, in order.
    pub places: Vec<Place>,
    /// Why what is there is no credential.
    pub refused: Option<String>,
    /// Whether the request proves to come from the application's own origin.
    pub same_origin: bool,
    /// Whether it proves to come from the same site.
    pub same_site: bool,
}

/// A place where a token may be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// `header` or `cookie`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What was found.
    pub outcome: Looked,
}

/// What was found in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Looked {
    /// The token.
    Token,
    /// Something that is no token.
    Refused,
    /// A token that another one wins over.
    PassedOver,
    /// Nothing.
    Missing,
}

impl CredentialsStory {
    pub(super) fn of(
        config: &Config,
        head: &Head,
        found: &Result<Option<Credentials>, CredentialsError>,
        looked_at: bool,
    ) -> Self {
        let Provenance { same_origin, same_site } =
            Provenance::of(&head.headers, &head.origin(), &config.tokens.policy.authorized_parties);
        Self {
            looked_at,
            places: places(config, head, found),
            refused: found.as_ref().err().map(ToString::to_string),
            same_origin,
            same_site,
        }
    }
}

fn places(config: &Config, head: &Head, found: &Result<Option<Credentials>, CredentialsError>) -> Vec<Place> {
    let chosen = found.as_ref().ok().and_then(Option::as_ref);
    let header = match (head.headers.find("authorization"), found) {
        (None, _) => Looked::Missing,
        (Some(_), Err(_)) => Looked::Refused,
        (Some(_), Ok(_)) => Looked::Token,
    };
    let suffixed = config.tokens.instance.as_ref().map(suffixed_session_cookie);
    let mut taken = chosen.filter(|chosen| chosen.carrier == Carrier::Cookie).map(|chosen| chosen.token.as_str());
    // The suffixed one first: where both hold the same token, it is the one that is this instance's own.
    let cookies = suffixed.into_iter().chain([SESSION_COOKIE.to_owned()]).map(|name| {
        let value = cookie(&head.headers, &name).filter(|value| !value.is_empty());
        let outcome = match value {
            None => Looked::Missing,
            Some(value) if taken == Some(value.as_str()) => {
                taken = None;
                Looked::Token
            }
            Some(_) => Looked::PassedOver,
        };
        Place { kind: "cookie", name, outcome }
    });
    let header = Place { kind: "header", name: "Authorization".to_owned(), outcome: header };
    std::iter::once(header).chain(cookies).collect()
}
