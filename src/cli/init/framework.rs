//! The frameworks that are known, and where each says what it wants.

use std::path::Path;

use super::error::InitError;
use super::scaffold::Scaffold;
use super::{express, fastapi, fastify, hono, nextjs, worker};

/// A framework that a project can be set up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framework {
    Express,
    Fastapi,
    Fastify,
    Hono,
    Nextjs,
    Worker,
}

impl Framework {
    pub(super) const ALL: [Self; 6] =
        [Self::Express, Self::Fastapi, Self::Fastify, Self::Hono, Self::Nextjs, Self::Worker];

    /// Every name, as an error lists them.
    pub(super) const NAMES: &'static str = "express, fastapi, fastify, hono, nextjs, worker";

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|framework| framework.name() == name)
    }

    /// The name on the command line.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Express => "express",
            Self::Fastify => "fastify",
            Self::Hono => "hono",
            Self::Nextjs => "nextjs",
            Self::Fastapi => "fastapi",
            Self::Worker => "worker",
        }
    }

    /// The name that its makers use.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Express => "Express",
            Self::Fastify => "Fastify",
            Self::Hono => "Hono",
            Self::Nextjs => "Next.js",
            Self::Fastapi => "FastAPI",
            Self::Worker => "Cloudflare Workers",
        }
    }

    /// What it wants of the project in a folder. `crate_path` is where this crate is, for who depends on it.
    pub(super) fn scaffold(self, root: &Path, crate_path: Option<&Path>) -> Result<Scaffold, InitError> {
        match self {
            Self::Express => express::scaffold(root),
            Self::Fastify => fastify::scaffold(root),
            Self::Hono => hono::scaffold(root),
            Self::Nextjs => nextjs::scaffold(root),
            Self::Fastapi => fastapi::scaffold(root),
            Self::Worker => worker::scaffold(root, crate_path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_list_every_name() {
        assert_eq!(Framework::NAMES, Framework::ALL.map(Framework::name).join(", "));
    }
}
