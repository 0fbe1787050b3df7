//! What every check asks with: the client, the settings, and the tokens.

use serde_json::{Map, Value, json};

use super::TestError;
use super::check::Stop;
use super::http::{Answer, Client, Request, SendError};
use super::redact::redact;
use super::settings::Settings;
use super::source::{Given, Source};
use super::stand_in::StandIn;
use super::tokens::{Forge, Pattern, Token};
use crate::cli::session_token::TokenRequest;
use crate::cli::signing_key::SigningKeyError;
use crate::platform::native::now;

/// Leeway of Clerk's own verifiers, in seconds.
const CLOCK_SKEW_SECONDS: i64 = 5;

/// What every check asks with.
pub(super) struct Probe {
    pub(super) client: Client,
    pub(super) settings: Settings,
    pub(super) source: Source,
    pub(super) given: Given,
    pub(super) forge: Forge,
    /// Whether methods that may change something are sent.
    pub(super) is_unsafe: bool,
    pub(super) secrets: Vec<String>,
}

impl Probe {
    pub(super) fn send(&self, request: &Request) -> Result<Answer, SendError> {
        self.client.send(request)
    }

    pub(super) fn redact(&self, text: &str) -> String {
        redact(text, &self.secrets)
    }

    pub(super) fn protected(&self) -> &str {
        self.settings.protected.as_deref().unwrap_or("/")
    }

    pub(super) fn public(&self) -> Result<&str, Stop> {
        named(self.settings.public.as_ref(), "public")
    }

    pub(super) fn optional(&self) -> Result<&str, Stop> {
        named(self.settings.optional.as_ref(), "optional")
    }

    pub(super) fn admin(&self) -> Result<&str, Stop> {
        named(self.settings.admin.as_ref(), "admin")
    }

    pub(super) fn graphql(&self) -> Result<&str, Stop> {
        named(self.settings.graphql.as_ref(), "graphql")
    }

    pub(super) fn webhook(&self) -> Result<&str, Stop> {
        named(self.settings.webhook.as_ref(), "webhook")
    }

    pub(super) fn clock_skew_seconds(&self) -> i64 {
        self.settings.clock_skew_seconds.unwrap_or(CLOCK_SKEW_SECONDS)
    }

    /// The stand-in, for what only the right key or a key set of our own can show.
    pub(super) fn stand_in(&self) -> Result<&StandIn, Stop> {
        match &self.source {
            Source::StandIn(stand_in) => Ok(stand_in),
            Source::Forged | Source::Clerk(_) => {
                Err(Stop::skip("needs tokens with chosen claims under the right key: --issuer-url"))
            }
        }
    }

    /// A good token of a user.
    pub(super) fn valid(&self) -> Result<Token, Stop> {
        self.genuine()?.ok_or_else(|| match self.given.user {
            Some(_) => Stop::skip("the token given has run out"),
            None => Stop::skip("needs a good token: --issuer-url, --clerk or --token"),
        })
    }

    /// A good token of a user, where there is a source of them. One that was given is none once it has run out: it would be
    /// refused for that, whatever a check makes of it.
    pub(super) fn genuine(&self) -> Result<Option<Token>, TestError> {
        match (&self.given.user, &self.source) {
            (Some(token), _) => Ok(Some(token.clone()).filter(|token| !token.has_run_out())),
            (None, Source::StandIn(stand_in)) => stand_in.mint(&self.request(), "good").map(Some),
            (None, Source::Clerk(clerk)) => clerk.token().map(Some),
            (None, Source::Forged) => Ok(None),
        }
    }

    /// What the stand-in makes a good token from.
    pub(super) fn request(&self) -> TokenRequest {
        self.completed(self.settings.user_token.clone())
    }

    /// The same with what every token of this API needs.
    pub(super) fn completed(&self, mut request: TokenRequest) -> TokenRequest {
        let Settings { authorized_parties, origin, audience, .. } = &self.settings;
        if request.authorized_party.is_none() {
            request.authorized_party = authorized_parties.first().or(origin.as_ref()).cloned();
        }
        if let Some(audience) = audience {
            request.claims.entry("aud").or_insert_with(|| json!(audience));
        }
        request
    }

    /// A good token with these claims over its own; null takes one away.
    pub(super) fn with_claims(&self, claims: Value, kind: &str) -> Result<Token, Stop> {
        self.altered(&Value::Null, &claims, kind)
    }

    /// A token under the right key with these members over a good one's.
    pub(super) fn altered(&self, header: &Value, claims: &Value, kind: &str) -> Result<Token, Stop> {
        let mut request = self.request();
        lay_over(&mut request.header, header);
        lay_over(&mut request.claims, claims);
        Ok(self.stand_in()?.mint(&request, kind)?)
    }

    /// A good token where there is one, or a forged one that looks the same.
    pub(super) fn any_token(&self) -> Result<Token, Stop> {
        match self.genuine()? {
            Some(token) => Ok(token),
            None => self.forged("forged"),
        }
    }

    /// A token that looks good, signed with a key of our own.
    pub(super) fn forged(&self, kind: &str) -> Result<Token, Stop> {
        let Pattern { header, claims } = self.pattern()?;
        Ok(self.forge.sign(json!(header).to_string().as_bytes(), json!(claims).to_string().as_bytes(), kind)?)
    }

    /// A token of exactly these parts, under the right key where there is one and under ours elsewhere.
    pub(super) fn sign(&self, header: &str, payload: &str, kind: &str) -> Result<Token, Stop> {
        match &self.source {
            Source::StandIn(stand_in) => Ok(stand_in.sign(header, payload, kind)?),
            Source::Forged | Source::Clerk(_) => Ok(self.forge.sign(header.as_bytes(), payload.as_bytes(), kind)?),
        }
    }

    /// What a good token says.
    pub(super) fn pattern(&self) -> Result<Pattern, TestError> {
        let now = now().seconds();
        let pattern = match &self.given.user {
            Some(token) => Pattern::of(token),
            None => self.genuine()?.as_ref().and_then(Pattern::of),
        };
        Ok(pattern.map_or_else(|| Pattern::likely(now), |pattern| pattern.lasting(now)))
    }
}

/// Members over members, null and all: the stand-in is to see it.
fn lay_over(members: &mut Map<String, Value>, over: &Value) {
    members.extend(over.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
}

fn named<'a>(path: Option<&'a String>, name: &str) -> Result<&'a str, Stop> {
    path.map(String::as_str).ok_or_else(|| Stop::skip(format!("no {name} path was given: --{name} PATH")))
}

/// The forger's errors are the run's.
impl From<SigningKeyError> for Stop {
    fn from(error: SigningKeyError) -> Self {
        Self::Broken(error.into())
    }
}
