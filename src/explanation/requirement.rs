//! A route's requirement, node by node, beside what the session has.

use serde::Serialize;
use serde_json::Value;

use super::organization_of;
use crate::authorization::Requirement;
use crate::claims::{FactorAges, ScopedList, Session};

/// A rule, or several in one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// What it asks for.
    pub rule: String,
    /// Whether the session meets it; null where there is no session to ask.
    pub met: Option<bool>,
    /// What the session has of it.
    pub has: Option<String>,
    /// What `all` and `any` are made of.
    pub of: Vec<Node>,
}

impl Node {
    pub(super) fn of(requirement: &Requirement, session: Option<&Session>) -> Self {
        let parts = match requirement {
            Requirement::All(parts) | Requirement::Any(parts) => parts.as_slice(),
            _ => &[],
        };
        Self {
            rule: rule(requirement),
            met: session.map(|session| requirement.check(session).is_ok()),
            has: session.and_then(|session| has(requirement, session)),
            of: parts.iter().map(|part| Self::of(part, session)).collect(),
        }
    }
}

fn rule(requirement: &Requirement) -> String {
    match requirement {
        Requirement::All(_) => "all".to_owned(),
        Requirement::Any(_) => "any".to_owned(),
        Requirement::Role(name) => format!("role {name}"),
        Requirement::Permission(name) => format!("permission {name}"),
        Requirement::Feature(name) => format!("feature {name}"),
        Requirement::Plan(name) => format!("plan {name}"),
        Requirement::Reverification(asked) => {
            format!("{} verified less than {} min ago", asked.level.name(), asked.after_minutes)
        }
        Requirement::Organization(None) => "any active organization".to_owned(),
        Requirement::Organization(Some(id)) => format!("organization {id}"),
        Requirement::Claim(claim) => {
            let values: Vec<String> = claim.values.iter().map(Value::to_string).collect();
            format!("claim {} is {}", claim.path.join("."), values.join(" or "))
        }
    }
}

fn has(requirement: &Requirement, session: &Session) -> Option<String> {
    let organization = session.organization.as_ref();
    Some(match requirement {
        Requirement::All(_) | Requirement::Any(_) => return None,
        Requirement::Role(_) => match organization {
            None => organization_of(session),
            Some(held) => format!("{} in {}", held.role.as_deref().unwrap_or("no role"), held.id),
        },
        Requirement::Permission(_) => match organization {
            None => organization_of(session),
            Some(held) if held.permissions.is_empty() => format!("no permission in {}", held.id),
            Some(held) => format!("{} in {}", held.permissions.join(", "), held.id),
        },
        Requirement::Feature(_) => list(&session.features, "no feature"),
        Requirement::Plan(_) => list(&session.plans, "no plan"),
        Requirement::Reverification(_) => session.factor_ages.map_or_else(|| "no fva".to_owned(), ages),
        Requirement::Organization(_) => organization_of(session),
        Requirement::Claim(claim) => claim.find(session).map_or_else(|| "no such claim".to_owned(), Value::to_string),
    })
}

fn list(scoped: &ScopedList, nothing: &str) -> String {
    let names: Vec<String> = scoped.iter().map(|one| format!("{}:{}", one.scope.name(), one.name)).collect();
    if names.is_empty() { nothing.to_owned() } else { names.join(", ") }
}

fn ages(ages: FactorAges) -> String {
    let age = |age: Option<f64>| age.map_or_else(|| "never".to_owned(), |minutes| format!("{minutes} min ago"));
    format!("first factor {}, second factor {}", age(ages.first), age(ages.second))
}
