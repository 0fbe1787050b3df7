//! What publishable keys, claims and cookies mean to both, and what a requirement makes of them.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_edge::claims::Session;
use clerk_edge::credentials::{Carrier, Credentials};
use clerk_edge::headers::HeaderList;
use clerk_edge::instance::{Instance, InstanceKind, publishable_key};
use clerk_edge::time::UnixTime;
use clerk_edge::verifier::{TokenPolicy, VerifyError};
use serde_json::{Value, json};

use crate::support::World;
use crate::support::key::{key, key_set};
use crate::support::request::config;
use crate::support::token::{ISSUER, NOW, Token, after};
use crate::support::verifier::{TestVerifier, key_set_source};
use crate::{assert_explained, list, text, vectors};

#[test]
fn publishable_keys_read_as_clerk_reads_them() {
    let Some(vectors) = vectors("publishable_key") else { return };
    let mut found = Vec::new();
    let cases = list(&vectors["parse"]);
    for case in cases {
        let expected = &case["expected"];
        let expected =
            expected["frontendApi"].as_str().map(|host| (text(&expected["instanceType"]).to_owned(), host.to_owned()));
        if parse(case) != expected {
            found.push(case["key"].to_string());
        }
    }
    assert_explained("publishable_key.parse", cases.len(), &found, &[]);

    let cases = list(&vectors["is_valid"]);
    let differs = |case: &&Value| {
        Instance::from_publishable_key(text(&case["key"])).is_ok() != case["expected"].as_bool().expect("a verdict")
    };
    let found: Vec<String> = cases.iter().filter(differs).map(|case| case["key"].to_string()).collect();
    assert_explained("publishable_key.is_valid", cases.len(), &found, &[]);

    // Clerk tells the kind by the host's suffix; here it is given, so only the encoding is compared.
    let cases = list(&vectors["build"]);
    let differs = |case: &&Value| {
        let expected = text(&case["expected"]);
        let kind = if expected.starts_with("pk_live_") { InstanceKind::Production } else { InstanceKind::Development };
        publishable_key(kind, text(&case["frontendApi"])) != expected
    };
    let found: Vec<String> = cases.iter().filter(differs).map(|case| case["frontendApi"].to_string()).collect();
    assert_explained("publishable_key.build", cases.len(), &found, &[]);

    let suffixes = vectors["cookie_suffix"].as_object().expect("an object");
    for (key, suffix) in suffixes {
        assert_eq!(Instance::from_publishable_key(key).unwrap().cookie_suffix(), text(suffix), "{key}");
    }
    println!("publishable_key.cookie_suffix: {} compared", suffixes.len());
}

/// Kind and Frontend API of a case, in Clerk's words.
fn parse(case: &Value) -> Option<(String, String)> {
    let mut instance = Instance::from_publishable_key(case["key"].as_str()?).ok()?;
    let options = &case["options"];
    if let Some(url) = options["proxyUrl"].as_str() {
        instance = instance.with_proxy_url(url).ok()?;
    } else if options["isSatellite"] == true {
        instance = instance.with_satellite_domain(text(&options["domain"])).ok()?;
    }
    let kind = match instance.kind() {
        InstanceKind::Production => "production",
        InstanceKind::Development => "development",
    };
    Some((kind.to_owned(), instance.frontend_api().trim_start_matches("https://").to_owned()))
}

/// The session of some claims, through a really signed token.
fn session(claims: &Value, issuer: &str, now: UnixTime) -> Result<Rc<Session>, VerifyError> {
    let world = World::with_key_set(key_set(&[key().jwk()]));
    let verifier = TestVerifier::new(&world, TokenPolicy::for_issuer(issuer), key_set_source());
    let token = Token::new().text_with_payload(claims.to_string().as_bytes());
    verifier.verify_at(&token, false, now).map(|verified| verified.session)
}

/// What `has()` is asked of, as claims of version 1, which hold anything; what Clerk has as null is left out.
fn claims_of_auth(auth: &Value) -> Value {
    let mut claims = json!({"iss": ISSUER, "sid": "sess_1", "exp": NOW + 60});
    for (name, claim) in [
        ("userId", "sub"),
        ("orgId", "org_id"),
        ("orgRole", "org_role"),
        ("orgPermissions", "org_permissions"),
        ("features", "fea"),
        ("plans", "pla"),
        ("factorVerificationAge", "fva"),
    ] {
        if !auth[name].is_null() {
            claims[claim] = auth[name].clone();
        }
    }
    claims
}

/// A route's `require` that says the same as the params of `has()`.
fn require(params: &Value) -> Value {
    let mut require = params.clone();
    if let Some(asked) = require.get_mut("reverification").and_then(Value::as_object_mut)
        && let Some(minutes) = asked.remove("afterMinutes")
    {
        asked.insert("after_minutes".into(), minutes);
    }
    require
}

/// Whether a session meets params, through a configuration; params that are a mistake there let nobody in.
fn has(session: Option<&Session>, params: &Value) -> bool {
    let route = json!({"path": "/", "origin": "zone", "require": require(params)});
    let requirement = config(json!({"routes": [route]})).ok().and_then(|mut config| config.routes.remove(0).require);
    match (session, requirement) {
        (Some(session), Some(requirement)) => requirement.check(session).is_ok(),
        (None, _) | (_, None) => false,
    }
}

