//! What a client is made of: what its API speaks, and what describes the API.

use clap::ValueEnum;

use super::error::ClientError;

/// The kind of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// JSON over fetch; with an OpenAPI document by @hey-api/openapi-ts
    Rest,
    /// Apollo Client and graphql-codegen
    Graphql,
    /// JSON over axios; with an OpenAPI document by @hey-api/openapi-ts
    Axios,
    /// tRPC's own client
    Trpc,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Graphql => "graphql",
            Self::Axios => "axios",
            Self::Trpc => "trpc",
        }
    }

    /// The option that names what describes an API of this kind, and whether there is no client without it.
    const fn option(self) -> (&'static str, bool) {
        match self {
            Self::Rest | Self::Axios => ("--openapi", false),
            Self::Graphql => ("--schema", true),
            Self::Trpc => ("--router", true),
        }
    }

    /// What describes the API, as it was named; an error where that is of another kind, or missing.
    pub(super) fn described_by(
        self,
        openapi: Option<String>,
        schema: Option<String>,
        router: Option<String>,
    ) -> Result<Option<String>, ClientError> {
        let (option, is_needed) = self.option();
        let mut found = None;
        for (name, value) in [("--openapi", openapi), ("--schema", schema), ("--router", router)] {
            match value {
                Some(value) if name == option => found = Some(value),
                Some(_) => return Err(ClientError::NotOfKind { option: name, kind: self.name() }),
                None if name == option && is_needed => return Err(ClientError::Missing { option, kind: self.name() }),
                None => {}
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_described_by_its_own_option() {
        let some = || Some("f".to_owned());
        assert_eq!(Kind::Rest.described_by(None, None, None).unwrap(), None);
        assert_eq!(Kind::Axios.described_by(some(), None, None).unwrap(), some());
        assert_eq!(Kind::Graphql.described_by(None, some(), None).unwrap(), some());
        assert_eq!(Kind::Trpc.described_by(None, None, some()).unwrap(), some());
        let refused = |kind: Kind, openapi, schema| kind.described_by(openapi, schema, None).unwrap_err().to_string();
        assert_eq!(refused(Kind::Trpc, None, None), "a trpc client needs --router");
        assert_eq!(refused(Kind::Graphql, some(), None), "--openapi describes no graphql client");
        assert_eq!(refused(Kind::Rest, None, some()), "--schema describes no rest client");
    }
}
