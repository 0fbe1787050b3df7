//! What a run is told: the flags, over what `clerk-edge.test.toml` says.
//!
//! Secrets are never in the file; it names the environment variables that hold them.

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::TestError;
use super::args::TestArgs;
use crate::cli::session_token::TokenRequest;
use crate::cli::wrangler::place_at;

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "clerk-edge.test.toml";
const DEFAULT_PROTECTED: &str = "/api/protected";
/// A leeway that an API may have: none, and an hour at most.
const CLOCK_SKEW_SECONDS: RangeInclusive<i64> = 0..=3600;

/// The settings of a run.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::cli) struct Settings {
    /// Path that needs a session.
    pub(super) protected: Option<String>,
    /// Path for everyone.
    pub(super) public: Option<String>,
    /// Path for everyone that knows who asks.
    pub(super) optional: Option<String>,
    /// Path for administrators.
    pub(super) admin: Option<String>,
    pub(super) graphql: Option<String>,
    pub(super) webhook: Option<String>,
    /// The methods of the protected path.
    pub(super) methods: Vec<String>,
    /// An origin whose scripts may call the API.
    pub(super) origin: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) authorized_parties: Vec<String>,
    /// Certificates of authorities to trust.
    pub(super) ca_file: Option<PathBuf>,
    /// The port of the same API for plain HTTP.
    pub(super) http_port: Option<u16>,
    /// Resources and whose they are.
    pub(super) idor: Vec<Owned>,
    /// Longest time that a revoked session may go on.
    pub(super) window_seconds: Option<u64>,
    /// How long a new key may take to be known.
    pub(super) rotation_seconds: Option<u64>,
    /// Least time between two of the API's requests for the key set.
    pub(super) refetch_seconds: Option<u64>,
    pub(super) clock_skew_seconds: Option<i64>,
    /// What the optional path makes of a bad token.
    pub(super) optional_invalid: OptionalInvalid,
    /// A query of the schema that needs no session.
    pub(super) graphql_public: Option<String>,
    /// A query of the schema that needs one.
    pub(super) graphql_private: Option<String>,
    /// A subscription of the schema that needs a session.
    pub(super) graphql_subscription: Option<String>,
    /// Where subscriptions are event streams, and where they are WebSockets, when it is not the endpoint itself.
    pub(super) graphql_events: Option<String>,
    pub(super) graphql_socket: Option<String>,
    /// What the stand-in makes a user's token from, beside what the checks ask for.
    pub(super) user_token: TokenRequest,
    /// What the stand-in makes an administrator's token from.
    pub(super) admin_token: Option<TokenRequest>,
    /// Names of the variables that hold tokens and secrets.
    pub(super) token_env: Option<String>,
    pub(super) admin_token_env: Option<String>,
    pub(super) expired_token_env: Option<String>,
    pub(super) webhook_secret_env: Option<String>,
    pub(super) secret_key_env: Option<String>,
    /// The user whose session a development instance opens.
    pub(super) clerk_user: Option<String>,
}

/// A path that belongs to one user or one organization alone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Owned {
    pub(super) path: String,
    #[serde(default)]
    pub(super) user: Option<String>,
    #[serde(default)]
    pub(super) organization: Option<String>,
}

/// What a bad token is where none is needed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::cli) enum OptionalInvalid {
    /// A mistake of the caller's, answered 401.
    #[default]
    Reject,
    /// As good as none.
    Anonymous,
}

impl Settings {
    /// Reads the file, and puts the flags over it.
    pub(super) fn read(args: &TestArgs) -> Result<Self, TestError> {
        let mut settings = match &args.config {
            Some(path) => Self::from_file(path)?,
            None if Path::new(DEFAULT_FILE).is_file() => Self::from_file(Path::new(DEFAULT_FILE))?,
            None => Self::default(),
        };
        settings.overlay(args);
        settings.check()?;
        Ok(settings)
    }

    fn from_file(path: &Path) -> Result<Self, TestError> {
        let unreadable = |source| TestError::ConfigFile { path: PathBuf::from(path), source };
        let text = fs::read_to_string(path).map_err(unreadable)?;
        toml::from_str(&text).map_err(|error| {
            // Not the line itself, as the error would show it: somebody may have put a secret there.
            let line = place_at(path, &text, error.span().map_or(0, |span| span.start)).line;
            TestError::Config { path: path.into(), line, reason: error.message().lines().collect::<Vec<_>>().join(" ") }
        })
    }

    fn overlay(&mut self, args: &TestArgs) {
        over(&mut self.protected, &args.protected);
        over(&mut self.public, &args.public);
        over(&mut self.optional, &args.optional);
        over(&mut self.admin, &args.admin);
        over(&mut self.graphql, &args.graphql);
        over(&mut self.webhook, &args.webhook);
        over(&mut self.origin, &args.origin);
        over(&mut self.clerk_user, &args.clerk_user);
        over(&mut self.ca_file, &args.ca_file);
        over(&mut self.http_port, &args.http_port);
        if self.protected.is_none() {
            self.protected = Some(DEFAULT_PROTECTED.to_owned());
        }
        self.methods.iter_mut().for_each(|method| method.make_ascii_uppercase());
    }

    fn check(&self) -> Result<(), TestError> {
        let Self { protected, public, optional, admin, graphql, graphql_events, graphql_socket, webhook, idor, .. } =
            self;
        let named = [protected, public, optional, admin, graphql, graphql_events, graphql_socket, webhook]
            .into_iter()
            .flatten();
        match named.chain(idor.iter().map(|owned| &owned.path)).find(|path| !is_path(path)) {
            Some(path) => Err(TestError::Path(path.clone())),
            None => self.check_origins().and_then(|()| self.check_clock_skew()),
        }
    }

    fn check_clock_skew(&self) -> Result<(), TestError> {
        match self.clock_skew_seconds.filter(|seconds| !CLOCK_SKEW_SECONDS.contains(seconds)) {
            Some(got) => Err(TestError::Range { name: "clock_skew_seconds", range: CLOCK_SKEW_SECONDS, got }),
            None => Ok(()),
        }
    }

    fn check_origins(&self) -> Result<(), TestError> {
        let is_origin = |text: &&String| text.contains("://") && text.bytes().all(|byte| byte.is_ascii_graphic());
        match self.origin.iter().chain(&self.authorized_parties).find(|text| !is_origin(text)) {
            Some(text) => Err(TestError::Origin(text.clone())),
            None => Ok(()),
        }
    }
}

fn over<T: Clone>(setting: &mut Option<T>, flag: &Option<T>) {
    if flag.is_some() {
        setting.clone_from(flag);
    }
}

/// A path of visible ASCII: what is odd about a path is for the checks to add.
fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()) && !path.contains('#')
}
