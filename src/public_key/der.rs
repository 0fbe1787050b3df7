//! DER (X.690), as much of it as an RSA public key has: elements of one-byte tags, each with the shortest length.
//!
//! The general libraries for it are as large in the compiled module as all the rest of reading a key.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const NULL: u8 = 0x05;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// The elements that are still unread.
#[derive(Clone, Copy)]
pub(super) struct Der<'a>(pub(super) &'a [u8]);

impl<'a> Der<'a> {
    /// What the next element holds, if it has this tag.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let rest = self.0.strip_prefix(&[tag])?;
        let (length, rest) = length(rest)?;
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(value)
    }

    /// The bytes of a whole number that is not negative.
    pub(super) fn take_number(&mut self) -> Option<&'a [u8]> {
        match self.take(INTEGER)? {
            [] | [0x80..=0xff, ..] | [0, ..=0x7f, ..] => None,
            number => Some(number),
        }
    }

    /// Nothing may follow.
    pub(super) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// A length of up to 65535 in its shortest form (X.690 section 10.1), and what follows it.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [length @ ..=0x7f, rest @ ..] => Some((usize::from(*length), rest)),
        [0x81, length @ 0x80..=0xff, rest @ ..] => Some((usize::from(*length), rest)),
        [0x82, high @ 1..=0xff, low, rest @ ..] => Some((usize::from(u16::from_be_bytes([*high, *low])), rest)),
        _ => None,
    }
}
