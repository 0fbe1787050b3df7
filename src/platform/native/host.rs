//! A host that only says how it fetches a key set; the rest is the same wherever a native skin or a test verifies.

use std::thread;
use std::time::Duration;

use super::{NativeKey, NativeSignatures};
use crate::algorithm::Algorithm;
use crate::ports::{CheckSignature, CountRequest, FetchKeySet, HostError, Pause, Store};
use crate::public_key::PublicKey;

/// A host on this machine: [`NativeSignatures`], no store, no counter.
pub trait NativeHost: FetchKeySet {}

impl<H: NativeHost> CheckSignature for H {
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

impl<H: NativeHost> Store for H {
    async fn load(&self, _key: &str) -> Result<Option<Vec<u8>>, HostError> {
        Ok(None)
    }

    async fn save(&self, _key: &str, _value: &[u8], _seconds: u32) -> Result<(), HostError> {
        Ok(())
    }
}

impl<H: NativeHost> CountRequest for H {
    async fn count(&self, _limit: &str, _key: &str) -> Result<bool, HostError> {
        Err(HostError("nothing is counted here".to_owned()))
    }
}

impl<H: NativeHost> Pause for H {
    async fn pause(&self, milliseconds: u32) {
        thread::sleep(Duration::from_millis(milliseconds.into()));
    }
}

/// A host without a network, for a key that is given.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offline;

impl NativeHost for Offline {}

impl FetchKeySet for Offline {
    async fn fetch_key_set(&self, _url: &str, _bearer: Option<&str>) -> Result<Vec<u8>, HostError> {
        Err(HostError("there is no network here".to_owned()))
    }
}
