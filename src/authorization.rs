//! What a route may demand of a session, and whether a session meets it.
//!
//! A requirement is `all` or `any` over atoms, with no `not`: more in a session can only turn no into yes, and more in
//! an `all` can only turn yes into no. What a session does not say is a no. The atoms have the meaning of Clerk's
//! `has()` (Clerk docs, "Authorization checks").

use serde_json::Value;

use crate::claims::{FactorAges, Scope, ScopedList, Session};
use crate::instance::trim_start;

/// A rule over a session.
#[derive(Debug, Clone, PartialEq)]
pub enum Requirement {
    /// Every one of them; an empty list is met.
    All(Vec<Requirement>),
    /// One of them at least; an empty list is never met.
    Any(Vec<Requirement>),
    /// The role in the active organisation, `org:admin`, with or without its prefix.
    Role(String),
    /// A custom permission in the active organisation, `org:invoices:create`, with or without its prefix.
    Permission(String),
    /// A feature: a name, or `user:` / `org:` and a name.
    Feature(String),
    /// A plan: a name, or `user:` / `org:` and a name.
    Plan(String),
    /// Factors verified lately enough.
    Reverification(Reverification),
    /// An active organisation: the one of this id, or whichever.
    Organization(Option<String>),
    /// A claim with one of some values.
    Claim(ClaimRequirement),
}

/// A claim that must be one of some values, or, where it is a list, hold one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimRequirement {
    /// The names from the top of the claims down.
    pub path: Vec<String>,
    /// Strings, numbers or booleans, of which one must equal the claim.
    pub values: Vec<Value>,
}

/// How lately which factors must have been verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reverification {
    /// Which factors.
    pub level: FactorLevel,
    /// A factor verified this many minutes ago is too old already.
    pub after_minutes: u32,
}

/// Which factors a reverification asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorLevel {
    /// The first.
    FirstFactor,
    /// The second, or the first where no second is enrolled.
    SecondFactor,
    /// Both, or the first where no second is enrolled.
    MultiFactor,
}

/// The first atom that a session does not meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmet {
    /// The role, or an organisation at all.
    Role,
    /// The permission.
    Permission,
    /// The feature.
    Feature,
    /// The plan.
    Plan,
    /// The claim.
    Claim,
    /// The factors, with what was asked for.
    Reverification(Reverification),
}

impl Requirement {
    /// Whether `session` meets this.
    ///
    /// # Errors
    /// The first atom that is not met; of an `any`, its first alternative's.
    pub fn check(&self, session: &Session) -> Result<(), Unmet> {
        let organization = session.organization.as_ref();
        let met = |met: bool, unmet: Unmet| if met { Ok(()) } else { Err(unmet) };
        match self {
            Self::All(requirements) => requirements.iter().try_for_each(|requirement| requirement.check(session)),
            Self::Any(requirements) => any(requirements, session),
            Self::Role(role) => {
                let held = organization.and_then(|organization| organization.role.as_deref());
                met(held.is_some_and(|held| bare(held) == bare(role)), Unmet::Role)
            }
            Self::Permission(permission) => {
                let held = organization.map_or(&[][..], |organization| &organization.permissions);
                met(held.iter().any(|held| bare(held) == bare(permission)), Unmet::Permission)
            }
            Self::Feature(feature) => met(listed(&session.features, feature), Unmet::Feature),
            Self::Plan(plan) => met(listed(&session.plans, plan), Unmet::Plan),
            Self::Reverification(asked) => {
                met(session.factor_ages.is_some_and(|ages| asked.is_met_by(ages)), Unmet::Reverification(*asked))
            }
            Self::Organization(id) => {
                let is_asked = |held: &str| id.as_deref().is_none_or(|id| id == held);
                met(organization.is_some_and(|organization| is_asked(&organization.id)), Unmet::Role)
            }
            Self::Claim(claim) => met(claim.is_met_by(session), Unmet::Claim),
        }
    }
}

impl Reverification {
    /// The presets of Clerk's SDK, by name.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        let (level, after_minutes) = match name {
            "strict_mfa" => (FactorLevel::MultiFactor, 10),
            "strict" => (FactorLevel::SecondFactor, 10),
            "moderate" => (FactorLevel::SecondFactor, 60),
            "lax" => (FactorLevel::SecondFactor, 1440),
            _ => return None,
        };
        Some(Self { level, after_minutes })
    }

    fn is_met_by(self, ages: FactorAges) -> bool {
        let fresh = |age: Option<f64>| age.is_some_and(|age| f64::from(self.after_minutes) > age);
        match (self.level, ages.second) {
            (FactorLevel::FirstFactor, _) => fresh(ages.first),
            (FactorLevel::SecondFactor | FactorLevel::MultiFactor, None) => fresh(ages.first),
            (FactorLevel::SecondFactor, second) => fresh(second),
            (FactorLevel::MultiFactor, second) => fresh(ages.first) && fresh(second),
        }
    }
}

impl FactorLevel {
    /// The level of a name of Clerk's.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::FirstFactor, Self::SecondFactor, Self::MultiFactor].into_iter().find(|level| level.name() == name)
    }

    /// Clerk's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FirstFactor => "first_factor",
            Self::SecondFactor => "second_factor",
            Self::MultiFactor => "multi_factor",
        }
    }
}

impl ClaimRequirement {
    fn is_met_by(&self, session: &Session) -> bool {
        let wanted = |claim: &Value| self.values.contains(claim);
        self.find(session)
            .is_some_and(|claim| wanted(claim) || claim.as_array().is_some_and(|items| items.iter().any(wanted)))
    }

    /// The claim that it is about, where the session has it.
    #[must_use]
    pub fn find<'a>(&self, session: &'a Session) -> Option<&'a Value> {
        let mut names = self.path.iter();
        let mut claim = session.claims.get(names.next()?)?;
        for name in names {
            claim = claim.as_object()?.get(name)?;
        }
        Some(claim)
    }
}

fn any(requirements: &[Requirement], session: &Session) -> Result<(), Unmet> {
    let mut first = None;
    for requirement in requirements {
        match requirement.check(session) {
            Ok(()) => return Ok(()),
            Err(unmet) => first = first.or(Some(unmet)),
        }
    }
    Err(first.unwrap_or(Unmet::Claim))
}

/// A role or permission without its `org:` prefixes: Clerk takes `admin`, `org:admin` and `org:org:admin` as one.
pub(crate) fn bare(name: &str) -> &str {
    trim_start(name, "org:")
}

/// Whether a list holds `query`: a name of either scope, or a scope and a name.
fn listed(list: &ScopedList, query: &str) -> bool {
    let in_scope: fn(Scope) -> bool = match query.split_once(':') {
        None => |scope| scope != Scope::Other,
        Some(("o" | "org" | "organization", _)) => Scope::is_organization,
        Some(("u" | "user", _)) => Scope::is_user,
        Some(_) => return false,
    };
    let name = query.split(':').nth(1).unwrap_or(query);
    list.iter().any(|scoped| in_scope(scoped.scope) && scoped.name == name)
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
