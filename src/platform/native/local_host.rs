//! Where a command verifies: key sets come from the network, and nothing is kept.

use super::{NativeHost, agent};
use crate::instance::is_trusted_address;
use crate::limits::{KEY_SET_BYTES, KEY_SET_SECONDS};
use crate::ports::{FetchKeySet, HostError};

/// This machine, which tells somebody why a key set cannot be had: the verifier only says that there are no keys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LocalHost(pub(crate) fn(&str));

impl NativeHost for LocalHost {}

impl FetchKeySet for LocalHost {
    async fn fetch_key_set(&self, url: &str, bearer: Option<&str>) -> Result<Vec<u8>, HostError> {
        fetch(url, bearer).map_err(|error| {
            self.0(&format!("cannot fetch the key set at {url}: {error}"));
            HostError(error)
        })
    }
}

fn fetch(url: &str, bearer: Option<&str>) -> Result<Vec<u8>, String> {
    if !is_trusted_address(url) {
        return Err("not an https address".to_owned());
    }
    let request = agent(url, KEY_SET_SECONDS).get(url).header("accept", "application/json");
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
