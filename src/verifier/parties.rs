//! Which origins a token may have been made for (`azp`), and what a missing one means.
//!
//! Clerk leaves `azp` out on tokens made by a top-level navigation or through its Backend API, so refusing those signs
//! real users out; accepting them all gives up the check. Hence three policies.

use thiserror::Error;

use crate::instance::split_scheme;

/// What a missing `azp` means when authorized parties are configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingAzp {
    /// The token is accepted.
    Accept,
    /// It is accepted on a request that proves to come from the application's own origin.
    SameOrigin,
    /// It is refused.
    Reject,
}

/// An origin (RFC 6454), or one with a `*` for one whole label of its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginPattern {
    before: String,
    after: Option<String>,
}

/// The text is not an origin pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "expected an origin such as https://app.example.com or https://*.example.com: scheme, host and port in lower case, no path"
)]
pub struct OriginPatternError;

impl OriginPattern {
    /// Reads an origin, in which one whole label of the host may be `*`.
    ///
    /// # Errors
    /// On a path, upper case, a wildcard that is part of a label, or one in the last two labels.
    pub fn parse(text: &str) -> Result<Self, OriginPatternError> {
        let (scheme, authority) = split_scheme(text).ok_or(OriginPatternError)?;
        let (host, port) = authority.split_once(':').unwrap_or((authority, "1"));
        let labels: Vec<&str> = host.split('.').collect();
        let scheme_is_good = scheme.starts_with(|first: char| first.is_ascii_lowercase())
            && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte));
        let label_is_good = |label: &&str| {
            *label == "*"
                || !label.is_empty()
                    && label
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_')
        };
        let port_is_good = port.parse::<u16>().is_ok() && port.bytes().all(|byte| byte.is_ascii_digit());
        let wildcards = labels.iter().filter(|label| **label == "*").count();
        let registrable = labels.iter().rev().take(2).all(|label| *label != "*");
        if !scheme_is_good || !labels.iter().all(label_is_good) || !port_is_good || wildcards > 1 || !registrable {
            return Err(OriginPatternError);
        }
        Ok(match text.split_once('*') {
            Some((before, after)) => Self { before: before.to_owned(), after: Some(after.to_owned()) },
            None => Self { before: text.to_owned(), after: None },
        })
    }

    /// An origin that matches, with `label` in the wildcard's place.
    #[must_use]
    pub fn example(&self, label: &str) -> String {
        match &self.after {
            Some(after) => format!("{}{label}{after}", self.before),
            None => self.before.clone(),
        }
    }

    /// Whether `origin` is the one, to the letter, or has one label in the wildcard's place.
    #[must_use]
    pub fn matches(&self, origin: &str) -> bool {
        let Some(after) = &self.after else {
            return origin == self.before;
        };
        let label = origin.strip_prefix(&self.before).and_then(|rest| rest.strip_suffix(after.as_str()));
        label.is_some_and(|label| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        })
    }
}

impl std::fmt::Display for OriginPattern {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.after {
            Some(after) => write!(formatter, "{}*{after}", self.before),
            None => formatter.write_str(&self.before),
        }
    }
}

pub(super) fn is_authorized(
    azp: Option<&str>,
    parties: &[OriginPattern],
    missing: MissingAzp,
    same_origin: bool,
) -> bool {
    match (parties, azp) {
        ([], _) => true,
        (_, Some(origin)) => parties.iter().any(|party| party.matches(origin)),
        (_, None) => match missing {
            MissingAzp::Accept => true,
            MissingAzp::SameOrigin => same_origin,
            MissingAzp::Reject => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, origin: &str) -> bool {
        OriginPattern::parse(pattern).unwrap().matches(origin)
    }

    #[test]
    fn an_exact_origin_matches_to_the_letter() {
        assert!(matches("https://app.example.com", "https://app.example.com"));
        for origin in [
            "https://app.example.com/",
            "https://app.example.com.evil.org",
            "https://evil-app.example.com",
            "http://app.example.com",
            "https://APP.example.com",
            "https://app.example.com:443",
            "https://app.example.co",
            "",
            "null",
            "https://app.example.com\0",
        ] {
            assert!(!matches("https://app.example.com", origin), "{origin}");
        }
        assert!(matches("http://localhost:3000", "http://localhost:3000"));
        assert!(matches("chrome-extension://abcdef", "chrome-extension://abcdef"));
    }

    #[test]
    fn a_wildcard_is_one_whole_label() {
        let pattern = "https://*.preview.example.com";
        assert!(matches(pattern, "https://pr-12.preview.example.com"));
        for origin in [
            "https://preview.example.com",
            "https://.preview.example.com",
            "https://a.b.preview.example.com",
            "https://evil.org/.preview.example.com",
            "https://a:1.preview.example.com",
            "https://a@b.preview.example.com",
            "https://pr.preview.example.com.evil.org",
            "http://pr.preview.example.com",
            "https://PR.preview.example.com",
        ] {
            assert!(!matches(pattern, origin), "{origin}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "",
            "*",
            "example.com",
            "https://",
            "https://*",
            "https://*.com",
            "https://*.*.example.com",
            "https://a*.example.com",
            "https://app.example.com/",
            "https://app.example.com/x",
            "https://App.example.com",
            "HTTPS://app.example.com",
            "https://app..example.com",
            "https://user@app.example.com",
            "https://app.example.com:x",
            "https://app.example.com:70000",
            "https://app.*.com",
            "https://app.example.com:",
        ] {
            assert_eq!(OriginPattern::parse(text), Err(OriginPatternError), "{text}");
        }
    }

    #[test]
    fn a_missing_azp_is_decided_by_policy_and_a_wrong_one_never_passes() {
        let parties = [OriginPattern::parse("https://app.example.com").unwrap()];
        for (missing, same_origin, expected) in [
            (MissingAzp::Accept, false, true),
            (MissingAzp::SameOrigin, true, true),
            (MissingAzp::SameOrigin, false, false),
            (MissingAzp::Reject, true, false),
        ] {
            assert_eq!(is_authorized(None, &parties, missing, same_origin), expected, "{missing:?} {same_origin}");
            assert!(!is_authorized(Some("https://evil.org"), &parties, missing, true));
            assert!(!is_authorized(Some(""), &parties, missing, true));
            assert!(is_authorized(None, &[], missing, false));
        }
    }
}