#[test]
fn a_requirement_means_what_clerks_has_means() {
    let Some(vectors) = vectors("has") else { return };
    let (mut found, mut compared, mut granted) = (Vec::new(), 0, 0);
    for case in list(&vectors) {
        let session = session(&claims_of_auth(&case["auth"]), ISSUER, after(0)).ok();
        for check in list(&case["checks"]) {
            let expected = check["expected"].as_bool().expect("a verdict");
            let actual = has(session.as_deref(), &check["params"]);
            compared += 1;
            granted += usize::from(actual);
            if actual != expected {
                found.push(format!("{} {} is {actual}", text(&case["id"]), check["params"]));
            }
        }
    }
    assert!(granted > 20, "only {granted} of {compared} were granted: the sessions are not read");
    assert_explained("has", compared, &found, &[]);
}

#[test]
fn claims_fold_into_the_session_that_clerk_makes_of_them() {
    let Some(vectors) = vectors("claims_to_auth") else { return };
    let explained = [(
        "fea element missing colon throws",
        "Clerk's SDK throws, which is an answer 500; here the list is unreadable, so no permission and no feature is had",
    )];
    let mut found = Vec::new();
    let cases = list(&vectors);
    for case in cases {
        let mut claims = case["claims"].clone();
        // A subject that is not `user_…` is refused here, on purpose; the vectors have plain "sub" for brevity.
        claims["sub"] = json!("user_sub");
        let now = UnixTime::from_seconds(claims["iat"].as_i64().expect("a time"));
        claims["exp"] = json!(now.plus(60).seconds());
        let session = session(&claims, "https://api.clerk.com", now).unwrap();
        let mut expected = case["expected"].clone();
        if expected["userId"] == "sub" {
            expected["userId"] = json!("user_sub");
        }
        if auth_of_session(&session) != expected {
            found.push(text(&case["id"]).to_owned());
        }
    }
    assert_explained("claims_to_auth", cases.len(), &found, &explained);
}

/// A session in the words of Clerk's `toAuth()`, in which what is undefined is left out.
fn auth_of_session(session: &Session) -> Value {
    let ages = session.factor_ages.map(|ages| {
        let minutes = |age: Option<f64>| age.map_or(json!(-1), |age| json!(age as i64));
        json!([minutes(ages.first), minutes(ages.second)])
    });
    let mut auth = json!({
        "userId": session.user_id, "sessionId": session.session_id, "factorVerificationAge": ages,
        "sessionStatus": session.claims.get("sts"),
    });
    assert_eq!(session.pending, auth["sessionStatus"] == "pending");
    if let Some(actor) = &session.actor {
        auth["actor"] = json!(actor);
    }
    if let Some(organization) = &session.organization {
        auth["orgId"] = json!(organization.id);
        auth["orgPermissions"] = json!(organization.permissions);
        for (name, value) in [("orgRole", &organization.role), ("orgSlug", &organization.slug)] {
            if let Some(value) = value {
                auth[name] = json!(value);
            }
        }
    }
    auth
}

#[test]
fn the_session_cookie_is_chosen_as_clerk_chooses_it() {
    let Some(vectors) = vectors("cookie_suffix_selection") else { return };
    let Some(keys) = crate::vectors("keys") else { return };
    let mut found = Vec::new();
    let cases = list(&vectors["cases"]);
    for case in cases {
        let instance = Instance::from_publishable_key(text(&keys[text(&case["pk"])])).unwrap();
        // The two session cookies of a case often hold the same token; here each also says which cookie it is from.
        let token = |kind: &str, cookie: &str| {
            let (iss, iat) = match kind {
                "session" => (json!(instance.issuer()), NOW),
                "newSession" => (json!(instance.issuer()), NOW + 60),
                "badIss" => (json!("http:whatever"), NOW),
                "numIss" => (json!(123), NOW),
                other => return other.to_owned(),
            };
            let claims = json!({"iss": iss, "iat": iat, "exp": iat + 60, "cookie": cookie}).to_string();
            format!("e30.{}.AA", URL_SAFE_NO_PAD.encode(claims))
        };
        let cookies = case["cookies"].as_object().expect("an object");
        let pairs = cookies.iter().map(|(name, value)| {
            format!("{}={}", name.replace("SFX", instance.cookie_suffix()), token(text(value), name))
        });
        let header = HeaderList::new(vec![("cookie".into(), pairs.collect::<Vec<_>>().join("; "))]);
        let actual = Credentials::find(&header, Some(&instance), after(0)).unwrap();
        assert!(actual.as_ref().is_none_or(|credentials| credentials.carrier == Carrier::Cookie));
        let expected = case["session"].as_str().map(|kind| match kind {
            "suffixed" => token(text(&cookies["__session_SFX"]), "__session_SFX"),
            kind => token(kind, "__session"),
        });
        if actual.map(|credentials| credentials.token) != expected {
            found.push(text(&case["id"]).to_owned());
        }
    }
    assert_explained("cookie_suffix_selection", cases.len(), &found, &[]);
}
