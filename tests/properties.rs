//! Laws that hold for every input: what is flipped, aliased, traversed or plain rubbish never passes and never panics.
//!
//! A table of attacks knows yesterday's; a law holds for tomorrow's too. One token is signed and then bent.

#![cfg(not(target_arch = "wasm32"))]

mod support;

use std::sync::LazyLock;

use clerk_edge::config::Config;
use clerk_edge::credentials::{Credentials, Provenance};
use clerk_edge::gateway::{BUILT_IN_HANDLERS, Decision, Verdict};
use clerk_edge::headers::HeaderList;
use clerk_edge::instance::Instance;
use clerk_edge::keys::KeySet;
use clerk_edge::path::{CanonicalPath, Special};
use clerk_edge::public_key::PublicKey;
use clerk_edge::routes::Pattern;
use clerk_edge::token::TokenError;
use clerk_edge::verifier::{OriginPattern, VerifyError};
use percent_encoding::percent_decode_str;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use support::World;
use support::key::{key, key_set};
use support::request::{Request, TestGateway, Variables, instance};
use support::token::{Token, after};
use support::verifier::TestVerifier;

/// One good token for the whole file.
static TOKEN: LazyLock<String> = LazyLock::new(|| {
    Token::new()
        .claims(json!({"v": 2, "fea": "o:a", "o": {"id": "org_1", "rol": "admin", "per": "x", "fpm": "1"}}))
        .text()
});

const ORIGIN: &str = "https://origin.example.com/base";

/// A gateway with a route of each access, one of which has each special spelling.
fn gateway() -> TestGateway {
    TestGateway::new(json!({
        "authorized_parties": ["https://app.example.com"],
        "routes": [
            {"path": "/public/*", "access": "public", "origin": ORIGIN},
            {"path": "/optional/:id", "access": "optional", "origin": ORIGIN, "methods": ["GET"]},
            {"path": "/api/*", "origin": ORIGIN, "strip_prefix": "/api"},
            {"path": "/api/admin/*", "origin": ORIGIN, "require": {"role": "org:owner"}},
            {"path": "/any/*", "access": "public", "origin": ORIGIN, "allow_in_path": Special::ALL.map(Special::spelling)},
            {"path": "/me", "serve": "whoami"},
        ],
    }))
}

/// A decision in one text; `with_query` says whether the query of a forwarded address is part of it.
fn told(decision: &Decision<'_>, with_query: bool) -> String {
    let route = decision.route.map(|route| route.pattern.as_str());
    let user = decision.session.as_ref().map(|session| &session.user_id);
    let verdict = match &decision.verdict {
        Verdict::Refuse(refusal) => refusal.code().to_owned(),
        Verdict::Serve(serve) => serve.handler.to_owned(),
        Verdict::Forward(forward) => {
            let url = if with_query { &forward.url } else { forward.url.split('?').next().unwrap_or_default() };
            format!("{url} {:?}", forward.headers)
        }
        Verdict::Preflight(headers) => format!("preflight {headers:?}"),
        Verdict::Upgrade(upgrade) => format!("upgrade {}", upgrade.forward.url),
        Verdict::Webhook(_) | Verdict::Deliver(_) | Verdict::Repeat => "webhook".to_owned(),
        Verdict::AssertionKeys(_) => "keys".to_owned(),
    };
    format!("{route:?} {user:?} {verdict}")
}

/// A path that is often routed and sometimes bent.
fn path() -> impl Strategy<Value = String> {
    let start =
        select(vec!["/public", "/optional", "/api", "/api/admin", "/any", "/me", "", "/.well-known/clerk-edge/health"]);
    (start, "(/([a-z.~@]|%2f|%2e|%61|;|é){0,4}){0,3}").prop_map(|(start, rest)| format!("{start}{rest}"))
}

fn maybe_signed_in(request: Request, signed_in: bool) -> Request {
    if signed_in { request.bearer(&TOKEN) } else { request }
}

