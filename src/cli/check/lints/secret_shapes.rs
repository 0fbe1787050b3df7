//! The shapes of secrets: what a text must look like to be one of Clerk's or a private key.
//!
//! A placeholder such as `sk_test_…` or `whsec_xxx` is too short, or of one letter, and is no secret.

use std::sync::LazyLock;

use regex::Regex;

/// Fewest different characters in something random of these lengths.
const DIFFERENT_CHARACTERS: usize = 8;

static SHAPES: LazyLock<Regex> = LazyLock::new(|| {
    let shapes = [
        r"\bsk_(?:live|test)_(?<key>[A-Za-z0-9]{20,})",
        r"\bwhsec_(?<secret>[A-Za-z0-9+/]{24,})",
        r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----(?:\\r|\\n|\s|\x22|\x27)*(?<pem>[A-Za-z0-9+/]{40,})",
    ];
    Regex::new(&shapes.join("|")).unwrap_or_else(|error| unreachable!("{error}"))
});

/// A secret in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Secret {
    /// Its first byte.
    pub(super) start: usize,
    /// What it is.
    pub(super) kind: &'static str,
}

/// The secrets in a text.
pub(super) fn find(text: &str) -> Vec<Secret> {
    let kinds =
        [("key", "a secret key of Clerk's"), ("secret", "a webhook's signing secret"), ("pem", "a private key")];
    let secret = |captures: regex::Captures<'_>| {
        let start = captures.get(0)?.start();
        let (random, kind) = kinds.iter().find_map(|(name, kind)| Some((captures.name(name)?, *kind)))?;
        is_random(random.as_str()).then_some(Secret { start, kind })
    };
    SHAPES.captures_iter(text).filter_map(secret).collect()
}

fn is_random(text: &str) -> bool {
    let mut characters: Vec<char> = text.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    characters.len() >= DIFFERENT_CHARACTERS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<&'static str> {
        find(text).into_iter().map(|secret| secret.kind).collect()
    }

    /// Put together here, so that no such text stands in a file.
    fn made(prefix: &str) -> String {
        format!("{prefix}{}", "aB3dE5gH7jK9mN1pQ3sT5vX7")
    }

    #[test]
    fn each_kind_of_secret_is_known_by_its_shape() {
        assert_eq!(kinds(&made("key: sk_live_")), ["a secret key of Clerk's"]);
        assert_eq!(kinds(&made("sk_test_")), ["a secret key of Clerk's"]);
        assert_eq!(kinds(&made("\"whsec_")), ["a webhook's signing secret"]);
        let body = format!("{}{}", made(""), made(""));
        for kind in ["", "RSA ", "EC "] {
            for break_ in ["\n", "\\n", "\\r\\n", "\" \""] {
                let pem = format!("-----BEGIN {kind}PRIVATE {}-----{break_}{body}", "KEY");
                assert_eq!(kinds(&pem), ["a private key"], "{pem}");
            }
        }
        let two = format!("x\n{}\n{}", made("sk_live_"), made("whsec_"));
        assert_eq!(find(&two).iter().map(|secret| secret.start).collect::<Vec<_>>(), [2, 35]);
    }

    #[test]
    fn placeholders_and_public_keys_are_none() {
        let short = made("sk_test_")[..20].to_owned();
        let repeated = format!("sk_test_{}", "x".repeat(30));
        let public = format!("-----BEGIN PUBLIC KEY-----\n{}{}", made(""), made(""));
        for text in [
            "sk_test_…",
            "sk_test_your-secret-key",
            "whsec_…",
            &short,
            &repeated,
            &public,
            &made("pk_live_"),
            &made("task_live_"),
        ] {
            assert_eq!(find(text), [], "{text}");
        }
    }
}
