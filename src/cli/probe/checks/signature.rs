//! Signatures that are not the issuer's: checks 13 to 18, and 20.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::Request;
use crate::cli::probe::listener::Listener;
use crate::cli::probe::source::Source;
use crate::cli::probe::tokens::{Pattern, Token, base64, hmac_sha256};
use crate::cli::probe::trial::{Report, Trial};

mod tamper;

use tamper::{pem_of, tampered};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: 13,
        slug: "tampered-token",
        severity: Severity::Must,
        title: "a changed token is 401 with error=\"invalid_token\"",
        why: "RFC 7515 section 5.2; RFC 6750 section 3.1; ASVS 5.0 V9.1.1",
        topic: Topic::Verify,
        run: tampered_token,
    },
    Check {
        id: 14,
        slug: "foreign-key",
        severity: Severity::Must,
        title: "a token of another key under the same kid is 401",
        why: "ASVS 5.0 V9.1.1, V9.1.3",
        topic: Topic::Verify,
        run: foreign_key,
    },
    Check {
        id: 15,
        slug: "alg-none",
        severity: Severity::Must,
        title: "a token without a signature is 401, however none is spelt",
        why: "RFC 8725 section 3.1; ASVS 5.0 V9.1.2",
        topic: Topic::Verify,
        run: no_signature,
    },
    Check {
        id: 16,
        slug: "alg-confusion",
        severity: Severity::Must,
        title: "the public key is no HMAC secret",
        why: "RFC 8725 section 2.1; ASVS 5.0 V9.1.2",
        topic: Topic::Verify,
        run: confused_key,
    },
    Check {
        id: 17,
        slug: "other-algorithms",
        severity: Severity::Must,
        title: "no algorithm but RS256 is taken",
        why: "RFC 8725 section 3.1; ASVS 5.0 V9.1.2: an allow-list of algorithms",
        topic: Topic::Verify,
        run: other_algorithms,
    },
    Check {
        id: 18,
        slug: "offered-keys",
        severity: Severity::Must,
        title: "keys that the token itself offers are neither used nor fetched",
        why: "ASVS 5.0 V9.1.3; RFC 8725 section 3.10; CWE-918",
        topic: Topic::Verify,
        run: offered_keys,
    },
    Check {
        id: 20,
        slug: "critical-headers",
        severity: Severity::Should,
        title: "crit is understood or refused, and a member counts once",
        why: "RFC 7515 sections 4, 4.1.11; RFC 7797 section 6; RFC 7519 section 4",
        topic: Topic::Verify,
        run: critical_headers,
    },
];

/// How long a server that fetches offered keys beside the request is waited for, in milliseconds.
const CALLBACK_MS: u64 = 200;

fn tampered_token(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let genuine = probe.any_token()?;
    let tampered = tampered(&genuine);
    if tampered.is_empty() {
        return Err(Stop::skip("the token given is no JWT, so there is nothing in it to change"));
    }
    for token in tampered {
        let request = Request::get(probe.protected()).bearer(&token);
        let answer = trial.rejected(&request);
        if let Some(answer) = answer.filter(|answer| answer.status == 401) {
            let is_told = answer.joined("www-authenticate").contains("error=\"invalid_token\"");
            trial.judge(Severity::Should, &request, "error=\"invalid_token\"", is_told, &answer.summary());
        }
    }
    trial.end()
}

fn foreign_key(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    trial.rejected(&Request::get(probe.protected()).bearer(&probe.forged("of another key, same kid")?));
    trial.end()
}

fn no_signature(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let pattern = probe.pattern()?;
    let payload = base64(pattern.claims_with(&Value::Null));
    for algorithm in ["none", "None", "NONE", "nOnE", "", "RS256"] {
        let header = base64(pattern.header_with(&json!({"alg": algorithm})));
        let token = Token::new(format!("{header}.{payload}."), format!("alg {algorithm:?}, no signature"));
        trial.rejected(&Request::get(probe.protected()).bearer(&token));
    }
    let header = base64(pattern.header_with(&json!({"alg": "none"})));
    for (text, kind) in [
        (format!("{header}.{payload}"), "alg \"none\", two segments"),
        (format!("{header}.{payload}.AAAA"), "alg \"none\", some signature"),
    ] {
        trial.rejected(&Request::get(probe.protected()).bearer(&Token::new(text, kind)));
    }
    trial.end()
}

fn confused_key(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let pattern = probe.pattern()?;
    let header = pattern.header_with(&json!({"alg": "HS256"}));
    let claims = pattern.claims_with(&Value::Null);
    let mut secrets = vec![("no secret", String::new()), ("the secret \"secret\"", "secret".to_owned())];
    match public_key(probe)? {
        Some((pem, jwk)) => secrets.extend(as_secrets(&pem, &jwk)),
        None => trial.note("the public key is not known, so only empty and weak secrets were tried: set CLERK_JWT_KEY"),
    }
    for (kind, secret) in secrets {
        let token = hmac_sha256(&header, &claims, secret.as_bytes(), &format!("HS256 under {kind}"));
        trial.rejected(&Request::get(probe.protected()).bearer(&token));
    }
    trial.end()
}