#[test]
fn every_flipped_bit_of_a_token_is_refused() {
    let verifier = TestVerifier::in_world(&World::with_key_set(key_set(&[key().jwk()])));
    assert!(verifier.verify(&TOKEN, 0).is_ok());
    let mut flipped = 0;
    for (index, byte) in TOKEN.bytes().enumerate() {
        for bit in 0..8 {
            // As the platform hands a header over: each byte one character.
            let bent: String =
                TOKEN.bytes().enumerate().map(|(at, byte)| char::from(byte ^ (u8::from(at == index) << bit))).collect();
            let error = verifier.verify(&bent, 0).err();
            assert!(is_told(error), "bit {bit} of byte {index} ({}): {error:?}", char::from(byte));
            flipped += 1;
        }
    }
    assert_eq!(flipped, 8 * TOKEN.len());
}

#[test]
fn every_changed_missing_or_added_character_of_a_token_is_refused() {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let verifier = TestVerifier::in_world(&World::with_key_set(key_set(&[key().jwk()])));
    assert!(verifier.verify(&TOKEN, 0).is_ok());
    for padding in ["=", "==", " ", ".", "A"] {
        assert!(is_told(verifier.verify(&format!("{}{padding}", *TOKEN), 0).err()), "{padding:?} at the end");
    }
    for (index, byte) in TOKEN.bytes().enumerate() {
        let place = ALPHABET.iter().position(|other| *other == byte).unwrap_or(0);
        for step in [1, 2, 4, 8, 16, 32] {
            let mut bent = TOKEN.clone().into_bytes();
            bent[index] = ALPHABET[place ^ step];
            let bent = String::from_utf8(bent).unwrap();
            let error = verifier.verify(&bent, 0).err();
            assert!(is_told(error), "character {index}: {error:?}");
        }
        let (before, after) = TOKEN.split_at(index);
        assert!(is_told(verifier.verify(before, 0).err()), "cut at {index}");
        assert!(is_told(verifier.verify(&format!("{before}{}", &after[1..]), 0).err()), "without character {index}");
        for inserted in ["=", "==", ".", " ", "\n", "\0", "A"] {
            let bent = format!("{before}{inserted}{after}");
            assert!(is_told(verifier.verify(&bent, 0).err()), "{inserted:?} at {index}");
        }
    }
}

