//! The core by itself, native: each step from a token's text to a verdict, and the whole of them.
//!
//! Signatures are taken as good, since that check is the host's; what is measured is all the rest. Run by `npm run bench`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Clippy takes helpers of tests for no tests.

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_edge::algorithm::Algorithm;
use clerk_edge::config::read_requirement;
use clerk_edge::gateway::{Gateway, Verdict};
use clerk_edge::method::{Method, MethodSet};
use clerk_edge::path::CanonicalPath;
use clerk_edge::ports::{CheckSignature, HostError};
use clerk_edge::public_key::PublicKey;
use clerk_edge::routes::{Match, Pattern, RouteTable};
use clerk_edge::token::UntrustedToken;
use clerk_edge::verifier::{TokenPolicy, Verified, Verifier};
use criterion::Criterion;
use serde_json::{Value, json};

use support::key::{key, key_set};
use support::request::{REQUEST_ID, Request, config};
use support::token::{ISSUER, Token, after};
use support::verifier::key_set_source;
use support::{TestHost, World};

/// More than the memory of verified tokens holds, so that each is fresh when its turn comes again.
const FRESH_TOKENS: usize = 5_000;
const ROUTES: [usize; 4] = [1, 10, 100, 1_000];
const PATH: &str = "/api/tenants/t_42/reports/2026/%7Eannual";

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    tokens(&mut criterion);
    routes(&mut criterion);
    requirement(&mut criterion);
    decision(&mut criterion);
    criterion.final_summary();
}

fn tokens(criterion: &mut Criterion) {
    let text = token().text();
    criterion.bench_function("parse", |bencher| {
        bencher.iter(|| UntrustedToken::parse(black_box(&text), &[Algorithm::Rs256]).unwrap());
    });
    let verifier = Verifier::new(host(), TokenPolicy::for_issuer(ISSUER), key_set_source());
    let mut fresh = fresh_tokens().into_iter().cycle();
    criterion.bench_function("parse and claims, fresh", |bencher| {
        bencher.iter_batched(
            || fresh.next().unwrap(),
            |text| verify(&verifier, &text),
            criterion::BatchSize::SmallInput,
        );
    });
    criterion.bench_function("remembered", |bencher| bencher.iter(|| verify(&verifier, black_box(&text))));
}

fn routes(criterion: &mut Criterion) {
    criterion.bench_function("canonical path", |bencher| {
        bencher.iter(|| CanonicalPath::parse(black_box(PATH)).unwrap());
    });
    let path = CanonicalPath::parse(PATH).unwrap();
    for count in ROUTES {
        let table = table(count);
        assert_eq!(table.find(&path, Some(Method::Get)), Match::Route(0));
        criterion.bench_function(&format!("route match of {count}"), |bencher| {
            bencher.iter(|| table.find(black_box(&path), Some(Method::Get)));
        });
    }
}

fn requirement(criterion: &mut Criterion) {
    let rule =
        json!({"any": [{"role": "org:owner"}, {"all": [{"role": "org:admin"}, {"permission": "org:reports:read"}]}]});
    let rule = read_requirement(&rule, "rule").unwrap();
    let verifier = Verifier::new(host(), TokenPolicy::for_issuer(ISSUER), key_set_source());
    let session = verify(&verifier, &token().text()).session;
    assert!(rule.check(&session).is_ok());
    criterion.bench_function("requirement", |bencher| bencher.iter(|| rule.check(black_box(&session))));
}

fn decision(criterion: &mut Criterion) {
    let routes: Vec<Value> = (0..100)
        .map(|index| json!({"path": pattern(index), "origin": "https://origin.example.com", "require": {"role": "org:admin"}}))
        .collect();
    let gateway = Gateway::new(config(json!({"routes": routes})).unwrap(), host());
    let head = |token: &str| {
        let request =
            Request::get(PATH).header("accept", "application/json").header("user-agent", "bench").bearer(token);
        request.header("accept-encoding", "gzip").head()
    };
    let decide = |head: &_| {
        let decision = pollster::block_on(gateway.decide(head, REQUEST_ID, after(0)));
        assert!(matches!(decision.verdict, Verdict::Forward(_)), "{:?}", decision.verdict);
    };
    let repeated = head(&token().text());
    criterion.bench_function("whole decision, repeated token", |bencher| bencher.iter(|| decide(black_box(&repeated))));
    let mut fresh = fresh_tokens().into_iter().map(|token| head(&token)).collect::<Vec<_>>().into_iter().cycle();
    criterion.bench_function("whole decision, fresh token", |bencher| {
        bencher.iter_batched(|| fresh.next().unwrap(), |head| decide(&head), criterion::BatchSize::SmallInput);
    });
}

/// A session token with an organization, as Clerk makes them.
fn token() -> Token {
    let organization = json!({"id": "org_2aBcDeFgHiJkLmNoPqRsTuVwXyZ", "rol": "admin", "slg": "acme", "per": "read,create", "fpm": "3"});
    Token::new()
        .claims(json!({"v": 2, "fea": "o:reports", "o": organization, "pla": "o:pro", "sts": "active", "fva": [0, -1]}))
}

/// Distinct ones, with the signature of one of them.
fn fresh_tokens() -> Vec<String> {
    let text = token().text();
    let parts: Vec<&str> = text.split('.').collect();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let one = |index: usize| {
        let mut claims = claims.clone();
        claims["sub"] = format!("user_{index:022}").into();
        format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims.to_string()), parts[2])
    };
    (0..FRESH_TOKENS).map(one).collect()
}

fn verify(verifier: &Verifier<TestHost<TakenAsGood>>, text: &str) -> Verified {
    pollster::block_on(verifier.verify(text, false, after(0))).unwrap()
}

fn table(count: usize) -> RouteTable {
    let mut table = RouteTable::new(false);
    for index in 0..count {
        table.insert(&Pattern::parse(&pattern(index)).unwrap(), MethodSet::ALL, index).unwrap();
    }
    table
}

/// The first one is the one of [`PATH`].
fn pattern(index: usize) -> String {
    if index == 0 { "/api/tenants/:tenant/*".to_owned() } else { format!("/api/resource-{index}/:id/*") }
}

fn host() -> TestHost<TakenAsGood> {
    TestHost { world: World::with_key_set(key_set(&[key().jwk()])), signatures: TakenAsGood }
}

/// Every signature is good, at once.
struct TakenAsGood;

impl CheckSignature for TakenAsGood {
    type Key = ();

    async fn import(&self, _: &PublicKey, _: Algorithm) -> Result<(), HostError> {
        Ok(())
    }

    async fn check(&self, (): &(), _: Algorithm, _: &[u8], _: &[u8]) -> Result<bool, HostError> {
        Ok(true)
    }
}
