//! Where a command verifies: signatures here, key sets from the network, nothing kept.

use std::thread;
use std::time::Duration;

use ureq::Agent;

use super::say;
use crate::algorithm::Algorithm;
use crate::instance::is_trusted_address;
use crate::limits::{KEY_SET_BYTES, KEY_SET_SECONDS};
use crate::platform::native::{NativeKey, NativeSignatures};
use crate::ports::{CheckSignature, CountRequest, FetchKeySet, HostError, Pause, Store};
use crate::public_key::PublicKey;

/// This machine.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LocalHost;

impl CheckSignature for LocalHost {
    type Key = NativeKey;

    async fn import(&self, key: &PublicKey, algorithm: Algorithm) -> Result<NativeKey, HostError> {
        NativeSignatures.import(key, algorithm).await
    }

    async fn check(
        &self,
        key: &NativeKey,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, HostError> {
        NativeSignatures.check(key, algorithm, message, signature).await
    }
}

impl FetchKeySet for LocalHost {
    async fn fetch_key_set(&self, url: &str, bearer: Option<&str>) -> Result<Vec<u8>, HostError> {
        fetch(url, bearer).map_err(|error| {
            // The verifier only says that there are no keys; why is for whoever sits here.
            say(&format!("cannot fetch the key set at {url}: {error}"));
            HostError(error)
        })
    }
}

/// Follows no redirect: it would lead to keys that nobody chose.
fn fetch(url: &str, bearer: Option<&str>) -> Result<Vec<u8>, String> {
    if !is_trusted_address(url) {
        return Err("not an https address".to_owned());
    }
    let timeout = Some(Duration::from_secs(KEY_SET_SECONDS));
    let agent: Agent =
        Agent::config_builder().max_redirects(0).http_status_as_error(false).timeout_global(timeout).build().into();
    let request = agent.get(url).header("accept", "application/json");
    let request = match bearer {
        Some(bearer) => request.header("authorization", format!("Bearer {bearer}")),
        None => request,
    };
    let mut response = request.call().map_err(|error| error.to_string())?;
    if response.status() != 200 {
        return Err(format!("it answers {}", response.status().as_u16()));
    }
    let limit = u64::try_from(KEY_SET_BYTES).unwrap_or(u64::MAX);
    response.body_mut().with_config().limit(limit).read_to_vec().map_err(|error| error.to_string())
}

impl Store for LocalHost {
    async fn load(&self, _key: &str) -> Result<Option<Vec<u8>>, HostError> {
        Ok(None)
    }

    async fn save(&self, _key: &str, _value: &[u8], _seconds: u32) -> Result<(), HostError> {
        Ok(())
    }
}

impl CountRequest for LocalHost {
    async fn count(&self, _limit: &str, _key: &str) -> Result<bool, HostError> {
        Err(HostError("nothing is counted here".to_owned()))
    }
}

impl Pause for LocalHost {
    async fn pause(&self, milliseconds: u32) {
        thread::sleep(Duration::from_millis(milliseconds.into()));
    }
}
