//! The `limit` of a route, for which this Worker must have a binding.

use serde_json::Value;

use super::reader::{Mistakes, Table};
use super::{Access, Environment};
use crate::limits::RATE_LIMIT_REQUESTS;
use crate::rate_limit::{CountBy, RateLimit};

/// The periods that a rate-limit binding can count in, in seconds.
const PERIODS: [u32; 2] = [10, 60];

/// The limit of a route, if there is one.
pub(super) fn read(
    table: &mut Table<'_>,
    access: Access,
    environment: &dyn Environment,
    mistakes: &mut Mistakes,
) -> Option<RateLimit> {
    let value = table.take("limit")?;
    limit(value, table.place("limit"), access, environment, mistakes)
}

#[inline(never)]
fn limit(
    value: &Value,
    place: String,
    access: Access,
    environment: &dyn Environment,
    mistakes: &mut Mistakes,
) -> Option<RateLimit> {
    let mut table = Table::read(value, place.clone(), mistakes)?;
    let before = mistakes.0.len();
    let requests = table.number("requests", 1..=RATE_LIMIT_REQUESTS, mistakes);
    let expected = "10 or 60, the periods that a rate-limit binding can have";
    let per_seconds = table.take_as("per_seconds", expected, mistakes, |value| {
        PERIODS.into_iter().find(|period| value.as_u64() == Some(u64::from(*period)))
    });
    let names = [("user", CountBy::User), ("org", CountBy::Organization), ("ip", CountBy::ClientIp)];
    let by = table.one_of("by", &names, mistakes);
    for key in ["requests", "per_seconds", "by"] {
        if table.take(key).is_none() {
            mistakes.add(table.place(key), "missing");
        }
    }
    if access == Access::Public && by.is_some_and(|by| by != CountBy::ClientIp) {
        mistakes.add(table.place("by"), "expected ip on a public route, which knows no user");
    }
    table.finish(mistakes);
    if mistakes.0.len() > before {
        return None;
    }
    let limit = RateLimit::new(requests?, per_seconds?, by?);
    if !environment.has_rate_limit(limit.binding()) {
        let text = format!("expected the binding that counts; add to wrangler.toml:\n{}", limit.wrangler());
        mistakes.add(place, text);
    }
    Some(limit)
}
