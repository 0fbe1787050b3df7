//! Permissions of a version 2 token: one decimal bit mask for each of the organisation's features.
//!
//! The mask's bit `k`, lowest first, stands for the `k`-th name in `per`. Masks may be longer than any machine word,
//! so they are read as decimal text. A mask that is no decimal number grants nothing.

use super::ScopedList;

/// `org:<feature>:<name>` for each bit that is set, in the token's order.
pub(super) fn decode(features: &ScopedList, names: Option<&str>, masks: Option<&str>) -> Vec<String> {
    let (Some(names), Some(masks)) = (names, masks) else {
        return Vec::new();
    };
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    let features = features.iter().filter(|feature| feature.scope.is_organization());
    let granted = |(feature, mask): (&super::Scoped, &str)| {
        let bits = bits(mask.trim(), names.len());
        let granted = names.iter().zip(bits).filter(|(name, set)| *set && !name.is_empty());
        granted.map(|(name, _)| ["org:", &feature.name, ":", name].concat()).collect::<Vec<_>>()
    };
    features.zip(masks.split(',')).flat_map(granted).collect()
}

/// The lowest `count` bits of a decimal number of any length, lowest first; all clear when it is no number.
fn bits(decimal: &str, count: usize) -> Vec<bool> {
    if decimal.is_empty() || !decimal.bytes().all(|byte| byte.is_ascii_digit()) {
        return vec![false; count];
    }
    let mut digits: Vec<u8> = decimal.bytes().map(|byte| byte - b'0').collect();
    (0..count).map(|_| halve(&mut digits)).collect()
}

/// Halves the number in place and tells the bit that fell out.
fn halve(digits: &mut [u8]) -> bool {
    let mut carry = 0;
    for digit in digits {
        let value = carry * 10 + *digit;
        *digit = value / 2;
        carry = value % 2;
    }
    carry == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(features: &str, names: &str, masks: &str) -> Vec<String> {
        decode(&ScopedList::from_claim(Some(features)), Some(names), Some(masks))
    }

    #[test]
    fn user_features_are_skipped_and_not_counted() {
        assert_eq!(decoded("u:x,o:a,ou:b,uo:c", "read", "1,0,1"), ["org:a:read", "org:c:read"]);
    }

    #[test]
    fn a_mask_longer_than_a_machine_word_keeps_every_bit() {
        let names: Vec<String> = (0..70).map(|index| format!("p{index}")).collect();
        assert_eq!(decoded("o:a", &names.join(","), "9007199254740993"), ["org:a:p0", "org:a:p53"]);
        assert_eq!(decoded("o:a", &names.join(","), "590295810358705651712"), ["org:a:p69"]);
    }

    #[test]
    fn a_mask_that_is_no_number_grants_nothing() {
        for mask in ["-1", "1.5", "1x", "", "+1", "0x1", "١"] {
            assert!(decoded("o:a", "read", mask).is_empty(), "{mask}");
        }
    }

    #[test]
    fn bits_beyond_the_names_and_features_beyond_the_masks_are_ignored() {
        assert_eq!(decoded("o:a,o:b", "read", "255"), ["org:a:read"]);
        assert_eq!(decoded("o:a", "read", "1,1,1"), ["org:a:read"]);
        assert!(decode(&ScopedList::from_claim(Some("o:a")), None, Some("1")).is_empty());
    }
}
