//! The checks, by what they are about.
//!
//! Each file opens with its rows of the table and has their code below.

mod access;
mod carriers;
mod claims;
mod classes;
mod cross_origin;
mod graphql;
mod keys;
mod load;
mod malformed;
mod missing;
mod paths;
mod revocation;
mod signature;
mod transport;
mod valid;
mod webhook;

use super::TestError;
use super::check::Check;

/// All checks, by number.
pub(super) fn all() -> Vec<&'static Check> {
    let groups: [&'static [Check]; 16] = [
        missing::CHECKS,
        paths::CHECKS,
        valid::CHECKS,
        malformed::CHECKS,
        signature::CHECKS,
        keys::CHECKS,
        claims::CHECKS,
        classes::CHECKS,
        carriers::CHECKS,
        cross_origin::CHECKS,
        access::CHECKS,
        revocation::CHECKS,
        graphql::CHECKS,
        webhook::CHECKS,
        load::CHECKS,
        transport::CHECKS,
    ];
    let mut all: Vec<&Check> = groups.into_iter().flatten().collect();
    all.sort_by_key(|check| check.id);
    all
}

/// The checks that `--only` and `--skip` leave.
pub(super) fn choose(only: &[String], skip: &[String]) -> Result<Vec<&'static Check>, TestError> {
    let all = all();
    let is_known = |name: &&String| all.iter().any(|check| is_called(check, name));
    if let Some(unknown) = only.iter().chain(skip).find(|name| !is_known(name)) {
        return Err(TestError::UnknownCheck(unknown.clone()));
    }
    let is_among = |check: &Check, names: &[String]| names.iter().any(|name| is_called(check, name));
    let is_left = |check: &&'static Check| (only.is_empty() || is_among(check, only)) && !is_among(check, skip);
    let left: Vec<_> = all.iter().copied().filter(is_left).collect();
    if left.is_empty() { Err(TestError::NoChecks) } else { Ok(left) }
}

fn is_called(check: &Check, name: &str) -> bool {
    check.slug == name || name.parse() == Ok(check.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_forty_five_with_a_number_and_a_name_each() {
        let all = all();
        let ids: Vec<u8> = all.iter().map(|check| check.id).collect();
        assert_eq!(ids, (1..=45).collect::<Vec<u8>>());
        let mut slugs: Vec<&str> = all.iter().map(|check| check.slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), 45);
    }

    #[test]
    fn checks_are_chosen_by_number_or_name() {
        let names = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let chosen = choose(&names(&["2", "public-open", "3"]), &names(&["3"])).unwrap();
        assert_eq!(chosen.iter().map(|check| check.id).collect::<Vec<_>>(), [1, 2]);
        assert!(matches!(choose(&names(&["46"]), &[]), Err(TestError::UnknownCheck(name)) if name == "46"));
        assert!(matches!(choose(&names(&["2"]), &names(&["2"])), Err(TestError::NoChecks)));
    }
}
