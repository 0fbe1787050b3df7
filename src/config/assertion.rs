//! The keys of assertions. Without them origins get none; with wrong ones there is no configuration.

use super::Environment;
use super::reader::Mistakes;
use crate::assertion::{ASSERTION_KEY, AssertionKeys};

/// The keys, where there are any.
pub(super) fn keys(environment: &dyn Environment, mistakes: &mut Mistakes) -> Option<AssertionKeys> {
    let text = environment.text(ASSERTION_KEY).filter(|text| !text.is_empty())?;
    AssertionKeys::parse(&text).map_err(|error| mistakes.add(ASSERTION_KEY, error.to_string())).ok()
}
