//! A signed delivery is taken exactly when its id is one and its time is near; with one bit of it changed it is refused.

#![no_main]

use clerk_edge::headers::HeaderList;
use clerk_edge::time::UnixTime;
use clerk_edge::webhook::{UnverifiedDelivery, WebhookSecrets};
use libfuzzer_sys::fuzz_target;

/// Secrets made for the fuzz targets, as while they rotate: the base64 of sentences. The first one signs.
const SECRETS: [&str; 2] = ["whsec_YSBzZWNyZXQgZm9yIHRoZSBmdXp6IHRhcmdldHM=", "YW5vdGhlciBzZWNyZXQ="];
const TIME: i64 = 1_750_000_000;

fuzz_target!(|input: (u8, u16, i16, &[u8])| {
    let (part, bit, late, rest) = input;
    let (id, body) = rest.split_at(rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()));
    let signature = secrets(&SECRETS[..1]).sign(&latin1(id), UnixTime::from_seconds(TIME), body);
    let sent = [id.to_vec(), TIME.to_string().into_bytes(), signature.into_bytes(), body.to_vec()];
    let is_id = (1..=256).contains(&id.len()) && id.iter().all(|byte| byte.is_ascii_graphic() && !b".,".contains(byte));
    assert_eq!(is_taken(&sent, late), is_id && late.unsigned_abs() <= 300);
    let mut changed = sent;
    let part = &mut changed[usize::from(part % 4)];
    let Some(index) = usize::from(bit / 8).checked_rem(part.len()) else { return };
    part[index] ^= 1 << (bit % 8);
    assert!(!is_taken(&changed, late));
});

fn secrets(texts: &[&str]) -> WebhookSecrets {
    WebhookSecrets::parse(&texts.join(" ")).unwrap()
}

fn is_taken([id, time, signature, body]: &[Vec<u8>; 4], late: i16) -> bool {
    let header = |name: &str, value: &[u8]| (name.to_owned(), latin1(value));
    let headers = [header("svix-id", id), header("svix-timestamp", time), header("svix-signature", signature)];
    let now = UnixTime::from_seconds(TIME + i64::from(late));
    UnverifiedDelivery::read(&HeaderList::new(headers.into()), now)
        .and_then(|delivery| delivery.verify(&secrets(&SECRETS), body))
        .is_ok_and(|taken| taken.as_str().as_bytes() == id)
}

/// As the platform hands a header over: each byte one character.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
