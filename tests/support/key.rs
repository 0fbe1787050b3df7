//! RSA keys, each made once for a test binary, since making one takes longer than all that is done with it.

use std::sync::LazyLock;

use clerk_edge::algorithm::Algorithm;
use clerk_edge::keys::Jwk;
use clerk_edge::public_key::PublicKey;
use jwt_compact::Algorithm as _;
use jwt_compact::alg::{ModulusBits, Rsa, RsaPrivateKey, StrongKey};
use jwt_compact::jwk::JsonWebKey;
use jwt_compact::{AlgorithmSignature as _, alg::RsaPublicKey};
use rand_core::OsRng;
use serde_json::{Value, json};

/// The `kid` of [`key`].
pub const KEY_ID: &str = "ins_first";
/// The `kid` of [`other_key`].
pub const OTHER_KEY_ID: &str = "ins_other";

/// A key pair and its `kid`.
pub struct SigningKey {
    pub id: &'static str,
    private: StrongKey<RsaPrivateKey>,
    public: StrongKey<RsaPublicKey>,
}

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::new(KEY_ID));
static OTHER_KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::new(OTHER_KEY_ID));

/// The key that tokens are signed with unless a test says otherwise.
pub fn key() -> &'static SigningKey {
    &KEY
}

/// A second key, for rotations and forgeries.
pub fn other_key() -> &'static SigningKey {
    &OTHER_KEY
}

/// A key set document of these members.
pub fn key_set(keys: &[Value]) -> String {
    json!({"keys": keys}).to_string()
}

impl SigningKey {
    fn new(id: &'static str) -> Self {
        let (private, public) = Rsa::generate(&mut OsRng, ModulusBits::TwoKibibytes).unwrap();
        Self { id, private, public }
    }

    /// The public key as Clerk publishes it, under its own `kid`.
    pub fn jwk(&self) -> Value {
        self.jwk_as(self.id)
    }

    /// The public key under another `kid`.
    pub fn jwk_as(&self, id: &str) -> Value {
        let mut jwk = serde_json::to_value(JsonWebKey::from(self.public.as_ref())).unwrap();
        jwk["kid"] = json!(id);
        jwk["use"] = json!("sig");
        jwk["alg"] = json!("RS256");
        jwk
    }

    /// The public key in plain numbers.
    pub fn public(&self) -> PublicKey {
        Jwk::from_object(self.jwk().as_object().unwrap()).unwrap().key().clone()
    }

    /// A signature by one of the RSA algorithms.
    pub fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        let algorithm = match algorithm {
            Algorithm::Rs384 => Rsa::rs384(),
            Algorithm::Rs512 => Rsa::rs512(),
            _ => Rsa::rs256(),
        };
        algorithm.sign(self.private.as_ref(), message).as_bytes().into_owned()
    }
}
