//! Runs vectors of tokens and of webhooks through the real checks; the same for native Rust and for wasm.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use clerk_edge::algorithm::Algorithm;
use clerk_edge::headers::HeaderList;
use clerk_edge::keys::KeySource;
use clerk_edge::ports::CheckSignature;
use clerk_edge::time::UnixTime;
use clerk_edge::verifier::{MissingAzp, OriginPattern, TokenPolicy, Verifier, VerifyError};
use clerk_edge::webhook::{UnverifiedDelivery, WebhookSecrets};
use serde_json::Value;

use super::{TestHost, World};

/// How a file of vectors came out.
#[derive(Default)]
pub struct Outcome {
    pub passed: usize,
    pub debatable: usize,
    pub failures: Vec<String>,
}

impl Outcome {
    pub fn line(&self, name: &str) -> String {
        format!(
            "{name}: {} passed, {} failed, {} debatable (run, any verdict)",
            self.passed,
            self.failures.len(),
            self.debatable
        )
    }

    fn count(&mut self, case: &Value, accepted: bool, verdict: &str) {
        let expected = match case["expect"].as_str() {
            Some("accept") => true,
            Some("reject") => false,
            other => panic!("{}: expect is {other:?}", case["id"]),
        };
        if !case["debatable"].is_null() {
            self.debatable += 1;
        } else if accepted == expected {
            self.passed += 1;
        } else {
            self.failures.push(format!("{}: expected {}, got {verdict}", case["id"], case["expect"]));
        }
    }
}

/// Runs every case of a `tokens*.json` document.
pub async fn run<S: CheckSignature + Clone>(document: &Value, signatures: S) -> Outcome {
    let mut outcome = Outcome::default();
    for case in document["cases"].as_array().expect("a list `cases`") {
        let verdict = verdict(case, signatures.clone()).await;
        outcome.count(case, verdict.is_ok(), &format!("{verdict:?}: {}", case["why"]));
    }
    outcome
}

/// Runs every case of a `webhooks*.json` document.
pub fn run_webhooks(document: &Value) -> Outcome {
    let mut outcome = Outcome::default();
    for case in document["cases"].as_array().expect("a list `cases`") {
        let verdict = webhook_verdict(case);
        outcome.count(case, verdict.is_ok(), &format!("{verdict:?}: {}", case["reason"]));
    }
    outcome
}

fn webhook_verdict(case: &Value) -> Result<(), String> {
    let header = |(name, value): (&String, &Value)| (name.clone(), value.as_str().expect("a text").to_owned());
    let headers =
        HeaderList::new(case["headers"].as_object().expect("an object `headers`").iter().map(header).collect());
    let now = UnixTime::from_seconds(case["now"].as_i64().expect("a number `now`"));
    let secrets = WebhookSecrets::parse(case["secret"].as_str().expect("a text")).map_err(|error| error.to_string())?;
    let delivery = UnverifiedDelivery::read(&headers, now).map_err(|error| error.to_string())?;
    delivery.verify(&secrets, &webhook_body(case)).map(|_| ()).map_err(|error| error.to_string())
}

fn webhook_body(case: &Value) -> Vec<u8> {
    let repeat = &case["body_repeat"];
    match (case["body_b64"].as_str(), repeat["char"].as_str(), repeat["count"].as_u64()) {
        (Some(text), _, _) => STANDARD.decode(text).unwrap(),
        (None, Some(text), Some(count)) => text.repeat(usize::try_from(count).unwrap()).into_bytes(),
        (None, _, _) => panic!("{}: no body", case["id"]),
    }
}

/// What the verifier says of one case: once fresh, and once more, when it may remember the token.
pub async fn verdict<S: CheckSignature>(case: &Value, signatures: S) -> Result<(), VerifyError> {
    let token = case["token"].as_str().expect("a text `token`");
    let now = UnixTime::from_seconds(case["options"]["now"].as_i64().expect("a number `now`"));
    let world = World::with_key_set(case["jwks"].to_string());
    let source = KeySource::KeySet { url: "https://clerk.example.com/.well-known/jwks.json".into(), bearer: None };
    let verifier = Verifier::new(TestHost { world, signatures }, policy(case, token), source);
    let fresh = verifier.verify(token, false, now).await.map(|_| ());
    let again = verifier.verify(token, false, now).await.map(|_| ());
    assert_eq!(fresh.is_ok(), again.is_ok(), "{}: the second verdict differs", case["id"]);
    fresh
}

pub fn policy(case: &Value, token: &str) -> TokenPolicy {
    let options = &case["options"];
    let texts = |name: &str| -> Vec<String> {
        let list = options[name].as_array().cloned().unwrap_or_default();
        list.iter().map(|text| text.as_str().expect("a text").to_owned()).collect()
    };
    let algorithms = texts("algorithms");
    TokenPolicy {
        issuer: options["issuer"].as_str().map_or_else(|| own_issuer(token), str::to_owned),
        algorithms: algorithms.iter().filter_map(|name| Algorithm::from_name(name)).collect(),
        authorized_parties: parties(&texts("authorized_parties")),
        missing_azp: MissingAzp::Reject,
        audience: texts("audience"),
        clock_skew_seconds: options["clock_skew_s"].as_u64().and_then(|skew| u32::try_from(skew).ok()).unwrap_or(5),
    }
}

/// Vectors without an issuer leave `iss` open; this verifier always checks it, so it is given the token's own.
fn own_issuer(token: &str) -> String {
    let payload = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Option<Value> = payload.and_then(|payload| serde_json::from_slice(&payload).ok());
    claims
        .and_then(|claims| claims["iss"].as_str().map(str::to_owned))
        .unwrap_or_else(|| "https://clerk.example.com".into())
}

/// A party that is no origin matches nothing, but a list of such still asks for one.
pub fn parties(texts: &[String]) -> Vec<OriginPattern> {
    let nobody = || OriginPattern::parse("https://nobody.invalid").unwrap();
    texts.iter().map(|text| OriginPattern::parse(text).unwrap_or_else(|_| nobody())).collect()
}
