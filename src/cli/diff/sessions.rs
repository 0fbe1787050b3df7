//! A session for every way to meet a requirement.
//!
//! Requirements only ask for more, never for less. So two of them differ exactly where a session that has one alternative
//! of the one, and nothing else, does not meet the other; and a session for each alternative shows it.

use serde_json::{Map, Value, json};

use crate::authorization::{FactorLevel, Requirement, Reverification};
use crate::cli::policy_tests::usual_party;
use crate::cli::rehearsal::{Rehearsal, ThrowawayKey, forge};
use crate::cli::session_token::{TokenError, TokenRequest, Version};
use crate::time::UnixTime;

/// Most alternatives of one requirement.
const ALTERNATIVES: usize = 256;

/// Minutes since factors were verified that no requirement takes for lately.
const LONG_AGO: i64 = 10_000_000;

/// Who sends a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Caller {
    pub(super) label: String,
    /// The claims of the session, if there is one.
    pub(super) claims: Option<Map<String, Value>>,
    /// Whether the token's signature is broken.
    pub(super) is_forged: bool,
}

impl Caller {
    /// Whether there is a session.
    pub(super) const fn is_session(&self) -> bool {
        self.claims.is_some() && !self.is_forged
    }
}

/// What a session must have for one alternative of a requirement.
#[derive(Debug, Clone, PartialEq)]
enum Atom<'a> {
    Role(&'a str),
    Permission(&'a str),
    /// The user's, or else the organization's.
    Feature(&'a str, bool),
    Plan(&'a str, bool),
    Organization(Option<&'a str>),
    Claim(&'a [String], &'a Value),
    /// With a second factor, and without one enrolled.
    Factors(Reverification, bool),
}

/// The callers for a list of requirements, and whether they are all that there are to try.
pub(super) fn derive(requirements: &[&Requirement]) -> (Vec<Caller>, bool) {
    let mut callers = vec![
        Caller { label: "no token".to_owned(), claims: None, is_forged: false },
        Caller { label: "a bad token".to_owned(), claims: Some(claims(&[]).unwrap_or_default()), is_forged: true },
        caller(&[]).unwrap_or_else(|| unreachable!("a session that has nothing contradicts nothing")),
    ];
    let mut is_complete = true;
    for requirement in requirements {
        let alternatives = alternatives(requirement);
        is_complete &= alternatives.len() < ALTERNATIVES;
        let single = alternatives.iter().flatten().map(std::slice::from_ref);
        for atoms in alternatives.iter().map(Vec::as_slice).chain(single) {
            if let Some(caller) = caller(atoms)
                .filter(|caller| !callers.iter().any(|other| other.claims == caller.claims && !other.is_forged))
            {
                callers.push(caller);
            }
        }
    }
    (callers, is_complete)
}

/// The token of each caller for each gateway: one that the gateway takes, so that routes are compared and not tokens.
pub(super) fn sign(
    callers: &[Caller],
    gateways: &[Rehearsal; 2],
    key: &ThrowawayKey,
    now: UnixTime,
) -> Result<Vec<[Option<String>; 2]>, TokenError> {
    let token = |caller: &Caller, gateway: &Rehearsal| -> Result<Option<String>, TokenError> {
        let Some(claims) = &caller.claims else { return Ok(None) };
        let policy = gateway.policy();
        let mut claims = claims.clone();
        if let Some(audience) = policy.audience.first() {
            claims.entry("aud").or_insert_with(|| audience.clone().into());
        }
        let authorized_party = usual_party(policy, None);
        let request = TokenRequest { claims, authorized_party, version: Version::One, ..TokenRequest::default() };
        let token = key.sign(&request, &policy.issuer, now)?;
        Ok(Some(if caller.is_forged { forge(&token) } else { token }))
    };
    callers.iter().map(|caller| Ok([token(caller, &gateways[0])?, token(caller, &gateways[1])?])).collect()
}

/// The alternatives of a requirement: each list of atoms meets it.
fn alternatives(requirement: &Requirement) -> Vec<Vec<Atom<'_>>> {
    let one = |atom| vec![vec![atom]];
    match requirement {
        Requirement::All(all) => all.iter().map(alternatives).fold(vec![Vec::new()], both),
        Requirement::Any(any) => any.iter().flat_map(alternatives).take(ALTERNATIVES).collect(),
        Requirement::Role(name) => one(Atom::Role(name)),
        Requirement::Permission(name) => one(Atom::Permission(name)),
        Requirement::Feature(asked) => scopes(asked).map(|(name, user)| vec![Atom::Feature(name, user)]).collect(),
        Requirement::Plan(asked) => scopes(asked).map(|(name, user)| vec![Atom::Plan(name, user)]).collect(),
        Requirement::Organization(id) => one(Atom::Organization(id.as_deref())),
        Requirement::Claim(claim) => claim.values.iter().map(|value| vec![Atom::Claim(&claim.path, value)]).collect(),
        Requirement::Reverification(asked) => [true, false].map(|second| vec![Atom::Factors(*asked, second)]).to_vec(),
    }
}

fn both<'a>(left: Vec<Vec<Atom<'a>>>, right: Vec<Vec<Atom<'a>>>) -> Vec<Vec<Atom<'a>>> {
    let pairs = left.iter().flat_map(|left| right.iter().map(move |right| [left.as_slice(), right].concat()));
    pairs.take(ALTERNATIVES).collect()
}

/// The caller with these; `None` where they contradict one another.
fn caller(atoms: &[Atom<'_>]) -> Option<Caller> {
    let claims = claims(atoms)?;
    let mut labels: Vec<String> = atoms.iter().map(Atom::label).collect();
    labels.dedup();
    let label =
        if labels.is_empty() { "a session".to_owned() } else { format!("a session with {}", labels.join(" and ")) };
    Some(Caller { label, claims: Some(claims), is_forged: false })
}

fn claims(atoms: &[Atom<'_>]) -> Option<Map<String, Value>> {
    let mut claims = Map::new();
    let mut ages = [LONG_AGO, LONG_AGO];
    for atom in atoms {
        match atom {
            Atom::Role(name) => {
                set(&mut claims, "org_role", json!(format!("org:{}", name.trim_start_matches("org:"))))?
            }
            Atom::Organization(Some(id)) => set(&mut claims, "org_id", json!(id))?,
            Atom::Organization(None) => {}
            Atom::Permission(name) => {
                let held = claims.entry("org_permissions").or_insert_with(|| json!([]));
                held.as_array_mut()?.push(json!(format!("org:{}", name.trim_start_matches("org:"))));
            }
            Atom::Feature(name, user) => append(&mut claims, "fea", name, *user),
            Atom::Plan(name, user) => append(&mut claims, "pla", name, *user),
            Atom::Claim(path, value) => set_deep(&mut claims, path, value)?,
            Atom::Factors(asked, second) => verify_lately(&mut ages, *asked, *second)?,
        }
    }
    let is_member = |atom: &Atom<'_>| matches!(atom, Atom::Role(_) | Atom::Permission(_) | Atom::Organization(_));
    if atoms.iter().any(is_member) {
        claims.entry("org_id").or_insert_with(|| json!("org_Derived"));
    }
    claims.entry("fva").or_insert_with(|| json!(ages));
    Some(claims)
}

fn set(claims: &mut Map<String, Value>, name: &str, value: Value) -> Option<()> {
    match claims.insert(name.to_owned(), value.clone()) {
        Some(before) if before != value => None,
        _ => Some(()),
    }
}

fn set_deep(claims: &mut Map<String, Value>, path: &[String], value: &Value) -> Option<()> {
    match path {
        [] => None,
        [name] => set(claims, name, value.clone()),
        [name, rest @ ..] => {
            let below = claims.entry(name.clone()).or_insert_with(|| json!({}));
            set_deep(below.as_object_mut()?, rest, value)
        }
    }
}

/// The name of a plan or feature, once for each scope that it may be held in.
fn scopes(asked: &str) -> impl Iterator<Item = (&str, bool)> {
    let (name, scopes) = match asked.split_once(':') {
        Some(("o" | "org" | "organization", name)) => (name, &[false][..]),
        Some((_, name)) => (name, &[true][..]),
        None => (asked, &[true, false][..]),
    };
    scopes.iter().map(move |user| (name, *user))
}

fn append(claims: &mut Map<String, Value>, list: &str, name: &str, user: bool) {
    let scoped = format!("{}:{name}", if user { "u" } else { "o" });
    let names = match claims.get(list).and_then(Value::as_str) {
        Some(held) => format!("{held},{scoped}"),
        None => scoped,
    };
    claims.insert(list.to_owned(), names.into());
}

/// Just lately enough for a reverification; `None` where factors cannot be both enrolled and not.
fn verify_lately(ages: &mut [i64; 2], asked: Reverification, second: bool) -> Option<()> {
    let age = i64::from(asked.after_minutes) - 1;
    if !second {
        ages[0] = ages[0].min(age);
        return if ages[1] == LONG_AGO || ages[1] == -1 {
            ages[1] = -1;
            Some(())
        } else {
            None
        };
    }
    if ages[1] == -1 {
        return None;
    }
    if asked.level != FactorLevel::SecondFactor {
        ages[0] = ages[0].min(age);
    }
    if asked.level != FactorLevel::FirstFactor {
        ages[1] = ages[1].min(age);
    }
    Some(())
}

impl Atom<'_> {
    fn label(&self) -> String {
        match self {
            Self::Role(name) => format!("role {name}"),
            Self::Permission(name) => format!("permission {name}"),
            Self::Feature(name, user) => format!("feature {}:{name}", if *user { "user" } else { "org" }),
            Self::Plan(name, user) => format!("plan {}:{name}", if *user { "user" } else { "org" }),
            Self::Organization(Some(id)) => format!("organization {id}"),
            Self::Organization(None) => "an organization".to_owned(),
            Self::Claim(path, value) => format!("{} = {value}", path.join(".")),
            Self::Factors(asked, second) => {
                let without = if *second { "" } else { ", no second factor" };
                format!("{} verified {} minutes ago{without}", asked.level.name(), asked.after_minutes - 1)
            }
        }
    }
}
