//! Native signatures, and what a test does after each is checked.

use clerk_edge::algorithm::Algorithm;
use clerk_edge::platform::native::{NativeKey, NativeSignatures};
use clerk_edge::ports::{CheckSignature, HostError};
use clerk_edge::public_key::PublicKey;

/// Native signatures; the test is told of each whether it was good, before the verifier is.
pub struct Watched<F>(pub F);

impl<F: AsyncFn(bool)> CheckSignature for Watched<F> {
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
        let good = NativeSignatures.check(key, algorithm, message, signature).await?;
        (self.0)(good).await;
        Ok(good)
    }
}
