//! The memory of verified tokens, by their whole text, bounded in count and bytes.
//!
//! Two halves: when the young one is full it becomes the old one, and what was old is forgotten. A token in use moves
//! back to the young half, so that those in use stay. Everything is forgotten when the keys change.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::claims::Session;
use crate::limits::{REMEMBERED_BYTES, REMEMBERED_TOKENS};

#[derive(Default)]
pub(super) struct Remembered {
    generation: u64,
    young: Half,
    old: Half,
}

#[derive(Default)]
struct Half {
    /// By their ends and not by hash: a hash reads all of each.
    sessions: BTreeMap<End, (Box<str>, Rc<Session>)>,
    bytes: usize,
}

/// The last bytes of a token's text, as a number. They are of its signature, where any two tokens differ, while they begin alike.
/// Of two that did not differ there, one would be forgotten.
type End = u128;

impl Remembered {
    /// The session of a token that was verified with the keys of `generation`.
    pub(super) fn find(&mut self, text: &str, generation: u64) -> Option<Rc<Session>> {
        self.forget_other_keys(generation);
        if let Some(session) = self.young.find(text) {
            return Some(Rc::clone(session));
        }
        // It may stay in the old half, which is forgotten as a whole.
        let session = Rc::clone(self.old.find(text)?);
        self.put(text.into(), Rc::clone(&session));
        Some(session)
    }

    pub(super) fn insert(&mut self, text: &str, session: &Rc<Session>, generation: u64) {
        self.forget_other_keys(generation);
        self.put(text.into(), Rc::clone(session));
    }

    fn forget_other_keys(&mut self, generation: u64) {
        if self.generation != generation {
            *self = Self { generation, ..Self::default() };
        }
    }

    fn put(&mut self, text: Box<str>, session: Rc<Session>) {
        let size = bytes(&text);
        if self.young.sessions.len() >= REMEMBERED_TOKENS / 2 || self.young.bytes + size > REMEMBERED_BYTES / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.bytes += size;
        self.young.sessions.insert(end(&text), (text, session));
    }
}

impl Half {
    fn find(&self, text: &str) -> Option<&Rc<Session>> {
        self.sessions.get(&end(text)).filter(|(held, _)| are_same(held, text)).map(|(_, session)| session)
    }
}

fn end(text: &str) -> End {
    let mut end = [0; size_of::<End>()];
    end.iter_mut().rev().zip(text.bytes().rev()).for_each(|(to, from)| *to = from);
    End::from_ne_bytes(end)
}

/// A token is long, and in a module that is built for size texts are compared letter by letter.
fn are_same(held: &str, text: &str) -> bool {
    let ((held, held_rest), (text, text_rest)) = (held.as_bytes().as_chunks(), text.as_bytes().as_chunks());
    let differ = |(held, text): (&[u8; 8], &[u8; 8])| u64::from_ne_bytes(*held) != u64::from_ne_bytes(*text);
    held.len() == text.len() && held_rest == text_rest && !held.iter().zip(text).any(differ)
}

/// About what a token and its session hold: the text, its claims as text and as values, and the session's own fields.
fn bytes(text: &str) -> usize {
    1024 + 6 * text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn session() -> Rc<Session> {
        let claims = json!({"sub": "user_1", "sid": "sess_1", "exp": 1});
        Rc::new(Session::from_object(claims.as_object().unwrap()).unwrap())
    }

    #[test]
    fn a_token_is_found_by_its_whole_text() {
        let mut memory = Remembered::default();
        memory.insert("a.b.c", &session(), 1);
        assert!(memory.find("a.b.c", 1).is_some());
        assert!(memory.find("a.b.cc", 1).is_none());
        let long = "x".repeat(100);
        memory.insert(&long, &session(), 1);
        assert!(memory.find(&long, 1).is_some());
        for place in 0..long.len() {
            let other = format!("{}y{}", &long[..place], &long[place + 1..]);
            assert!(memory.find(&other, 1).is_none(), "{place}");
            assert!(!are_same(&long, &other) && !are_same(&long, &long[place..][1..]), "{place}");
        }
    }

    #[test]
    fn other_keys_empty_the_memory() {
        let mut memory = Remembered::default();
        memory.insert("a", &session(), 1);
        assert!(memory.find("a", 2).is_none());
        assert!(memory.find("a", 1).is_none());
    }

    #[test]
    fn count_and_bytes_stay_bounded_and_what_is_used_stays() {
        let mut memory = Remembered::default();
        let session = session();
        memory.insert("used", &session, 0);
        for index in 0..100_000 {
            memory.insert(&format!("token {index}"), &session, 0);
            if index % 100 == 0 {
                assert!(memory.find("used", 0).is_some(), "{index}");
            }
            assert!(memory.young.sessions.len() + memory.old.sessions.len() <= REMEMBERED_TOKENS);
        }
        let long = "x".repeat(16 * 1024);
        for index in 0..2_000 {
            memory.insert(&format!("{long}{index}"), &session, 0);
            assert!(memory.young.bytes + memory.old.bytes <= REMEMBERED_BYTES);
        }
    }
}
