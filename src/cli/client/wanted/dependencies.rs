//! The packages of each kind, in versions that are known to go together.

use std::borrow::Cow;

use super::Project;
use crate::cli::client::kind::Kind;
use crate::cli::project::TYPESCRIPT;

type Dependency = (&'static str, Cow<'static, str>);

const STANDARD_SCHEMA: Pinned = ("@standard-schema/spec", "1.1.0");
const AXIOS: Pinned = ("axios", "1.21.1");
const APOLLO: [Pinned; 3] = [("@apollo/client", "4.3.8"), ("graphql", "16.15.0"), ("rxjs", "7.8.2")];
const TANSTACK: Pinned = ("@tanstack/react-query", "5.108.0");
const TRPC_VERSION: &str = "11.25.2";
/// The newest for which there is this package; each of tRPC's packages wants the others in its very version.
const TRPC_TANSTACK: Pinned = ("@trpc/tanstack-react-query", "11.22.1");
const TRPC_SERVER: &str = "@trpc/server";
const CLERK_REACT: Pinned = ("@clerk/react", "6.18.0");
/// What that was called before, and is no longer supported as.
const CLERK_REACT_BEFORE: &str = "@clerk/clerk-react";
const CLERK_NEXTJS: Pinned = ("@clerk/nextjs", "7.9.17");
const REACT: Pinned = ("react", "19.3.1");

const TYPES_REACT: Pinned = ("@types/react", "19.3.0");
/// The generator writes code by the compiler's library, which TypeScript 7 has no more.
const OPENAPI_TS: [Pinned; 2] = [("@hey-api/openapi-ts", "0.99.0"), ("typescript-6", "npm:typescript@6.0.3")];
const CODEGEN: [Pinned; 3] = [
    ("@graphql-codegen/cli", "7.4.3"),
    ("@graphql-codegen/client-preset", "6.2.0"),
    ("@graphql-typed-document-node/core", "3.2.0"),
];

/// A package, and its exact version.
type Pinned = (&'static str, &'static str);

impl Project<'_> {
    /// What the client runs with, and what it is made with.
    pub(super) fn dependencies(&self, is_generated: bool) -> (Vec<Dependency>, Vec<Dependency>) {
        let (mut runs_with, mut made_with) = match self.kind {
            Kind::Rest if is_generated => (vec![], OPENAPI_TS.to_vec()),
            Kind::Rest => (vec![], vec![STANDARD_SCHEMA]),
            Kind::Axios if is_generated => (vec![AXIOS], OPENAPI_TS.to_vec()),
            Kind::Axios => (vec![AXIOS], vec![]),
            Kind::Graphql => (APOLLO.to_vec(), CODEGEN.to_vec()),
            Kind::Trpc => (vec![], vec![]),
        };
        made_with.push(TYPESCRIPT);
        if self.react {
            runs_with.extend([self.clerk(), REACT]);
            made_with.push(TYPES_REACT);
        }
        let mut runs_with: Vec<Dependency> = runs_with.into_iter().map(owned).collect();
        if self.kind == Kind::Trpc {
            runs_with.extend(self.trpc());
        }
        (runs_with, made_with.into_iter().map(owned).collect())
    }

    /// Where a component gets tokens from: the package that is there, or that goes with what is there.
    pub(super) fn clerk(&self) -> Pinned {
        let is_next =
            self.package.has(CLERK_NEXTJS.0) || (self.package.has("next") && !self.package.has(CLERK_REACT.0));
        if is_next { CLERK_NEXTJS } else { CLERK_REACT }
    }

    /// The client in the version of the server, where the project has one.
    fn trpc(&self) -> Vec<Dependency> {
        let newest = if self.react { TRPC_TANSTACK.1 } else { TRPC_VERSION };
        let version = self.package.version(TRPC_SERVER).unwrap_or(newest).to_owned();
        let mut packages = vec![("@trpc/client", version.clone().into()), (TRPC_SERVER, version.into())];
        if self.react {
            packages.extend([owned(TRPC_TANSTACK), owned(TANSTACK)]);
        }
        packages
    }

    /// Whether components have another package for their tokens than the project has for its sessions.
    pub(super) fn outdated(&self) -> Option<String> {
        let (name, _) = CLERK_REACT;
        let is_outdated = self.react && self.clerk().0 == name && !self.package.has(name);
        (is_outdated && self.package.has(CLERK_REACT_BEFORE)).then(|| {
            format!("{CLERK_REACT_BEFORE} is no longer supported; tokens come from {name}, which takes its place")
        })
    }

    /// What the versions that are there may not go together with.
    pub(super) fn mismatch(&self) -> Option<String> {
        let (name, version) = TRPC_TANSTACK;
        let there = self.package.version(TRPC_SERVER)?;
        let differs = self.kind == Kind::Trpc && self.react && !there.ends_with(version);
        differs.then(|| format!("{name} {version} goes with {TRPC_SERVER} {version}, and the project asks for {there}"))
    }
}

fn owned((name, version): Pinned) -> Dependency {
    (name, version.into())
}
