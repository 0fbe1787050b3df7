//! `clerk-edge explain`: what the gateway decides on a request, or makes of a token, step by step.
//!
//! The gateway of the Worker decides here too, on the same configuration; its own answer is the one that is told.

mod text;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use pollster::block_on;
use thiserror::Error;

use super::token_rules::{JwksSource, RuleArgs, RuleError, moment, read_token, secrets_of};
use super::wrangler::{Place, Secrets, Wrangler, WranglerEnvironment, WranglerError};
use super::{CliError, print_result, say};
use crate::config::{Config, Mistake, TokenConfig};
use crate::explanation::{self, Explanation, Trouble};
use crate::gateway::{BUILT_IN_HANDLERS, Gateway};
use crate::head::Head;
use crate::headers::HeaderList;
use crate::platform::native::{LocalHost, now};
use crate::time::UnixTime;
use crate::verifier::Verifier;

/// What stands in the place of the id that each request gets.
const REQUEST_ID: &str = "(a new one for each request)";

/// Where a request that is a path alone goes to.
const HOST: &str = "https://localhost";

/// What `clerk-edge explain` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  Why is this token refused? It stays out of the shell's history:
    $ pbpaste | clerk-edge explain --token - --publishable-key pk_test_aGFwcHktY2F0LTEuY2xlcmsuYWNjb3VudHMuZGV2JA
  What does the gateway do with a request?
    $ clerk-edge mint --role admin |
        clerk-edge explain --config wrangler.toml --request 'DELETE /api/orders/1' --token -
  Why does the browser say \"CORS error\"?
    $ clerk-edge explain --config wrangler.toml --request 'OPTIONS /api/orders' --trouble cors \\
        --header 'Origin: http://localhost:3000' --header 'Access-Control-Request-Method: POST'")]
pub(super) struct ExplainArgs {
    /// Token, - for standard input or @FILE; a request carries it as Authorization: Bearer
    #[arg(long, required_unless_present = "request")]
    token: Option<String>,
    /// Trouble to find the cause of; what the decision shows is told anyway (repeatable)
    #[arg(long, value_enum)]
    trouble: Vec<TroubleName>,
    /// Time to decide at, RFC 3339 or in seconds since 1970 [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment, allow_negative_numbers = true)]
    at: Option<UnixTime>,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
    /// Key set to check with [default: the instance's own, or CLERK_JWT_KEY]
    #[arg(long, value_name = "FILE|URL", value_parser = JwksSource::parse)]
    jwks: Option<JwksSource>,
    /// File of secrets and variables (repeatable) [default: with --config the .dev.vars beside it]
    #[arg(long, value_name = "FILE")]
    env_file: Vec<PathBuf>,
    #[command(flatten)]
    request: RequestArgs,
    #[command(flatten)]
    rules: RuleArgs,
}

/// The request, and what decides on it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request")]
struct RequestArgs {
    /// Configuration of the gateway, as wrangler.toml or wrangler.jsonc
    #[arg(long, value_name = "FILE", conflicts_with = "rules")]
    config: Option<PathBuf>,
    /// Environment of the configuration, [env.NAME]
    #[arg(long, value_name = "NAME", requires = "config")]
    env: Option<String>,
    /// Handler of the Worker's own that a route may serve (repeatable)
    #[arg(long = "handler", value_name = "NAME", requires = "config")]
    handlers: Vec<String>,
    /// Method and path, or method and whole address
    #[arg(long, value_name = "METHOD PATH", value_parser = request_line, requires = "config")]
    request: Option<(String, String)>,
    /// Header of the request (repeatable)
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header, requires = "request")]
    headers: Vec<(String, String)>,
    /// Cookie of the request (repeatable)
    #[arg(long = "cookie", value_name = "NAME=VALUE", value_parser = cookie, requires = "request")]
    cookies: Vec<String>,
    /// Address that the request comes from
    #[arg(long, value_name = "IP", requires = "request")]
    client_ip: Option<std::net::IpAddr>,
}

/// The names of [`Trouble`].
#[derive(Debug, Clone, Copy, ValueEnum)]
enum TroubleName {
    /// The token is refused
    InvalidToken,
    /// The browser says "CORS error"
    Cors,
    /// The origin sees no user id
    MissingUser,
    /// The GraphQL context has no user
    Graphql,
}

/// Why there is nothing to explain by.
#[derive(Debug, Error)]
pub(super) enum ExplainError {
    /// A file that cannot be read.
    #[error(transparent)]
    File(#[from] WranglerError),
    /// Options, environment or keys.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// A gateway with mistakes in its configuration decides nothing.
    #[error("the gateway answers 503 configuration-invalid to every request: {}", told(.0))]
    Configuration(Vec<(Place, Mistake)>),
}

fn told(mistakes: &[(Place, Mistake)]) -> String {
    mistakes.iter().map(|(place, mistake)| format!("{place}: {mistake}")).collect::<Vec<_>>().join("; ")
}

impl ExplainError {
    pub(super) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Configuration(_) => Some("secrets come from the .dev.vars beside the configuration, or --env-file"),
            Self::Rules(error) => error.hint(),
            Self::File(_) => None,
        }
    }
}

