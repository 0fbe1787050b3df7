//! What fuzz targets reach of the command line. No other build has it.

use std::io::Read;
use std::path::Path;

use super::probe;
use super::wrangler::{Secrets, Wrangler, WranglerEnvironment};
use crate::config::Config;
use crate::gateway::BUILT_IN_HANDLERS;

/// The answer that `clerk-edge test` reads out of a stream: its status, its headers, and what it keeps of its body.
pub fn answer(stream: &mut impl Read, is_head: bool) -> Option<(u16, Vec<(String, String)>, Vec<u8>)> {
    probe::answer(stream, is_head)
}

/// The lines of the mistakes that `clerk-edge check` finds in a configuration for wrangler, TOML or JSON by how it begins,
/// for its top level and every environment.
#[must_use]
pub fn mistakes(text: &str) -> Vec<usize> {
    let path = Path::new("wrangler");
    let read = |environment: Option<&str>| Wrangler::parse(path, text.to_owned(), environment);
    let Ok(top) = read(None) else { return Vec::new() };
    let environments = top.environments().into_iter().map(Some).chain([None]);
    environments
        .filter_map(|environment| read(environment).ok())
        .flat_map(|wrangler| {
            let environment = WranglerEnvironment::new(wrangler, Secrets::default());
            let found = Config::read(&environment, &BUILT_IN_HANDLERS).err().unwrap_or_default();
            found.iter().map(|mistake| environment.find(&mistake.place).line).collect::<Vec<_>>()
        })
        .collect()
}