/// Bent tokens are told as such before anything of their claims is.
fn is_told(error: Option<VerifyError>) -> bool {
    use TokenError::{Algorithm, Malformed, Type};
    use VerifyError::{KeyId, Signature};
    matches!(error, Some(VerifyError::Token(Malformed | Algorithm | Type) | KeyId | Signature))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_query_or_fragment_changes_nothing(path in path(), tail in "[?#][ -~]{0,24}", signed_in: bool) {
        let gateway = gateway();
        let bare = maybe_signed_in(Request::get(&path), signed_in);
        let tailed = maybe_signed_in(Request::get(&format!("{path}{tail}")), signed_in);
        prop_assert_eq!(told(&gateway.decide(&bare), false), told(&gateway.decide(&tailed), false));
    }

    #[test]
    fn no_alias_of_an_owned_header_reaches_an_origin(
        name in select(vec![
            "x-clerk-user-id", "x-clerk-org-role", "x-clerk-edge-assertion", "x-clerk-claims-truncated", "x-forwarded-for",
            "x-forwarded-host", "x-forwarded-prefix", "forwarded", "x-real-ip", "x-original-url", "x-rewrite-url", "x-host",
            "x-http-method-override", "x-method-override", "x-middleware-subrequest", "x-nextjs-data", "x-request-id",
        ]),
        bends in vec((any::<bool>(), select("!#$%&'*+-.^_`|~".chars().collect::<Vec<_>>())), 32),
        more in "([a-z0-9_-]{1,8})?",
        path in select(vec!["/public/x", "/optional/x", "/api/x", "/any/x"]),
        signed_in: bool,
    ) {
        let prefixed = ["x-clerk", "x-forwarded", "x-middleware", "x-nextjs", "x-original"];
        let more = if prefixed.iter().any(|prefix| name.starts_with(prefix)) { more } else { String::new() };
        let alias: String = name.chars().chain(more.chars()).zip(bends.iter().cycle()).map(|(letter, (upper, separator))| {
            if letter == '-' { *separator } else if *upper { letter.to_ascii_uppercase() } else { letter }
        }).collect();
        let gateway = gateway();
        let decision = gateway.decide(&maybe_signed_in(Request::get(path).header(&alias, "spoofed"), signed_in));
        if let Verdict::Forward(forward) = &decision.verdict {
            prop_assert!(!forward.headers.iter().any(|(_, value)| value.contains("spoofed")), "{}: {:?}", alias, forward.headers);
            let mut names: Vec<_> = forward.headers.iter().map(|(name, _)| name.to_lowercase()).collect();
            names.sort_unstable();
            names.dedup();
            prop_assert_eq!(names.len(), forward.headers.len(), "each name once");
        } else {
            prop_assert!(path == "/api/x" && !signed_in, "{}", told(&decision, true));
        }
    }

    #[test]
    fn no_header_about_another_request_changes_a_decision(
        path in path(),
        method in select(vec!["GET", "POST", "BREW"]),
        name in select(vec![
            "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Uri", "X-Forwarded-Prefix",
            "X-Forwarded-Method", "Forwarded", "X-Original-URL", "X-Rewrite-URL", "X-Host", "Host", "X-HTTP-Method",
            "X-HTTP-Method-Override", "X-Method-Override", "X-Real-IP", "X-Request-Id", "X-Middleware-Subrequest",
        ]),
        value in select(vec![
            "/public/x", "/.well-known/clerk-edge/health", "GET", "DELETE", "https", "localhost", "127.0.0.1",
            "app.example.com", "host=app.example.com;proto=https", "https://app.example.com", "middleware",
        ]),
        signed_in: bool,
    ) {
        let gateway = gateway();
        let plain = maybe_signed_in(Request::new(method, &path), signed_in);
        let bent = plain.clone().header(name, value);
        prop_assert_eq!(told(&gateway.decide(&plain), true), told(&gateway.decide(&bent), true));
    }

    #[test]
    fn no_longer_traversal_leaves_the_targets_own_path(route in select(ROUTES.to_vec()), segments in vec(select(BENT.to_vec()), 3..7)) {
        let path = format!("{route}{}", segments.join("/"));
        prop_assert_eq!(escaped(&gateway(), &path), None);
    }

    #[test]
    fn rubbish_as_a_token_never_panics_and_never_passes(text in "\\PC{0,80}", bytes in vec(any::<u8>(), 0..80)) {
        let verifier = TestVerifier::in_world(&World::with_key_set(key_set(&[key().jwk()])));
        let latin_1: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        let (head, tail) = TOKEN.split_once('.').unwrap();
        for token in [text.clone(), latin_1.clone(), format!("{head}.{latin_1}"), format!("{text}.{tail}"), format!("{latin_1}.{text}.x")] {
            prop_assert!(is_told(verifier.verify(&token, 0).err()), "{token:?}");
        }
    }

    #[test]
    fn rubbish_in_a_head_never_panics(
        method in "\\PC{0,8}", target in "[/?#%. -~é\\x00]{0,40}", name in "\\PC{0,12}", value in "\\PC{0,40}",
        known in select(vec!["authorization", "cookie", "origin", "sec-fetch-site", "connection", "host"]),
    ) {
        let gateway = gateway();
        let request = Request::new(&method, &target).header(&name, &value).header(known, &value).header(known, &name);
        let decision = gateway.decide(&request);
        prop_assert!(decision.session.is_none());
        let _ = request.header("cookie", &value).head().headers.for_origin(false);
        let headers = HeaderList::new(vec![(known.to_owned(), value.clone()), (name.clone(), value.clone())]);
        let _ = Credentials::find(&headers, Some(&instance()), after(0));
        let _ = Provenance::of(&headers, &value, &[]);
        let cookie = format!("__session={value}; __session_{}={name}", instance().cookie_suffix());
        let _ = Credentials::find(&HeaderList::new(vec![("cookie".into(), cookie)]), Some(&instance()), after(0));
    }

    #[test]
    fn rubbish_as_a_path_or_pattern_never_panics(text in "\\PC{0,40}", bytes in "/[/%.;:*\\\\a-f0-9é\\x00]{0,40}") {
        for text in [text, bytes] {
            let _ = CanonicalPath::parse(&text);
            let _ = Pattern::parse(&text);
        }
    }

    #[test]
    fn rubbish_as_a_key_set_never_panics(bytes in vec(any::<u8>(), 0..64), at: prop::sample::Index, byte: u8, value in json_value()) {
        let _ = KeySet::parse(&bytes);
        let _ = PublicKey::from_pem(&String::from_utf8_lossy(&bytes));
        let mut bent = key_set(&[key().jwk()]).into_bytes();
        let index = at.index(bent.len());
        bent[index] = byte;
        let _ = KeySet::parse(&bent);
        let jwk = key().jwk();
        for name in jwk.as_object().unwrap().keys() {
            let mut bent = jwk.clone();
            bent[name] = value.clone();
            let _ = KeySet::parse(key_set(&[bent, value.clone()]).as_bytes());
        }
    }

    #[test]
    fn rubbish_as_a_configuration_never_panics_and_says_where(gateway in configuration(), text in "\\PC{0,24}") {
        let names = ["CLERK_PUBLISHABLE_KEY", "CLERK_ISSUER", "CLERK_PROXY_URL", "CLERK_SECRET_KEY", "CLERK_JWT_KEY", "CLERK_API_URL"];
        let mut environments = vec![Variables::of_gateway(gateway.clone())];
        for name in names {
            let mut variables = Variables::of_gateway(gateway.clone());
            variables.0.insert(name.to_owned(), json!(text));
            environments.push(variables);
        }
        for environment in environments {
            if let Err(mistakes) = Config::read(&environment, &BUILT_IN_HANDLERS) {
                prop_assert!(!mistakes.is_empty());
                for mistake in mistakes {
                    prop_assert!(mistake.place.starts_with("GATEWAY") || names.contains(&mistake.place.as_str()), "{}", mistake);
                    prop_assert!(!mistake.text.is_empty());
                }
            }
        }
        let _ = clerk_edge::config::health_paths(&Variables::of_gateway(gateway));
        let _ = Instance::from_publishable_key(&text);
        let _ = OriginPattern::parse(&text);
    }
}

