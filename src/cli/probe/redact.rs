//! Tokens out of texts: an answer may repeat what it was sent, and a report is shown around.

/// What stands where a token stood.
const MARK: &str = "[token]";
/// Least length of what is taken for a token, in bytes.
const LENGTH: usize = 16;
/// Longest text that a report shows, in characters.
const SHOWN: usize = 300;

/// The text without any of `secrets`, without what looks like a JWT, on one line, and not too long.
pub(super) fn redact(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.len() >= 4) {
        text = text.replace(secret.as_str(), MARK);
    }
    let line: String = without_jwts(&text).chars().map(|c| if is_shown(c) { c } else { ' ' }).collect();
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// Whether a character stands where it is written, moves or hides no other, and is one that XML can write.
fn is_shown(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        && !matches!(character, '\u{fffe}' | '\u{ffff}')
}

fn without_jwts(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("eyJ") {
        let (before, token) = rest.split_at(start);
        let end = token.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.=".contains(c)).unwrap_or(token.len());
        let (token, after) = token.split_at(end);
        out.push_str(before);
        out.push_str(if token.len() >= LENGTH { MARK } else { token });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_secrets_are_taken_out() {
        let secrets = ["ak_secret".to_owned()];
        let text = "a eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln-_ b ak_secret c eyJ";
        assert_eq!(redact(text, &secrets), "a [token] b [token] c eyJ");
        assert_eq!(redact("a\r\nb\u{9b}\u{202e}c\u{ffff}\u{fffe}", &[]), "a  b  c  ");
        assert_eq!(redact(&"ä".repeat(400), &[]).chars().count(), 301);
    }
}
