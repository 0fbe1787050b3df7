//! `clerk-edge issuer`: a stand-in for Clerk that issues tokens and publishes keys on this machine.
//!
//! With it everything runs offline, and what Clerk never does on request can be tried: rotations, outages, forged
//! tokens. It hands a token to whoever asks, so it listens on loopback and has no option to listen elsewhere.

mod answer;
mod connection;
mod key_ring;
mod routes;
mod stand_in;
mod webhooks;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::sleep;

use self::connection::{CuttableListener, Scissors};
use self::routes::routes;
use self::stand_in::StandIn;
use self::webhooks::SigningSecret;
use super::signing_key::SigningKey;
use super::{CliError, print_result, say};

/// Longest wait for answers under way once the stand-in is told to end, in seconds. A slow key set may take minutes.
const GRACE_SECONDS: u64 = 1;

/// What `clerk-edge issuer` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  Start it, and keep what to configure:
    $ clerk-edge issuer > stand-in.json &
  Get a token, and take the key set down:
    $ curl -X POST http://127.0.0.1:8788/stand-in/tokens -d '{\"user\": \"user_1\"}'
    $ curl -X POST http://127.0.0.1:8788/stand-in/outage -d '{\"mode\": \"down\"}'
  Send a webhook to the gateway:
    $ curl -X POST http://127.0.0.1:8788/stand-in/webhooks \\
        -d '{\"url\": \"http://127.0.0.1:8787/webhooks/clerk\", \"type\": \"user.created\"}'")]
pub(super) struct IssuerArgs {
    /// Port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 8788)]
    port: u16,
    /// Secret key that /v1/jwks asks for
    #[arg(long, value_name = "sk_test_…", default_value = "sk_test_standin", value_parser = test_secret_key)]
    secret_key: String,
    /// Secret that webhooks are signed with [default: a new one]
    #[arg(long, value_name = "whsec_…", value_parser = SigningSecret::parse)]
    webhook_secret: Option<SigningSecret>,
}

/// Serves until SIGINT or SIGTERM.
pub(super) fn run(args: IssuerArgs) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::Serve)?;
    let served = runtime.block_on(serve(args));
    // A delivery may be under way on a thread of its own, and its target may take its time.
    runtime.shutdown_background();
    served
}

async fn serve(args: IssuerArgs) -> Result<(), CliError> {
    let IssuerArgs { port, secret_key, webhook_secret } = args;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await.map_err(|source| CliError::Listen { address, source })?;
    let host = listener.local_addr().map_err(CliError::Serve)?.to_string();
    let webhook_secret = webhook_secret.map_or_else(SigningSecret::generate, Ok).map_err(CliError::Secret)?;
    let key = Arc::new(SigningKey::generate()?);
    let stand_in = StandIn::new(&host, secret_key, webhook_secret, key).map_err(CliError::Instance)?;
    // Before the line is printed, so that whoever reads it may end this process at once.
    let ending = ending().map_err(CliError::Serve)?;
    say(&format!("a stand-in for Clerk, for development only; it listens on {host} alone"));
    say("press ctrl-c to end it");
    print_result(&serde_json::to_string(&stand_in.identity()).map_err(CliError::Json)?)?;
    serve_until(ending, listener, routes(Arc::new(stand_in))).await.map_err(CliError::Serve)
}

async fn serve_until(
    ending: impl Future<Output = ()> + Send + 'static,
    listener: TcpListener,
    routes: Router,
) -> io::Result<()> {
    let told = Arc::new(Notify::new());
    let telling = Arc::clone(&told);
    let graceful = async move {
        ending.await;
        telling.notify_one();
    };
    let service = routes.into_make_service_with_connect_info::<Scissors>();
    let serving = axum::serve(CuttableListener(listener), service).with_graceful_shutdown(graceful);
    tokio::select! {
        served = serving.into_future() => served,
        () = async { told.notified().await; sleep(Duration::from_secs(GRACE_SECONDS)).await } => Ok(()),
    }
}

/// What ends the stand-in: SIGINT or SIGTERM, and ctrl-c where there are no signals.
#[cfg(unix)]
fn ending() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// What ends the stand-in: SIGINT or SIGTERM, and ctrl-c where there are no signals.
#[cfg(not(unix))]
fn ending() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        // Without a handler ctrl-c ends the process by itself, so there is nothing left to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// The stand-in shows its secret key to whoever asks, so a live one has no business here.
fn test_secret_key(text: &str) -> Result<String, &'static str> {
    match text.strip_prefix("sk_test_") {
        Some(rest) if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(text.to_owned()),
        _ => Err("expected sk_test_ and what follows it"),
    }
}