const ROUTES: [&str; 3] = ["/api/", "/any/", "/public/"];

/// Segments that some server somewhere takes for a way up.
const BENT: [&str; 38] = [
    "..",
    ".",
    "%2e%2e",
    ".%2E",
    "%2e",
    "..%2f",
    "..%2f..",
    "..%5c..",
    "%5c",
    "\\..",
    "..;",
    "..;x=y",
    "..%3b",
    "%252e%252e",
    "%252e%252e%252f",
    "..%252f..",
    "..%25%32%66..",
    "%25%32%65%25%32%65",
    "a",
    "a.b",
    "...",
    "",
    "%2f",
    "%00",
    "..%00",
    "%c0%ae%c0%ae",
    "%u002e",
    "x%2f..%2f..%2f..",
    "api",
    "@evil.org",
    "..%09",
    "..%20",
    "~",
    "%7e..",
    "..?",
    "..#",
    "..%3f",
    "..%23",
];

/// The address that a request for `path` is forwarded to, where that is not below the target's own path.
fn escaped(gateway: &TestGateway, path: &str) -> Option<String> {
    let decision = gateway.decide(&Request::get(path).bearer(&TOKEN));
    let Verdict::Forward(forward) = &decision.verdict else { return None };
    let address = forward.url.split('?').next().unwrap_or_default();
    let below = address.strip_prefix(ORIGIN).filter(|below| below.starts_with('/'));
    let is_inside = below.is_some_and(|below| (0..=3).all(|times| stays_inside(below, times)));
    (!is_inside).then(|| forward.url.clone())
}

