//! Identifiers shaped like Clerk's: a prefix and 27 letters and digits.
//!
//! Code that checks the shape of an id must not be able to tell the stand-in from Clerk.

use rand_core::{OsRng, RngCore as _};

/// Letters and digits after an identifier's prefix, as many as a KSUID has.
const LENGTH: usize = 27;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new identifier: `prefix` and 27 random letters and digits.
pub(super) fn identifier(prefix: &str) -> String {
    let random = random_bytes::<LENGTH>();
    let letters = random.iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
    prefix.chars().chain(letters).collect()
}

/// A new `jti`: 20 hexadecimal digits.
pub(super) fn token_identifier() -> String {
    random_bytes::<10>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes of the system's generator.
pub(super) fn random_bytes<const COUNT: usize>() -> [u8; COUNT] {
    let mut bytes = [0; COUNT];
    OsRng.fill_bytes(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_its_prefix_and_27_letters_and_digits() {
        let (one, other) = (identifier("ins_"), identifier("ins_"));
        let rest = one.strip_prefix("ins_").unwrap();
        assert_eq!(rest.len(), 27);
        assert!(rest.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{rest}");
        assert_ne!(one, other);
    }

    #[test]
    fn a_token_identifier_is_20_hexadecimal_digits() {
        let id = token_identifier();
        assert_eq!(id.len(), 20);
        assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    }
}
