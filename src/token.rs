//! An untrusted token becomes its header, and, once its signature is good, its claims.
//!
//! The order is fixed: form, `typ`, `alg`, category, key, signature, claims. Nothing of the claims is read before the
//! signature is good, so claim errors tell nothing to someone without a signed token. What a header offers in the way
//! of keys (`jwk`, `jku`, `x5u`, `x5c`) is never looked at, and any `crit` is refused (RFC 7515 section 4.1.11).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;

use crate::algorithm::Algorithm;
use crate::checks::{Check, Watch};
use crate::claims::SignedClaims;
use crate::json::{Members, Read, read_object, text_of};
use crate::limits::{KEY_ID_BYTES, TOKEN_BYTES};

/// Clerk's category of session tokens (protected header `cat`).
pub const CATEGORY_SESSION: &str = "cl_B7d4PD111AAA";
/// Clerk's category of tokens made from a JWT template.
pub const CATEGORY_TEMPLATE: &str = "cl_B7d4PD222AAA";
/// Clerk's category of machine-to-machine tokens.
pub const CATEGORY_MACHINE: &str = "cl_B7d4PD333AAA";
/// The category that instances which opted out stamp on every token.
pub const CATEGORY_IGNORE: &str = "cl_I7d4PD111III";

/// Prefixes of Clerk's opaque machine tokens: machine-to-machine, OAuth access token, API key.
const OPAQUE_PREFIXES: [&str; 3] = ["mt_", "oat_", "ak_"];

/// Why a text is no token that this verifier reads further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Not three canonical base64url parts of JSON objects with unique members, too long, or with `crit` or a strange `typ`.
    #[error("not a well-formed token")]
    Malformed,
    /// `alg` is not among the configured algorithms.
    #[error("signed with an algorithm that is not configured")]
    Algorithm,
    /// Another class of token: a template's, a machine's, an OAuth access token, an opaque one.
    #[error("not a session token")]
    Type,
}

/// A token that has the form of one and says which key it wants. Nothing of it is trusted.
#[derive(Debug, PartialEq, Eq)]
pub struct UntrustedToken<'a> {
    text: &'a str,
    algorithm: Algorithm,
    key_id: Option<String>,
    signing_input: usize,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> UntrustedToken<'a> {
    /// Takes a token apart (RFC 7515 section 5.2), looking at its header alone.
    ///
    /// # Errors
    /// See [`TokenError`]; the first that applies, in its order.
    pub fn parse(text: &'a str, algorithms: &[Algorithm]) -> Result<Self, TokenError> {
        Self::parse_watched(text, algorithms, &())
    }

    /// The same, and says what it comes to.
    pub(crate) fn parse_watched(
        text: &'a str,
        algorithms: &[Algorithm],
        watch: &dyn Watch,
    ) -> Result<Self, TokenError> {
        watch.comes_to(Check::Form);
        if text.len() <= TOKEN_BYTES && OPAQUE_PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
            return Err(TokenError::Type);
        }
        Self::read(text, algorithms, &check_type, &check_category, watch)
    }

    /// Takes a token apart that is no session's, but has this very `typ`.
    pub(crate) fn parse_of_type(text: &'a str, typ: &str, algorithms: &[Algorithm]) -> Result<Self, TokenError> {
        let check = |header: &Members<'_>| if header.text("typ") == Some(typ) { Ok(()) } else { Err(TokenError::Type) };
        Self::read(text, algorithms, &check, &|_| Ok(()), &())
    }

    fn read(
        text: &'a str,
        algorithms: &[Algorithm],
        check_type: &dyn Fn(&Members<'_>) -> Result<(), TokenError>,
        check_category: &dyn Fn(&Members<'_>) -> Result<(), TokenError>,
        watch: &dyn Watch,
    ) -> Result<Self, TokenError> {
        if text.len() > TOKEN_BYTES {
            return Err(TokenError::Malformed);
        }
        let (signing_input, signature) = text.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, payload) = signing_input.split_once('.').ok_or(TokenError::Malformed)?;
        let header = decode(header)?;
        let header = text_of(&header).and_then(read_object).map_err(|_| TokenError::Malformed)?;
        let payload = decode(payload)?;
        let signature = decode(signature)?;
        watch.comes_to(Check::Critical);
        if header.get("crit").is_some() {
            return Err(TokenError::Malformed);
        }
        watch.comes_to(Check::Type);
        check_type(&header)?;
        watch.comes_to(Check::Algorithm);
        let algorithm = algorithm(&header, algorithms)?;
        watch.comes_to(Check::Category);
        check_category(&header)?;
        watch.comes_to(Check::Key);
        Ok(Self { text, algorithm, key_id: key_id(&header)?, signing_input: signing_input.len(), payload, signature })
    }

    /// The token as it came.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The algorithm, which is one of those configured.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The `kid`, if the header has one.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// What the signature is over: the encoded header, a dot and the encoded payload.
    #[must_use]
    pub fn signing_input(&self) -> &'a [u8] {
        &self.text.as_bytes()[..self.signing_input]
    }

    /// The signature's bytes.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The claims. Called by the verifier alone, once the signature is good.
    ///
    /// # Errors
    /// [`TokenError::Malformed`] when the payload is not a JSON object with unique members.
    pub(crate) fn claims_of_good_signature(&self) -> Result<SignedClaims<'_>, TokenError> {
        text_of(&self.payload).and_then(SignedClaims::read).map_err(|_| TokenError::Malformed)
    }
}

