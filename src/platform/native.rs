//! Native: signatures by jwt-compact, and the system's clock. For tests and the command line.

#[cfg(feature = "cli")]
mod agent;
mod host;
#[cfg(feature = "cli")]
mod local_host;

use jwt_compact::AlgorithmSignature;
use jwt_compact::alg::{Ed25519, Es256, Rsa, RsaPublicKey};
use jwt_compact::jwk::JsonWebKey;

#[cfg(feature = "cli")]
pub(crate) use self::agent::agent;
pub use self::host::{NativeHost, Offline};
#[cfg(feature = "cli")]
pub(crate) use self::local_host::LocalHost;
use crate::algorithm::Algorithm;
use crate::ports::{CheckSignature, HostError};
use crate::public_key::PublicKey;
use crate::time::UnixTime;

/// The time by the system's clock.
#[must_use]
#[allow(clippy::disallowed_methods)] // The one place where the native skins read a clock.
pub fn now() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_seconds(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// A moment of the clock that only goes forward, for how long something takes.
#[must_use]
#[allow(clippy::disallowed_methods)] // As above.
pub fn instant() -> std::time::Instant {
    std::time::Instant::now()
}

/// Checks signatures by jwt-compact's own algorithms.
#[derive(Debug, Clone, Copy, Default)]
pub struct NativeSignatures;

/// A key in jwt-compact's form.
#[derive(Debug)]
pub enum NativeKey {
    /// For RS256, RS384 and RS512.
    Rsa(Box<RsaPublicKey>),
    /// For ES256.
    P256(Box<<Es256 as jwt_compact::Algorithm>::VerifyingKey>),
    /// For EdDSA.
    Ed25519(Box<<Ed25519 as jwt_compact::Algorithm>::VerifyingKey>),
}

impl CheckSignature for NativeSignatures {
    type Key = NativeKey;

    async fn import(&self, key: &PublicKey, _algorithm: Algorithm) -> Result<NativeKey, HostError> {
        let jwk: JsonWebKey<'_> = serde_json::from_value(key.to_json().into()).map_err(refused)?;
        Ok(match key {
            PublicKey::Rsa { .. } => NativeKey::Rsa(Box::new(RsaPublicKey::try_from(&jwk).map_err(refused)?)),
            PublicKey::P256 { .. } => NativeKey::P256(Box::new((&jwk).try_into().map_err(refused)?)),
            PublicKey::Ed25519 { .. } => NativeKey::Ed25519(Box::new((&jwk).try_into().map_err(refused)?)),
        })
    }

    async fn check(
        &self,
        key: &NativeKey,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, HostError> {
        Ok(match (key, algorithm) {
            (NativeKey::Rsa(key), Algorithm::Rs256) => is_good(Rsa::rs256(), key, message, signature),
            (NativeKey::Rsa(key), Algorithm::Rs384) => is_good(Rsa::rs384(), key, message, signature),
            (NativeKey::Rsa(key), Algorithm::Rs512) => is_good(Rsa::rs512(), key, message, signature),
            (NativeKey::P256(key), Algorithm::Es256) => is_good(Es256, key, message, signature),
            (NativeKey::Ed25519(key), Algorithm::EdDsa) => is_good(Ed25519, key, message, signature),
            (NativeKey::Rsa(_) | NativeKey::P256(_) | NativeKey::Ed25519(_), _) => false,
        })
    }
}

fn is_good<A: jwt_compact::Algorithm>(algorithm: A, key: &A::VerifyingKey, message: &[u8], signature: &[u8]) -> bool
where
    A::Signature: AlgorithmSignature,
{
    let length_is_good = A::Signature::LENGTH.is_none_or(|length| length.get() == signature.len());
    length_is_good
        && A::Signature::try_from_slice(signature)
            .is_ok_and(|signature| algorithm.verify_signature(&signature, key, message))
}

fn refused(error: impl std::fmt::Display) -> HostError {
    HostError(format!("the key is refused: {error}"))
}