/// The public key as PEM and as JWK, from whoever knows it.
fn public_key(probe: &Probe) -> Result<Option<(String, Value)>, Stop> {
    let set = match &probe.source {
        Source::StandIn(stand_in) => stand_in.key_set()?,
        Source::Clerk(clerk) => clerk.key_set()?,
        Source::Forged => return Ok(std::env::var("CLERK_JWT_KEY").ok().map(|pem| (with_lines(&pem), Value::Null))),
    };
    let jwk = set.pointer("/keys/0").cloned().unwrap_or_default();
    Ok(pem_of(&jwk).map(|pem| (pem, jwk)))
}

/// A PEM as it is in a file: many a variable has `\\n` for its line ends.
fn with_lines(pem: &str) -> String {
    pem.replace("\\n", "\n")
}

fn as_secrets(pem: &str, jwk: &Value) -> Vec<(&'static str, String)> {
    let bare = pem.trim_end().to_owned();
    let mut secrets =
        vec![("the public key as PEM", format!("{bare}\n")), ("the public key as PEM without the last newline", bare)];
    if let Some(modulus) = jwk.get("n").and_then(Value::as_str) {
        secrets.push(("the public key as JWK", jwk.to_string()));
        secrets.push(("the modulus", modulus.to_owned()));
    }
    secrets
}

fn other_algorithms(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let pattern = probe.pattern()?;
    let payload = base64(pattern.claims_with(&Value::Null));
    // A signature of noughts is one that broken verifiers of ECDSA take.
    for algorithm in ["ES256", "ES384", "EdDSA"] {
        let header = base64(pattern.header_with(&json!({"alg": algorithm})));
        let token = Token::new(format!("{header}.{payload}.{}", base64([0; 64])), format!("{algorithm}, all noughts"));
        trial.rejected(&Request::get(probe.protected()).bearer(&token));
    }
    for algorithm in ["PS256", "RS384", "RS512"] {
        let header = pattern.header_with(&json!({"alg": algorithm}));
        let token = probe.sign(&header, &pattern.claims_with(&Value::Null), &format!("{algorithm}, rightly signed"))?;
        let request = Request::get(probe.protected()).bearer(&token);
        trial.expect_as(Severity::Should, &request, "401", |answer| answer.status == 401);
    }
    trial.end()
}

fn offered_keys(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let pattern = probe.pattern()?;
    let jwk = json!(probe.forge.public_jwk("ins_forged")?);
    let listener = Listener::serving(json!({"keys": [jwk]}).to_string())?;
    for (members, kind) in offers(&jwk, &listener.url()) {
        let header = pattern.header_with(&members);
        let claims = pattern.claims_with(&Value::Null);
        let token = probe.forge.sign(header.as_bytes(), claims.as_bytes(), kind)?;
        let request = Request::get(probe.protected()).bearer(&token);
        let before = listener.callbacks();
        trial.rejected(&request);
        std::thread::sleep(Duration::from_millis(CALLBACK_MS / 4));
        let came = listener.callbacks() - before;
        trial.judge(Severity::Must, &request, "no callback", came == 0, &format!("{came} callbacks"));
    }
    if !probe.client.target().is_loopback() {
        trial.note("the API is on another machine, so a callback to this one may not arrive");
    }
    trial.end()
}

fn offers(jwk: &Value, url: &str) -> Vec<(Value, &'static str)> {
    let certificate = "MIIBszCCARygAwIBAgIBATANBgkqhkiG9w0BAQsFADANMQswCQYDVQQDDAJDQTAe";
    vec![
        (json!({"jwk": jwk}), "offers its key as jwk"),
        (json!({"jwk": jwk, "kid": "ins_forged"}), "offers its key as jwk, under its kid"),
        (json!({"jku": url}), "offers a key set by jku"),
        (json!({"jku": url, "kid": "ins_forged"}), "offers a key set by jku, under its kid"),
        (json!({"x5u": url}), "offers a certificate by x5u"),
        (json!({"x5c": [certificate]}), "offers a certificate as x5c"),
        (json!({"kid": url}), "has an address for a kid"),
    ]
}

fn critical_headers(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::should(probe);
    let pattern = probe.pattern()?;
    let claims = pattern.claims_with(&Value::Null);
    for (members, kind) in [
        (json!({"crit": ["urn:x"], "urn:x": true}), "crit names what nobody knows"),
        (json!({"crit": ["b64"], "b64": false}), "b64 is false"),
        (json!({"crit": []}), "crit is empty"),
    ] {
        let token = probe.sign(&pattern.header_with(&members), &claims, kind)?;
        trial.rejected(&Request::get(probe.protected()).bearer(&token));
    }
    for (header, claims, kind) in duplicates(&pattern) {
        let token = probe.sign(&header, &claims, kind)?;
        let request = Request::get(probe.protected()).bearer(&token);
        trial.expect_as(Severity::Info, &request, "401", |answer| answer.status == 401);
    }
    trial.end()
}

/// Parts with a member twice. A parser that keeps the last is allowed, and one that keeps the first is not.
fn duplicates(pattern: &Pattern) -> [(String, String, &'static str); 2] {
    let header = pattern.header_with(&Value::Null);
    let claims = pattern.claims_with(&Value::Null);
    let twice = |text: &str, member: &str| format!("{{{member},{}", text.trim_start_matches('{'));
    [
        (twice(&header, r#""alg":"none""#), claims.clone(), "alg twice"),
        (header, twice(&claims, r#""sub":"user_attacker""#), "sub twice"),
    ]
}
