//! Each carrier and each of Clerk's cookie rules, and what proves a site.

use serde_json::json;

use super::*;
use crate::instance::publishable_key;

fn headers(headers: &[(&str, &str)]) -> HeaderList {
    HeaderList::new(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn find(value: &[(&str, &str)]) -> Result<Option<(String, Carrier)>, CredentialsError> {
    let found = Credentials::find(&headers(value), None, UnixTime::from_seconds(0))?;
    Ok(found.map(|credentials| (credentials.token, credentials.carrier)))
}

#[test]
fn a_bearer_token_is_taken_whatever_the_case_of_its_scheme() {
    for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER  a.b.c"] {
        assert_eq!(find(&[("Authorization", value)]), Ok(Some(("a.b.c".into(), Carrier::Header))), "{value}");
    }
}

#[test]
fn any_other_authorization_is_malformed() {
    for value in [
        "",
        "Bearer",
        "Bearer ",
        "a.b.c",
        "Basic dTpw",
        "Token a.b.c",
        "DPoP a.b.c",
        "Bearer null",
        "Bearer undefined",
        "Bearer a b",
        "Bearer\ta.b.c",
    ] {
        assert_eq!(
            find(&[("authorization", value), ("cookie", "__session=good")]),
            Err(CredentialsError::Malformed),
            "{value}"
        );
    }
}

#[test]
fn only_spaces_and_tabs_are_white_space_around_a_token() {
    assert_eq!(find(&[("authorization", " \tBearer a.b.c\t ")]), Ok(Some(("a.b.c".into(), Carrier::Header))));
    for value in ["Bearer a.b.c\u{a0}", "Bearer \u{2003}a.b.c", "\u{a0}Bearer a.b.c", "Bearer a.b.c\u{c}"] {
        let found = find(&[("authorization", value)]);
        assert_ne!(found, Ok(Some(("a.b.c".into(), Carrier::Header))), "{value:?}");
        assert_ne!(found, Ok(None), "{value:?}");
    }
}

#[test]
fn two_authorization_values_are_ambiguous() {
    assert_eq!(find(&[("authorization", "Bearer a, Bearer b")]), Err(CredentialsError::Ambiguous));
    assert_eq!(find(&[("authorization", "Bearer a"), ("Authorization", "Bearer b")]), Err(CredentialsError::Ambiguous));
}

#[test]
fn a_header_wins_over_a_cookie() {
    assert_eq!(
        find(&[("cookie", "__session=c"), ("authorization", "Bearer h")]),
        Ok(Some(("h".into(), Carrier::Header)))
    );
}

#[test]
fn cookies_are_split_before_they_are_decoded_and_the_first_counts() {
    let cookie = |value: &str| find(&[("cookie", value)]).unwrap().map(|(token, _)| token);
    assert_eq!(cookie("a=1; __session=x%2Ey; __session=z").as_deref(), Some("x.y"));
    assert_eq!(cookie("sid=x%3B__session%3Dforged"), None);
    assert_eq!(cookie("__session=%zz").as_deref(), Some("%zz"));
    assert_eq!(cookie("__session="), None);
    assert_eq!(cookie("x__session=1; __sessionx=2"), None);
    assert_eq!(cookie(&format!("{}; __session=x", "a".repeat(COOKIE_BYTES))), None);
}

const NOW: i64 = 1_717_490_192;

fn token(claims: &Value) -> String {
    format!("e30.{}.AA", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// Which of the two session cookies counts: Clerk's own cases, spelt here as the cookies that are there.
fn chosen(kind: InstanceKind, cookies: &[(&str, &str)]) -> Option<&'static str> {
    let instance = Instance::from_publishable_key(&publishable_key(kind, "clerk.example.com")).unwrap();
    let at = |iss: Value, iat: i64| token(&json!({"iss": iss, "iat": iat, "exp": iat + 60}));
    let values = [
        ("session", at(json!("https://clerk.example.com"), NOW)),
        ("newer", at(json!("https://clerk.example.com"), NOW + 60)),
        ("expired", at(json!("https://clerk.example.com"), NOW - 3600)),
        ("foreign", at(json!("https://clerk.other.com"), NOW)),
        ("numeric", at(json!(123), NOW)),
        ("anonymous", token(&json!({"iat": NOW}))),
    ];
    let value =
        |name: &str| values.iter().find(|(held, _)| *held == name).map_or(name.to_owned(), |(_, token)| token.clone());
    let pairs = cookies
        .iter()
        .map(|(name, content)| format!("{}={}", name.replace("SFX", instance.cookie_suffix()), value(content)));
    let header = pairs.collect::<Vec<_>>().join("; ");
    let found = session_cookie(&Cookies(&header), Some(&instance), UnixTime::from_seconds(NOW))?;
    let carried = |name: &str| cookies.iter().any(|(held, content)| *held == name && value(content) == found);
    if carried("__session") && !carried("__session_SFX") {
        Some("plain")
    } else if carried("__session_SFX") && !carried("__session") {
        Some("suffixed")
    } else {
        Some("either")
    }
}

#[test]
fn the_suffixed_cookie_is_chosen_by_clerks_rules() {
    use InstanceKind::{Development, Production};
    let uat = |plain: &'static str, suffixed: &'static str| [("__client_uat", plain), ("__client_uat_SFX", suffixed)];
    for (kind, cookies, expected) in [
        (Production, vec![("__client_uat", "1"), ("__session", "session")], Some("plain")),
        (
            Production,
            [&uat("1", "2")[..], &[("__session", "newer"), ("__session_SFX", "session")]].concat(),
            Some("plain"),
        ),
        (
            Production,
            [&uat("1", "2")[..], &[("__session", "session"), ("__session_SFX", "newer")]].concat(),
            Some("suffixed"),
        ),
        (Development, [&uat("1", "0")[..], &[("__session", "session")]].concat(), Some("plain")),
        (
            Production,
            [&uat("0", "0")[..], &[("__session", "session"), ("__session_SFX", "newer")]].concat(),
            Some("suffixed"),
        ),
        (
            Production,
            [&uat("1", "2")[..], &[("__session", "foreign"), ("__session_SFX", "session")]].concat(),
            Some("suffixed"),
        ),
        (
            Production,
            [&uat("1", "2")[..], &[("__session", "numeric"), ("__session_SFX", "session")]].concat(),
            Some("suffixed"),
        ),
        (
            Production,
            [&uat("1", "2")[..], &[("__session", "anonymous"), ("__session_SFX", "session")]].concat(),
            Some("plain"),
        ),
        (
            Production,
            [&uat("1", "2")[..], &[("__session", "rubbish"), ("__session_SFX", "session")]].concat(),
            Some("plain"),
        ),
        (Production, [&uat("0", "0")[..], &[("__session", "session")]].concat(), None),
        (
            Development,
            [&uat("0", "2")[..], &[("__session", "expired"), ("__session_SFX", "expired")]].concat(),
            Some("either"),
        ),
        (
            Development,
            [&uat("0", "2")[..], &[("__session", "session"), ("__session_SFX", "expired")]].concat(),
            Some("plain"),
        ),
        (
            Production,
            [&uat("0", "2")[..], &[("__session", "session"), ("__session_SFX", "expired")]].concat(),
            Some("suffixed"),
        ),
        (Production, vec![("__session_SFX", "session")], None),
        (Production, vec![("__client_uat_SFX", "2"), ("__session_SFX", "session")], Some("suffixed")),
        (
            Production,
            vec![("__session", "session"), ("__session_other", "newer"), ("__client_uat_other", "9")],
            Some("plain"),
        ),
        (Production, vec![], None),
    ] {
        assert_eq!(chosen(kind, &cookies), expected, "{kind:?} {cookies:?}");
    }
}

#[test]
fn a_site_is_proved_by_fetch_metadata_and_else_by_origin() {
    let parties = [OriginPattern::parse("https://app.example.com").unwrap()];
    let of = |list: &[(&str, &str)]| {
        let proved = Provenance::of(&headers(list), "https://api.example.com", &parties);
        (proved.same_origin, proved.same_site)
    };
    for (list, expected) in [
        (vec![], (false, false)),
        (vec![("sec-fetch-site", "same-origin")], (true, true)),
        (vec![("sec-fetch-site", "none")], (true, true)),
        (vec![("sec-fetch-site", "same-site")], (false, true)),
        (vec![("sec-fetch-site", "same-site"), ("origin", "https://app.example.com")], (true, true)),
        (vec![("sec-fetch-site", "cross-site"), ("origin", "https://app.example.com")], (false, false)),
        (vec![("sec-fetch-site", "Same-Origin")], (false, false)),
        (vec![("sec-fetch-site", "same-origin, cross-site")], (false, false)),
        (vec![("origin", "https://api.example.com")], (true, true)),
        (vec![("origin", "https://app.example.com")], (true, true)),
        (vec![("origin", "https://evil.org")], (false, false)),
        (vec![("origin", "null")], (false, false)),
        (vec![("origin", "https://api.example.com.evil.org")], (false, false)),
    ] {
        assert_eq!(of(&list), expected, "{list:?}");
    }
}
