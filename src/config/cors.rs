//! The `cors` of the whole configuration, which routes take over, and of a route, which stands in its place.

use std::rc::Rc;

use serde_json::Value;

use super::reader::{Mistakes, Table};
use crate::cors::{ALLOW_HEADERS, CorsPolicy, EXPOSE_HEADERS, MAX_AGE_SECONDS, Origins};
use crate::limits::CORS_MAX_AGE_SECONDS;
use crate::verifier::OriginPattern;

/// The policy of the whole configuration, if there is one.
pub(super) fn read(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Option<Rc<CorsPolicy>> {
    let value = table.take("cors")?;
    policy(value, table.place("cors"), mistakes)
}

/// The policy of a route: its own, none where it says `false`, and else the whole configuration's.
pub(super) fn of_route(
    table: &mut Table<'_>,
    whole: Option<&Rc<CorsPolicy>>,
    mistakes: &mut Mistakes,
) -> Option<Rc<CorsPolicy>> {
    match table.take("cors") {
        None => whole.cloned(),
        Some(Value::Bool(false)) => None,
        Some(value) if value.is_object() => policy(value, table.place("cors"), mistakes),
        Some(_) => {
            mistakes.add(table.place("cors"), "expected a table, or false for none");
            None
        }
    }
}

fn policy(value: &Value, place: String, mistakes: &mut Mistakes) -> Option<Rc<CorsPolicy>> {
    let mut table = Table::read(value, place, mistakes)?;
    let credentials = table.flag("credentials", mistakes).unwrap_or(false);
    let origins = origins(&mut table, credentials, mistakes);
    let max_age = table.number("max_age_seconds", 0..=CORS_MAX_AGE_SECONDS, mistakes).unwrap_or(MAX_AGE_SECONDS);
    let allow_headers = header_names(&mut table, "allow_headers", &ALLOW_HEADERS, mistakes);
    let expose_headers = header_names(&mut table, "expose_headers", &EXPOSE_HEADERS, mistakes);
    table.finish(mistakes);
    Some(Rc::new(CorsPolicy::new(origins?, max_age, &allow_headers, &expose_headers)))
}

fn origins(table: &mut Table<'_>, credentials: bool, mistakes: &mut Mistakes) -> Option<Origins> {
    let Some(value) = table.take("origins") else {
        mistakes.add(table.place("origins"), "missing; expected the origins whose pages may read answers");
        return None;
    };
    if value.as_array().is_some_and(|list| list.iter().any(|origin| origin == "*")) {
        if value.as_array().is_some_and(|list| list.len() > 1) {
            mistakes.add(table.place("origins"), "expected * alone, without other origins");
        } else if credentials {
            mistakes.add(
                table.place("origins"),
                "expected origins by name, since with credentials any page could act as the user",
            );
        }
        return Some(Origins::Any);
    }
    let before = mistakes.0.len();
    let parse = |text: &str| OriginPattern::parse(text).map_err(|error| error.to_string());
    let patterns = table.list("origins", mistakes, parse);
    if patterns.is_empty() && mistakes.0.len() == before {
        mistakes.add(table.place("origins"), "expected at least one origin; leave cors out for none");
    }
    Some(Origins::Listed { patterns, credentials })
}

/// Names of headers in lower case. A `*` is none: it stands for itself on requests with credentials.
fn header_names(table: &mut Table<'_>, key: &'static str, default: &[&str], mistakes: &mut Mistakes) -> Vec<String> {
    if table.take(key).is_none() {
        return default.iter().map(|name| (*name).to_owned()).collect();
    }
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'+-.^_`|~".contains(&byte);
    table.list(key, mistakes, |name| {
        if name.is_empty() || !name.bytes().all(is_name_byte) {
            return Err("expected the name of a header".to_owned());
        }
        Ok(name.to_ascii_lowercase())
    })
}
