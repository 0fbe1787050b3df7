//! Where good tokens come from.

use super::TestError;
use super::clerk::Clerk;
use super::stand_in::StandIn;
use super::tokens::Token;

/// Where good tokens come from.
pub(super) enum Source {
    /// Nowhere: only forged ones are sent, beside those that were given.
    Forged,
    StandIn(StandIn),
    Clerk(Clerk),
}

/// Tokens that whoever runs the checks brought along.
#[derive(Default)]
pub(super) struct Given {
    pub(super) user: Option<Token>,
    pub(super) admin: Option<Token>,
    pub(super) expired: Option<Token>,
}

impl Source {
    /// What reports call it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Forged => "forged",
            Self::StandIn(_) => "stand-in",
            Self::Clerk(_) => "clerk",
        }
    }
}

impl Given {
    /// What must not be shown.
    pub(super) fn secrets(&self) -> Vec<String> {
        let Self { user, admin, expired } = self;
        [user, admin, expired].into_iter().flatten().map(|token| token.text.clone()).collect()
    }

    /// From the flags, or from the variables that the settings name.
    pub(super) fn read(flags: [Option<&str>; 3], variables: [Option<&str>; 3]) -> Result<Self, TestError> {
        let from_stdin = flags.iter().filter(|flag| **flag == Some("-")).count();
        if from_stdin > 1 {
            return Err(TestError::StdinTwice(u8::try_from(from_stdin).unwrap_or(u8::MAX)));
        }
        let [user, admin, expired] = flags;
        let [user_variable, admin_variable, expired_variable] = variables;
        Ok(Self {
            user: read(user, user_variable, "a user's own")?,
            admin: read(admin, admin_variable, "an administrator's own")?,
            expired: read(expired, expired_variable, "expired, given")?,
        })
    }
}

fn read(flag: Option<&str>, variable: Option<&str>, kind: &str) -> Result<Option<Token>, TestError> {
    let text = match (flag, variable) {
        (Some("-"), _) => std::io::read_to_string(std::io::stdin()).map_err(TestError::Stdin)?,
        (Some(text), _) => text.to_owned(),
        (None, Some(name)) => std::env::var(name).map_err(|_| TestError::NoVariable(name.to_owned()))?,
        (None, None) => return Ok(None),
    };
    let text = text.trim();
    let is_token = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_token { Ok(Some(Token::new(text, kind))) } else { Err(TestError::NotAToken) }
}