/// Unpadded base64url with the unused bits nought, so that each byte string has one spelling (RFC 7515 section 2).
fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    if part.is_empty() {
        return Err(TokenError::Malformed);
    }
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed)
}

fn check_type(header: &Members<'_>) -> Result<(), TokenError> {
    match header.get("typ") {
        None => Ok(()),
        Some(Read::Text(typ)) => match typ.as_ref() {
            "JWT" => Ok(()),
            "at+jwt" | "application/at+jwt" => Err(TokenError::Type),
            _ => Err(TokenError::Malformed),
        },
        Some(_) => Err(TokenError::Malformed),
    }
}

fn algorithm(header: &Members<'_>, algorithms: &[Algorithm]) -> Result<Algorithm, TokenError> {
    let name = header.text("alg").ok_or(TokenError::Algorithm)?;
    let algorithm = Algorithm::from_name(name).ok_or(TokenError::Algorithm)?;
    if algorithms.contains(&algorithm) { Ok(algorithm) } else { Err(TokenError::Algorithm) }
}

fn check_category(header: &Members<'_>) -> Result<(), TokenError> {
    match header.get("cat") {
        None => Ok(()),
        Some(Read::Text(category)) if [CATEGORY_SESSION, CATEGORY_IGNORE].contains(&category.as_ref()) => Ok(()),
        Some(Read::Text(_)) => Err(TokenError::Type),
        Some(_) => Err(TokenError::Malformed),
    }
}

fn key_id(header: &Members<'_>) -> Result<Option<String>, TokenError> {
    match header.get("kid") {
        None => Ok(None),
        Some(Read::Text(key_id)) if key_id.len() <= KEY_ID_BYTES => Ok(Some(key_id.as_ref().to_owned())),
        Some(_) => Err(TokenError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const RS256: &[Algorithm] = &[Algorithm::Rs256];

    fn parse(header: &Value) -> Result<(), TokenError> {
        let text = format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header.to_string()));
        UntrustedToken::parse(&text, RS256).map(|_| ())
    }

    #[test]
    fn a_token_tells_its_key_and_nothing_else() {
        let text = format!("{}.e30.AQI", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","kid":"ins_1"}"#));
        let token = UntrustedToken::parse(&text, RS256).unwrap();
        assert_eq!(
            (token.algorithm(), token.key_id(), token.signature()),
            (Algorithm::Rs256, Some("ins_1"), &[1, 2][..])
        );
        assert_eq!(token.signing_input(), text.strip_suffix(".AQI").unwrap().as_bytes());
    }

    #[test]
    fn form_comes_before_type_before_algorithm_before_category() {
        assert_eq!(parse(&json!({"alg": "none", "typ": "x", "cat": "x"})), Err(TokenError::Malformed));
        assert_eq!(parse(&json!({"alg": "none", "typ": "JWT", "cat": "x"})), Err(TokenError::Algorithm));
        assert_eq!(parse(&json!({"alg": "RS256", "cat": CATEGORY_TEMPLATE})), Err(TokenError::Type));
        assert_eq!(parse(&json!({"alg": "RS256", "cat": CATEGORY_MACHINE})), Err(TokenError::Type));
        assert_eq!(parse(&json!({"alg": "RS256", "cat": CATEGORY_IGNORE})), Ok(()));
        assert_eq!(parse(&json!({"alg": "RS256", "typ": "at+jwt"})), Err(TokenError::Type));
        assert_eq!(parse(&json!({"alg": "RS256", "typ": null})), Err(TokenError::Malformed));
        assert_eq!(parse(&json!({"alg": "RS256", "kid": null})), Err(TokenError::Malformed));
        assert_eq!(parse(&json!({"alg": "RS256", "cat": null})), Err(TokenError::Malformed));
        assert_eq!(parse(&json!({"alg": "RS256", "crit": []})), Err(TokenError::Malformed));
    }

    #[test]
    fn an_algorithm_counts_only_when_configured() {
        for name in ["none", "HS256", "PS256", "RS384", "rs256", "RS256 ", ""] {
            assert_eq!(parse(&json!({"alg": name})), Err(TokenError::Algorithm), "{name}");
        }
        assert_eq!(parse(&json!({})), Err(TokenError::Algorithm));
        assert_eq!(parse(&json!({"alg": ["RS256"]})), Err(TokenError::Algorithm));
    }

    #[test]
    fn a_part_more_or_less_or_empty_is_malformed() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#);
        for text in ["", ".", "..", "...", "a.b", "whatever", "null"] {
            assert_eq!(UntrustedToken::parse(text, RS256), Err(TokenError::Malformed), "{text}");
        }
        for text in [
            format!("{header}..AA"),
            format!("{header}.e30."),
            format!("{header}.e30.AA.AA"),
            format!("{header}.e30.AB"),
        ] {
            assert_eq!(UntrustedToken::parse(&text, RS256), Err(TokenError::Malformed), "{text}");
        }
    }

    #[test]
    fn length_is_bounded_at_exactly_the_limit() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#);
        let text = |length: usize| format!("{header}.e30.{}", "A".repeat(length - header.len() - 5));
        assert!(UntrustedToken::parse(&text(TOKEN_BYTES), RS256).is_ok());
        assert_eq!(UntrustedToken::parse(&text(TOKEN_BYTES + 1), RS256), Err(TokenError::Malformed));
    }

    #[test]
    fn an_opaque_token_is_of_another_type() {
        for text in ["ak_x", "mt_x", "oat_x"] {
            assert_eq!(UntrustedToken::parse(text, RS256), Err(TokenError::Type), "{text}");
        }
    }
}
