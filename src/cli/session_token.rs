//! Composes tokens like Clerk's: header and claims, from a request of which every member may be missing.
//!
//! The stand-in and `mint` share this file, so that a token minted offline differs from a served one in its key alone.
//! Source: Clerk docs, "Session tokens", versions 1 and 2.

mod entitlements;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use thiserror::Error;

use self::entitlements::{Entitlements, full_permission, pack, pack_plan};
use super::identifier::token_identifier;
use super::signing_key::SigningKey;
use crate::time::UnixTime;

/// Life of a session token in seconds, as Clerk's.
const LIFETIME_SECONDS: i64 = 60;

/// How long before `iat` a session token becomes valid, in seconds, as Clerk's.
const NOT_BEFORE_SECONDS: i64 = 10;

/// Whoever nobody named. It stays the same, so that what an application stores about its caller is found again.
const USER: &str = "user_StandInForClerk000000000000";
const SESSION: &str = "sess_StandInForClerk000000000000";
const ORGANIZATION: &str = "org_StandInForClerk000000000000";
const ROLE: &str = "member";

/// Why no token can be composed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum TokenError {
    /// Not a permission.
    #[error("expected a permission as feature:permission, got {0:?}")]
    Permission(String),
    /// Not a feature.
    #[error("expected a feature as name, o:name, u:name or ou:name, got {0:?}")]
    Feature(String),
    /// Not a plan.
    #[error("expected a plan as name, o:name or u:name, got {0:?}")]
    Plan(String),
    /// More permission names than a mask has bits.
    #[error("expected at most {0} different permission names")]
    TooManyPermissions(usize),
    /// Version 1 never had them.
    #[error("expected token version 2 with plan or features, got 1")]
    Version,
    /// Neither 1 nor 2.
    #[error("expected token version 1 or 2, got {0}")]
    UnknownVersion(u64),
}

/// The token that is asked for. What is missing is as in a fresh session of one user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TokenRequest {
    /// Claims merged over all others; a null takes its claim away.
    pub(super) claims: Map<String, Value>,
    /// Header members merged over all others; a null takes its member away.
    pub(super) header: Map<String, Value>,
    pub(super) lifetime_seconds: Option<i64>,
    pub(super) issued_at: Option<i64>,
    pub(super) key: KeyChoice,
    pub(super) category: Category,
    pub(super) version: Version,
    pub(super) user: Option<String>,
    pub(super) session: Option<String>,
    pub(super) authorized_party: Option<String>,
    pub(super) organization: Option<Organization>,
    pub(super) plan: Option<String>,
    pub(super) features: Vec<String>,
    pub(super) status: Status,
    pub(super) actor: Option<Map<String, Value>>,
}

/// The active organization.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Organization {
    pub(super) id: Option<String>,
    pub(super) slug: Option<String>,
    pub(super) role: Option<String>,
    pub(super) permissions: Vec<String>,
}

/// Which of the stand-in's keys signs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum KeyChoice {
    /// The newest key.
    #[default]
    Current,
    /// The key before the last rotation, under its own kid.
    Previous,
    /// A key that was never in the set, under the current kid.
    Unpublished,
}

/// What the header's `cat` says the token is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum Category {
    /// A session token.
    #[default]
    Session,
    /// A token made from a JWT template.
    Template,
    /// A machine's token.
    M2m,
    /// A token of an instance that opted out of categories.
    Ignore,
    /// No category at all.
    None,
}

/// The layout of the claims.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub(super) enum Version {
    One,
    #[default]
    Two,
}

/// The claim `sts`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// The session is complete.
    #[default]
    Active,
    /// The session still has a task to do.
    Pending,
}

impl TokenRequest {
    /// The token, signed with `key` under `kid`.
    pub(super) fn sign(&self, key: &SigningKey, kid: &str, issuer: &str, now: UnixTime) -> Result<String, TokenError> {
        let header = Value::Object(self.compose_header(kid)).to_string();
        let claims = Value::Object(self.compose_claims(issuer, now)?).to_string();
        Ok(key.sign(header.as_bytes(), claims.as_bytes()))
    }

    /// The header of the token, under `kid`.
    fn compose_header(&self, kid: &str) -> Map<String, Value> {
        let mut header = Map::new();
        insert(&mut header, "alg", "RS256");
        insert(&mut header, "kid", kid);
        insert(&mut header, "typ", "JWT");
        insert_some(&mut header, "cat", self.category.code());
        merge(&mut header, &self.header);
        header
    }