/// Prints an explanation.
pub(super) fn run(args: &ExplainArgs) -> Result<(), CliError> {
    let token = args.token.as_deref().map(read_token).transpose().map_err(ExplainError::from)?;
    let now = args.at.unwrap_or_else(now);
    let asked: Vec<Trouble> = args.trouble.iter().map(|name| (*name).into()).collect();
    let explanation = match (&args.request.request, token) {
        (Some(line), token) => block_on(explain_request(args, line, token, now, &asked))?,
        (None, token) => block_on(explain_token(args, &token.unwrap_or_default(), now, &asked))?,
    };
    if args.json {
        return print_result(&serde_json::to_string_pretty(&explanation).map_err(CliError::Json)?);
    }
    text::print(&explanation)
}

async fn explain_request(
    args: &ExplainArgs,
    (method, url): &(String, String),
    token: Option<String>,
    now: UnixTime,
    asked: &[Trouble],
) -> Result<Explanation, ExplainError> {
    let RequestArgs { headers, cookies, client_ip, .. } = &args.request;
    let mut headers = headers.clone();
    headers.extend(token.map(|token| ("Authorization".to_owned(), format!("Bearer {token}"))));
    if !cookies.is_empty() {
        headers.push(("Cookie".to_owned(), cookies.join("; ")));
    }
    let head = Head::new(method, url, HeaderList::new(headers), client_ip.map(|ip| ip.to_string()));
    let gateway = Gateway::new(configuration(args)?, LocalHost(say));
    Ok(explanation::of_request(&gateway, &head, REQUEST_ID, now, asked).await)
}

/// By the configuration's rules where there is one, or else by those of the options.
async fn explain_token(
    args: &ExplainArgs,
    token: &str,
    now: UnixTime,
    asked: &[Trouble],
) -> Result<Explanation, ExplainError> {
    let TokenConfig { policy, keys, .. } = match &args.request.config {
        Some(_) => configuration(args)?.tokens,
        None => args.rules.read(args.jwks.as_ref(), &secrets_of(&args.env_file)?)?,
    };
    Ok(explanation::of_token(&Verifier::new(LocalHost(say), policy, keys), token, now, asked).await)
}

fn configuration(args: &ExplainArgs) -> Result<Config, ExplainError> {
    let RequestArgs { config: path, env, handlers, .. } = &args.request;
    let path = path.as_deref().unwrap_or(Path::new("wrangler.toml"));
    let wrangler = Wrangler::read(path, env.as_deref())?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let secrets = Secrets::read(folder, env.as_deref(), &args.env_file)?;
    let environment = WranglerEnvironment::new(wrangler, secrets);
    let handlers: Vec<&str> = BUILT_IN_HANDLERS.into_iter().chain(handlers.iter().map(String::as_str)).collect();
    let mut config = Config::read(&environment, &handlers).map_err(|mistakes| {
        let placed = |mistake: Mistake| (environment.find(&mistake.place), mistake);
        ExplainError::Configuration(mistakes.into_iter().map(placed).collect())
    })?;
    if let Some(jwks) = &args.jwks {
        config.tokens.keys = jwks.read()?;
    }
    Ok(config)
}

/// A method and a path or an address, which is taken as it is: what is strange about it is for the gateway to say.
fn request_line(text: &str) -> Result<(String, String), &'static str> {
    let expected = "expected a method and a path, such as 'DELETE /api/orders/1'";
    let (method, target) = text.trim().split_once(' ').ok_or(expected)?;
    match target.trim_start() {
        path if path.starts_with('/') => Ok((method.to_owned(), format!("{HOST}{path}"))),
        url if url.starts_with("https://") || url.starts_with("http://") => Ok((method.to_owned(), url.to_owned())),
        _ => Err(expected),
    }
}

fn header(text: &str) -> Result<(String, String), &'static str> {
    let named = text.split_once(':').filter(|(name, _)| !name.trim().is_empty());
    let (name, value) = named.ok_or("expected NAME: VALUE, such as 'Origin: http://localhost:3000'")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn cookie(text: &str) -> Result<String, &'static str> {
    let is_pair = text.split_once('=').is_some_and(|(name, _)| !name.is_empty());
    if is_pair { Ok(text.to_owned()) } else { Err("expected NAME=VALUE, such as __session=…") }
}

impl From<TroubleName> for Trouble {
    fn from(name: TroubleName) -> Self {
        match name {
            TroubleName::InvalidToken => Self::InvalidToken,
            TroubleName::Cors => Self::Cors,
            TroubleName::MissingUser => Self::MissingUser,
            TroubleName::Graphql => Self::Graphql,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_a_method_and_a_path_or_an_address() {
        let read = |text| request_line(text).map(|(method, url)| format!("{method} {url}"));
        assert_eq!(read("GET /a?b"), Ok("GET https://localhost/a?b".to_owned()));
        assert_eq!(read("GET  http://127.0.0.1:8787/a"), Ok("GET http://127.0.0.1:8787/a".to_owned()));
        for bad in ["", "GET", "/a", "GET a", "GET ftp://a/b"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_header_has_a_name_and_a_cookie_too() {
        assert_eq!(header("Origin: http://localhost:3000").unwrap().1, "http://localhost:3000");
        assert!(header(": x").is_err() && header("x").is_err());
        assert_eq!(cookie("a=b=c").unwrap(), "a=b=c");
        assert!(cookie("=b").is_err() && cookie("b").is_err());
    }
}
