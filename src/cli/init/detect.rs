//! The framework of a project, by what it depends on.

use std::path::Path;

use super::error::InitError;
use super::framework::Framework;
use super::package_json::PackageJson;
use super::{fastapi, worker};

/// The one framework that a project uses.
pub(super) fn framework(root: &Path) -> Result<Framework, InitError> {
    let mut found = of_packages(PackageJson::read(root)?.as_ref());
    found.extend(fastapi::is_in(root)?.then_some(Framework::Fastapi));
    found.extend(worker::is_in(root)?.then_some(Framework::Worker));
    match found.as_slice() {
        [] => Err(InitError::NothingDetected),
        [one] => Ok(*one),
        several => Err(InitError::Ambiguous(several.iter().map(|framework| framework.name()).collect())),
    }
}

/// Which package is whose.
const PACKAGES: [(&str, Framework); 4] = [
    ("express", Framework::Express),
    ("fastify", Framework::Fastify),
    ("hono", Framework::Hono),
    ("next", Framework::Nextjs),
];

/// Those among the dependencies of a package.json.
fn of_packages(package: Option<&PackageJson>) -> Vec<Framework> {
    let Some(package) = package else { return Vec::new() };
    PACKAGES.into_iter().filter(|(name, _)| package.has(name)).map(|(_, framework)| framework).collect()
}