    /// The claims of the token of `issuer`, issued `now` unless the request says otherwise.
    fn compose_claims(&self, issuer: &str, now: UnixTime) -> Result<Map<String, Value>, TokenError> {
        let mut claims = Map::new();
        let issued_at = self.issued_at.unwrap_or(now.seconds());
        insert(&mut claims, "iss", issuer);
        insert(&mut claims, "sub", self.user.as_deref().unwrap_or(USER));
        insert(&mut claims, "sid", self.session.as_deref().unwrap_or(SESSION));
        insert(&mut claims, "jti", token_identifier());
        insert(&mut claims, "iat", issued_at);
        insert(&mut claims, "nbf", issued_at.saturating_sub(NOT_BEFORE_SECONDS));
        insert(&mut claims, "exp", issued_at.saturating_add(self.lifetime_seconds.unwrap_or(LIFETIME_SECONDS)));
        insert(&mut claims, "fva", json!([0, -1]));
        insert(&mut claims, "sts", self.status.code());
        insert_some(&mut claims, "azp", self.authorized_party.clone());
        insert_some(&mut claims, "act", self.actor.clone());
        match self.version {
            Version::One => self.insert_version_1(&mut claims)?,
            Version::Two => self.insert_version_2(&mut claims)?,
        }
        merge(&mut claims, &self.claims);
        Ok(claims)
    }

    fn insert_version_1(&self, claims: &mut Map<String, Value>) -> Result<(), TokenError> {
        if self.plan.is_some() || !self.features.is_empty() {
            return Err(TokenError::Version);
        }
        let Some(Organization { id, slug, role, permissions }) = &self.organization else { return Ok(()) };
        let permissions: Vec<String> =
            permissions.iter().map(|text| full_permission(text)).collect::<Result<_, _>>()?;
        insert(claims, "org_id", id.as_deref().unwrap_or(ORGANIZATION));
        insert_some(claims, "org_slug", slug.clone());
        insert(claims, "org_role", format!("org:{}", short_role(role)));
        insert(claims, "org_permissions", permissions);
        Ok(())
    }

    fn insert_version_2(&self, claims: &mut Map<String, Value>) -> Result<(), TokenError> {
        let active = self.organization.is_some();
        let permissions = self.organization.as_ref().map_or(&[][..], |organization| &organization.permissions);
        let Entitlements { fea, per, fpm } = pack(&self.features, permissions, active)?;
        insert(claims, "v", 2);
        insert_some(claims, "fea", fea);
        insert_some(claims, "pla", self.plan.as_deref().map(|plan| pack_plan(plan, active)).transpose()?);
        if let Some(Organization { id, slug, role, permissions: _ }) = &self.organization {
            let mut organization = Map::new();
            insert(&mut organization, "id", id.as_deref().unwrap_or(ORGANIZATION));
            insert(&mut organization, "rol", short_role(role));
            insert_some(&mut organization, "slg", slug.clone());
            insert_some(&mut organization, "per", per);
            insert_some(&mut organization, "fpm", fpm);
            insert(claims, "o", organization);
        }
        Ok(())
    }
}

impl Category {
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Session => Some("cl_B7d4PD111AAA"),
            Self::Template => Some("cl_B7d4PD222AAA"),
            Self::M2m => Some("cl_B7d4PD333AAA"),
            Self::Ignore => Some("cl_I7d4PD111III"),
            Self::None => None,
        }
    }
}

impl Status {
    const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
        }
    }
}

impl TryFrom<u64> for Version {
    type Error = TokenError;

    fn try_from(number: u64) -> Result<Self, TokenError> {
        match number {
            1 => Ok(Self::One),
            2 => Ok(Self::Two),
            other => Err(TokenError::UnknownVersion(other)),
        }
    }
}

impl From<Version> for u64 {
    fn from(version: Version) -> Self {
        match version {
            Version::One => 1,
            Version::Two => 2,
        }
    }
}

/// A role without the `org:` that version 2 leaves out and version 1 writes.
fn short_role(role: &Option<String>) -> &str {
    let role = role.as_deref().unwrap_or(ROLE);
    role.strip_prefix("org:").unwrap_or(role)
}

fn insert(members: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    members.insert(name.to_owned(), value.into());
}

fn insert_some(members: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        insert(members, name, value);
    }
}

fn merge(members: &mut Map<String, Value>, over: &Map<String, Value>) {
    for (name, value) in over {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
}

#[cfg(test)]
mod tests;
