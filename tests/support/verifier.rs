//! A verifier in a world that the test holds.

use std::rc::Rc;

use clerk_edge::keys::KeySource;
use clerk_edge::platform::native::NativeSignatures;
use clerk_edge::time::UnixTime;
use clerk_edge::verifier::{TokenPolicy, Verified, Verifier, VerifyError};

use super::key::{key, key_set};
use super::token::{ISSUER, Token, after};
use super::{TestHost, World};

/// Where the key sets of tests are.
pub const KEY_SET_URL: &str = "https://clerk.example.com/.well-known/jwks.json";

/// A verifier and the world around it, which several may share.
pub struct TestVerifier {
    pub verifier: Verifier<TestHost<NativeSignatures>>,
    pub world: Rc<World>,
}

impl TestVerifier {
    pub fn new(world: &Rc<World>, policy: TokenPolicy, source: KeySource) -> Self {
        let host = TestHost { world: Rc::clone(world), signatures: NativeSignatures };
        Self { verifier: Verifier::new(host, policy, source), world: Rc::clone(world) }
    }

    /// A verifier of [`ISSUER`]'s tokens in `world`: one more isolate of the same Worker.
    pub fn in_world(world: &Rc<World>) -> Self {
        Self::new(world, TokenPolicy::for_issuer(ISSUER), key_set_source())
    }

    /// A verifier with this policy, in a world of its own where [`key`] is published.
    pub fn with_policy(policy: TokenPolicy) -> Self {
        Self::new(&World::with_key_set(key_set(&[key().jwk()])), policy, key_set_source())
    }

    pub fn verify_at(&self, token: &str, same_origin: bool, now: UnixTime) -> Result<Verified, VerifyError> {
        pollster::block_on(self.verifier.verify(token, same_origin, now))
    }

    /// The verdict on a token `seconds` after the beginning.
    pub fn verify(&self, token: &str, seconds: i64) -> Result<Verified, VerifyError> {
        self.verify_at(token, false, after(seconds))
    }

    /// The verdict on a token that nobody has verified yet.
    pub fn verify_new(&self, token: &Token, seconds: i64) -> Result<Verified, VerifyError> {
        thread_local!(static COUNT: std::cell::Cell<u32> = const { std::cell::Cell::new(0) });
        COUNT.set(COUNT.get() + 1);
        self.verify(&token.clone().claim("count", COUNT.get().into()).text(), seconds)
    }

    /// Does what fell due, `seconds` after the beginning.
    pub fn settle(&self, seconds: i64) {
        pollster::block_on(self.verifier.settle(after(seconds)));
    }
}

/// A key set at [`KEY_SET_URL`], without credentials.
pub fn key_set_source() -> KeySource {
    KeySource::KeySet { url: KEY_SET_URL.into(), bearer: None }
}
