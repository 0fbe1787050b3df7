//! The keys of assertions. Without them origins get none; with wrong ones there is no configuration.

use super::Environment;
use super::reader::Mistakes;
use crate::assertion::{ASSERTION_KEY, AssertionKeys};

/// The keys, where there are any.
pub(super) fn keys(environment: &dyn Environment, mistakes: &mut Mistakes) -> Option<AssertionKeys> {
    let text = environment.text(ASSERTION_KEY).filter(|text| !text.is_empty())?;
    #[cfg(not(target_arch = "wasm32"))]
    let keys = AssertionKeys::parse(&text);
    #[cfg(target_arch = "wasm32")]
    let keys = AssertionKeys::read(&text, |seed| environment.public_half(seed));
    keys.map_err(|error| mistakes.add(ASSERTION_KEY, error.to_string())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An environment with this one variable.
    struct Key(Option<&'static str>);

    impl Environment for Key {
        fn text(&self, name: &str) -> Option<String> {
            self.0.filter(|_| name == "ASSERTION_KEY").map(str::to_owned)
        }

        fn json(&self, _name: &str) -> Option<serde_json::Value> {
            None
        }

        fn has_service(&self, _name: &str) -> bool {
            false
        }
    }

    fn read(key: Option<&'static str>) -> (bool, Vec<String>) {
        let mut mistakes = Mistakes::default();
        let keys = keys(&Key(key), &mut mistakes);
        (keys.is_some(), mistakes.0.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn there_are_keys_none_or_a_mistake_that_does_not_tell_them() {
        assert_eq!(read(None), (false, Vec::new()));
        assert_eq!(read(Some("")), (false, Vec::new()));
        assert_eq!(read(Some("YSBrZXkgZm9yIHRoZSB0ZXN0cyBvZiBhc3NlcnRpb24")), (true, Vec::new()));
        let expected = "ASSERTION_KEY: expected an Ed25519 seed, or two with a space between them: 32 bytes of base64 each, as clerk-edge keygen prints them";
        for wrong in ["short", " ", "YSBrZXkgZm9yIHRoZSB0ZXN0cyBvZiBhc3NlcnRpb24 short"] {
            assert_eq!(read(Some(wrong)), (false, vec![expected.to_owned()]), "{wrong}");
        }
    }
}