#[test]
fn no_traversal_leaves_the_targets_own_path() {
    let gateway = gateway();
    let mut forwarded = 0;
    for route in ROUTES {
        for first in BENT {
            for second in BENT {
                for path in [format!("{route}{first}/{second}"), format!("{route}{first}{second}/..")] {
                    assert_eq!(escaped(&gateway, &path), None, "{path}");
                    forwarded += usize::from(matches!(
                        gateway.decide(&Request::get(&path).bearer(&TOKEN)).verdict,
                        Verdict::Forward(_)
                    ));
                }
            }
        }
    }
    assert!(forwarded > 200, "only {forwarded} are forwarded: there was nothing to leave");
}

/// Whether a path stays below its start for an origin that decodes it some times and splits at whatever it may.
fn stays_inside(below: &str, decodings: usize) -> bool {
    let mut text = below.to_owned();
    for _ in 0..decodings {
        text = percent_decode_str(&text).decode_utf8_lossy().into_owned();
    }
    let mut depth = 0_i32;
    for segment in text.split(['/', '\\']) {
        match segment.split([';', '?', '#', '\0']).next().unwrap_or_default() {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return false;
        }
    }
    true
}

#[test]
fn the_judge_of_traversals_knows_one_when_it_sees_one() {
    for (path, decodings, inside) in [
        ("/a/../b", 0, true),
        ("/../b", 0, false),
        ("/%2e%2e/b", 0, true),
        ("/%2e%2e/b", 1, false),
        ("/%252e%252e/b", 1, true),
        ("/%252e%252e/b", 2, false),
        ("/..;x/b", 0, false),
        ("/\\..\\b", 0, false),
        ("/a%5c..%5c..", 1, false),
    ] {
        assert_eq!(stays_inside(path, decodings), inside, "{path} {decodings}");
    }
}

/// Any JSON, not large.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        select(vec!["", "AA", "AQAB", "RSA", "."]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec(("[a-z_]{0,8}", inner), 0..3).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A configuration whose keys are often the real ones, so that rubbish gets deep, and whose values are often right.
fn configuration() -> impl Strategy<Value = Value> {
    let keys = vec![
        "routes",
        "authorized_parties",
        "missing_azp",
        "audience",
        "clock_skew_seconds",
        "algorithms",
        "keys_from",
        "forward_token",
        "timeout_seconds",
        "case_sensitive",
        "path",
        "methods",
        "access",
        "require",
        "origin",
        "service",
        "serve",
        "strip_prefix",
        "allow_in_path",
        "role",
        "permission",
        "feature",
        "plan",
        "reverification",
        "organization",
        "claim",
        "equals",
        "in",
        "all",
        "any",
        "level",
        "after_minutes",
        "unknown",
    ];
    let texts = vec![
        "/api/*",
        "/api/:id",
        "/",
        "zone",
        "https://origin.example.com/base",
        "GET",
        "public",
        "required",
        "org:admin",
        "strict",
        "RS256",
        "backend-api",
        "same-origin",
        "%2F",
        ";",
        "whoami",
        "ORDERS",
        "metadata.role",
        "https://*.example.com",
        "",
    ];
    let leaf = prop_oneof![3 => select(texts).prop_map(Value::from), 1 => json_value()];
    let some = keys.clone();
    let value = leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            1 => vec(inner.clone(), 0..4).prop_map(Value::from),
            2 => vec((select(some.clone()), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
        ]
    });
    // Routes that are right but for one member, so that what stands behind the first mistake is read too.
    let path = select(vec!["/api/*", "/API/*", "/api/:id", "/api/:name", "/"]);
    let route = (path, select(keys), value.clone(), value.clone()).prop_map(|(path, key, any, require)| {
        let mut route = json!({"path": path, "origin": "https://origin.example.com", "require": require});
        route[key] = any;
        route
    });
    prop_oneof![
        1 => value.clone(),
        1 => vec(value, 0..4).prop_map(|routes| json!({"routes": routes})),
        4 => vec(route, 0..4).prop_map(|routes| json!({"routes": routes})),
    ]
}
