//! The `require` of a route: several keys are all of them, `any` and `all` nest.

use serde_json::Value;

use super::reader::{Mistakes, Table};
use crate::authorization::{ClaimRequirement, FactorLevel, Requirement, Reverification, bare};
use crate::limits::REQUIREMENT_DEPTH;

/// Reads a requirement table.
pub(super) fn read(value: &Value, place: String, depth: usize, mistakes: &mut Mistakes) -> Option<Requirement> {
    if depth > REQUIREMENT_DEPTH {
        mistakes.add(place, format!("expected at most {REQUIREMENT_DEPTH} levels of all and any"));
        return None;
    }
    let mut table = Table::read(value, place, mistakes)?;
    let mut all = Vec::new();
    all.extend(name(&mut table, "role", mistakes).map(Requirement::Role));
    all.extend(name(&mut table, "permission", mistakes).map(Requirement::Permission));
    all.extend(name(&mut table, "feature", mistakes).map(Requirement::Feature));
    all.extend(name(&mut table, "plan", mistakes).map(Requirement::Plan));
    all.extend(reverification(&mut table, mistakes).map(Requirement::Reverification));
    all.extend(organization(&mut table, mistakes));
    all.extend(claim(&mut table, mistakes).map(Requirement::Claim));
    all.extend(nested(&mut table, "all", depth, mistakes).map(Requirement::All));
    all.extend(nested(&mut table, "any", depth, mistakes).map(Requirement::Any));
    if value.as_object().is_some_and(serde_json::Map::is_empty) {
        mistakes.add(table.own_place(), "expected at least one condition; leave require out to demand a session alone");
    }
    table.finish(mistakes);
    Some(if all.len() == 1 { all.remove(0) } else { Requirement::All(all) })
}

fn name(table: &mut Table<'_>, key: &'static str, mistakes: &mut Mistakes) -> Option<String> {
    let is_name = |value: &str| !bare(value).is_empty() && !value.contains(char::is_whitespace);
    table.take_as(key, "a name", mistakes, |value| value.as_str().filter(|text| is_name(text)).map(str::to_owned))
}

fn organization(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Option<Requirement> {
    let expected = "true, or the id of an organization, org_…";
    table.take_as("organization", expected, mistakes, |value| match value {
        Value::Bool(true) => Some(Requirement::Organization(None)),
        Value::String(id) if is_organization_id(id) => Some(Requirement::Organization(Some(id.clone()))),
        _ => None,
    })
}

/// A slug may be given up and taken by another organisation; an id is for good.
fn is_organization_id(id: &str) -> bool {
    id.strip_prefix("org_").is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

fn reverification(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Option<Reverification> {
    let expected = "strict_mfa, strict, moderate, lax, or a table of level and after_minutes";
    let value = table.take("reverification")?;
    let place = table.place("reverification");
    if let Some(preset) = value.as_str() {
        let preset = Reverification::preset(preset);
        if preset.is_none() {
            mistakes.add(place, format!("expected {expected}"));
        }
        return preset;
    }
    let mut table = Table::read(value, place, mistakes)?;
    let levels = [FactorLevel::FirstFactor, FactorLevel::SecondFactor, FactorLevel::MultiFactor];
    let level = table.one_of("level", &levels.map(|level| (level.name(), level)), mistakes);
    let after_minutes = table.number("after_minutes", 1..=525_600, mistakes);
    for (key, missing) in [("level", table.take("level")), ("after_minutes", table.take("after_minutes"))] {
        if missing.is_none() {
            mistakes.add(table.place(key), "missing");
        }
    }
    table.finish(mistakes);
    Some(Reverification { level: level?, after_minutes: after_minutes? })
}

fn claim(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Option<ClaimRequirement> {
    let path =
        table.take_as("claim", "the names of a claim joined by dots, such as metadata.role", mistakes, |value| {
            let path: Vec<String> = value.as_str()?.split('.').map(str::to_owned).collect();
            path.iter().all(|name| !name.is_empty()).then_some(path)
        });
    let is_scalar = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
    let equals = table.take_as("equals", "a text, a number, true or false", mistakes, |value| {
        is_scalar(value).then(|| vec![value.clone()])
    });
    let one_of = table.take_as("in", "a list of texts, numbers, true or false, not empty", mistakes, |value| {
        value.as_array().filter(|values| !values.is_empty() && values.iter().all(is_scalar)).cloned()
    });
    let (has_claim, has_equals, has_in) =
        (table.take("claim").is_some(), table.take("equals").is_some(), table.take("in").is_some());
    match (has_claim, has_equals, has_in) {
        (true, true, false) | (true, false, true) | (false, false, false) => {}
        (true, ..) => mistakes.add(table.own_place(), "expected either equals or in beside claim"),
        (false, ..) => mistakes.add(table.own_place(), "expected claim beside equals or in"),
    }
    Some(ClaimRequirement { path: path?, values: equals.or(one_of)? })
}

fn nested(table: &mut Table<'_>, key: &'static str, depth: usize, mistakes: &mut Mistakes) -> Option<Vec<Requirement>> {
    let values = table.take_as(key, "a list of conditions, not empty", mistakes, |value| {
        value.as_array().filter(|values| !values.is_empty())
    })?;
    let place = table.place(key);
    let read = |(index, value)| read(value, format!("{place}[{index}]"), depth + 1, mistakes);
    Some(values.iter().enumerate().filter_map(read).collect())
}
