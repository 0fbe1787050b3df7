//! Every boundary of a session token, told by the exact error: a check that is off by one second, or that comes in
//! another order, lets somebody in or tells a stranger something.

#![cfg(not(target_arch = "wasm32"))]

mod support;

use clerk_edge::algorithm::Algorithm;
use clerk_edge::keys::{KeyOrigin, KeySource};
use clerk_edge::limits::{TOKEN_BYTES, UNIX_TIME_SECONDS};
use clerk_edge::time::UnixTime;
use clerk_edge::token::TokenError;
use clerk_edge::verifier::{MissingAzp, OriginPattern, TokenPolicy, VerifyError};
use serde_json::{Value, json};
use support::World;
use support::key::{key, key_set, other_key};
use support::token::{APP, ISSUER, NOW, Token, after};
use support::verifier::{TestVerifier, key_set_source};

const MALFORMED: VerifyError = VerifyError::Token(TokenError::Malformed);
const TYPE: VerifyError = VerifyError::Token(TokenError::Type);
const ALGORITHM: VerifyError = VerifyError::Token(TokenError::Algorithm);

fn policy() -> TokenPolicy {
    TokenPolicy::for_issuer(ISSUER)
}

fn policy_with_skew(clock_skew_seconds: u32) -> TokenPolicy {
    TokenPolicy { clock_skew_seconds, ..policy() }
}

/// The verdict of a new verifier.
fn verdict_at(policy: TokenPolicy, token: &str, now: UnixTime) -> Result<(), VerifyError> {
    TestVerifier::with_policy(policy).verify_at(token, false, now).map(|_| ())
}

fn verdict(token: &Token) -> Result<(), VerifyError> {
    verdict_at(policy(), &token.text(), after(0))
}

#[test]
fn a_token_holds_until_its_expiry_and_the_skew_have_passed() {
    let token = Token::new().claims(json!({"exp": NOW, "iat": NOW - 60, "nbf": NOW - 60})).text();
    for (skew, seconds, expected) in [
        (5, -1, Ok(())),
        (5, 0, Ok(())),
        (5, 4, Ok(())),
        (5, 5, Err(VerifyError::Expired)),
        (0, -1, Ok(())),
        (0, 0, Err(VerifyError::Expired)),
        (300, 299, Ok(())),
        (300, 300, Err(VerifyError::Expired)),
    ] {
        assert_eq!(verdict_at(policy_with_skew(skew), &token, after(seconds)), expected, "skew {skew}, {seconds} s");
    }
}

#[test]
fn a_token_starts_and_was_made_no_later_than_now_and_the_skew() {
    for (claim, error) in [("nbf", VerifyError::NotActiveYet), ("iat", VerifyError::IssuedInTheFuture)] {
        for (skew, ahead, expected) in [(5, 5, Ok(())), (5, 6, Err(error)), (0, 0, Ok(())), (0, 1, Err(error))] {
            let token = Token::new().claim(claim, json!(NOW + ahead)).text();
            assert_eq!(verdict_at(policy_with_skew(skew), &token, after(0)), expected, "{claim} +{ahead}, skew {skew}");
        }
    }
}

#[test]
fn a_time_at_the_end_of_the_calendar_is_read_and_one_beyond_is_malformed() {
    for (claim, value, expected) in [
        ("exp", UNIX_TIME_SECONDS, Ok(())),
        ("exp", UNIX_TIME_SECONDS + 1, Err(MALFORMED)),
        ("exp", i64::MAX, Err(MALFORMED)),
        ("exp", 0, Err(VerifyError::Expired)),
        ("exp", -UNIX_TIME_SECONDS, Err(VerifyError::Expired)),
        ("exp", -UNIX_TIME_SECONDS - 1, Err(MALFORMED)),
        ("exp", i64::MIN, Err(MALFORMED)),
        ("nbf", UNIX_TIME_SECONDS, Err(VerifyError::NotActiveYet)),
        ("nbf", UNIX_TIME_SECONDS + 1, Err(MALFORMED)),
        ("nbf", -UNIX_TIME_SECONDS, Ok(())),
        ("nbf", -UNIX_TIME_SECONDS - 1, Err(MALFORMED)),
        ("iat", UNIX_TIME_SECONDS, Err(VerifyError::IssuedInTheFuture)),
        ("iat", UNIX_TIME_SECONDS + 1, Err(MALFORMED)),
        ("iat", -UNIX_TIME_SECONDS, Ok(())),
        ("iat", -UNIX_TIME_SECONDS - 1, Err(MALFORMED)),
    ] {
        assert_eq!(verdict(&Token::new().claim(claim, json!(value))), expected, "{claim} {value}");
    }
}

#[test]
fn a_clock_at_the_end_of_the_calendar_decides_like_any_other() {
    let ends = |exp: i64, nbf: i64| Token::new().claims(json!({"exp": exp, "nbf": nbf, "iat": nbf})).text();
    let (first, last) = (UnixTime::from_seconds(i64::MIN), UnixTime::from_seconds(i64::MAX));
    let forever = ends(UNIX_TIME_SECONDS, -UNIX_TIME_SECONDS);
    assert_eq!(verdict_at(policy(), &forever, first), Ok(()));
    assert_eq!(verdict_at(policy(), &forever, last), Ok(()));
    assert_eq!(verdict_at(policy_with_skew(0), &forever, last), Err(VerifyError::Expired));
    assert_eq!(verdict_at(policy(), &ends(UNIX_TIME_SECONDS - 5, 0), last), Err(VerifyError::Expired));
    assert_eq!(verdict_at(policy(), &ends(0, 5 - UNIX_TIME_SECONDS), first), Ok(()));
    assert_eq!(verdict_at(policy(), &ends(0, 6 - UNIX_TIME_SECONDS), first), Err(VerifyError::NotActiveYet));
}

#[test]
fn a_fraction_of_a_second_is_dropped() {
    let token = |exp: &str| Token::new().text_with_payload(payload(&[("exp", exp)]).as_bytes());
    for (exp, expected) in [
        ("1749999995.999", Err(VerifyError::Expired)),
        ("1749999996.001", Ok(())),
        ("1.75e9", Ok(())),
        ("1e400", Err(MALFORMED)),
        ("-1e400", Err(MALFORMED)),
        ("1e20", Err(MALFORMED)),
        ("NaN", Err(MALFORMED)),
        ("0x6", Err(MALFORMED)),
        ("017", Err(MALFORMED)),
    ] {
        assert_eq!(verdict_at(policy(), &token(exp), after(0)), expected, "{exp}");
    }
}

/// A payload as text, so that it can be no JSON in one place: the least that makes a session, and `members`.
fn payload(members: &[(&str, &str)]) -> String {
    let least = [("sub", "\"user_1\""), ("sid", "\"sess_1\""), ("iss", "\"https://clerk.example.com\"")];
    let all = least.iter().chain(members).map(|(name, value)| format!("\"{name}\":{value}"));
    format!("{{{}}}", all.collect::<Vec<_>>().join(","))
}

#[test]
fn a_claim_that_is_missing_null_or_of_the_wrong_kind_is_told_exactly() {
    use VerifyError::{Issuer, SessionPending, Subject};
    const FINE: Result<(), VerifyError> = Ok(());
    // Claim; without it; null; and values of other kinds.
    for (claim, missing, null, others) in [
        ("exp", Err(MALFORMED), Err(MALFORMED), vec![(json!("1"), Err(MALFORMED)), (json!([1]), Err(MALFORMED))]),
        ("nbf", FINE, Err(MALFORMED), vec![(json!("1"), Err(MALFORMED)), (json!(true), Err(MALFORMED))]),
        ("iat", FINE, Err(MALFORMED), vec![(json!("1"), Err(MALFORMED)), (json!({}), Err(MALFORMED))]),
        (
            "sub",
            Err(Subject),
            Err(Subject),
            vec![
                (json!(1), Err(Subject)),
                (json!(""), Err(Subject)),
                (json!("user_"), Err(Subject)),
                (json!("USER_1"), Err(Subject)),
                (json!(["user_1"]), Err(Subject)),
                (json!("mch_1"), Err(TYPE)),
            ],
        ),
        ("sid", Err(TYPE), Err(TYPE), vec![(json!(""), Err(MALFORMED)), (json!(1), Err(MALFORMED))]),
        (
            "iss",
            Err(Issuer),
            Err(Issuer),
            vec![
                (json!(1), Err(Issuer)),
                (json!([ISSUER]), Err(Issuer)),
                (json!("https://clerk.example.com/"), Err(Issuer)),
                (json!("http://clerk.example.com"), Err(Issuer)),
                (json!("https://CLERK.example.com"), Err(Issuer)),
                (json!("https://clerk.example.com.evil.org"), Err(Issuer)),
                (json!(""), Err(Issuer)),
            ],
        ),
        ("azp", FINE, Err(MALFORMED), vec![(json!(1), Err(MALFORMED)), (json!([APP]), Err(MALFORMED))]),
        (
            "sts",
            FINE,
            FINE,
            vec![
                (json!("active"), FINE),
                (json!("pending"), Err(SessionPending)),
                (json!("revoked"), Err(MALFORMED)),
                (json!(1), Err(MALFORMED)),
            ],
        ),
        ("act", FINE, FINE, vec![(json!("user_2"), Err(MALFORMED)), (json!({"sub": "user_2"}), FINE)]),
        ("org_id", FINE, FINE, vec![(json!(1), Err(MALFORMED)), (json!(""), FINE)]),
        ("fea", FINE, Err(MALFORMED), vec![(json!({}), Err(MALFORMED)), (json!("rubbish"), FINE)]),
        ("pla", FINE, Err(MALFORMED), vec![(json!(7), Err(MALFORMED)), (json!("rubbish"), FINE)]),
        ("fva", FINE, FINE, vec![(json!("rubbish"), FINE), (json!([1]), FINE)]),
        ("aud", FINE, FINE, vec![(json!(7), FINE)]),
        ("v", FINE, FINE, vec![(json!("2"), FINE), (json!(3), FINE)]),
        ("o", FINE, FINE, vec![(json!(7), FINE)]),
    ] {
        assert_eq!(verdict(&Token::new().without(claim)), missing, "without {claim}");
        assert_eq!(verdict(&Token::new().claim(claim, Value::Null)), null, "{claim} null");
        for (value, expected) in others {
            assert_eq!(verdict(&Token::new().claim(claim, value.clone())), expected, "{claim} {value}");
        }
    }
    for (organization, expected) in
        [(json!(7), Err(MALFORMED)), (json!({}), Err(MALFORMED)), (json!({"id": "org_1"}), FINE), (json!(null), FINE)]
    {
        let token = Token::new().claims(json!({"v": 2, "o": organization}));
        assert_eq!(verdict(&token), expected, "v 2, o {organization}");
    }
}

#[test]
fn a_signed_payload_that_is_no_object_of_unique_members_is_malformed() {
    let exp = ("exp", "1750000060");
    assert_eq!(verdict_at(policy(), &Token::new().text_with_payload(payload(&[exp]).as_bytes()), after(0)), Ok(()));
    let texts = [
        "null".to_owned(),
        "[]".to_owned(),
        "\"user_1\"".to_owned(),
        "{".to_owned(),
        "{}x".to_owned(),
        format!("\u{feff}{}", payload(&[exp])),
        format!("{}{}", payload(&[exp]), payload(&[exp])),
        payload(&[exp, exp]),
        payload(&[exp, ("sub", "\"user_2\"")]),
        payload(&[exp, ("x", r#"{"a":1,"a":1}"#)]),
        payload(&[exp, ("x", &format!("{}{}", "[".repeat(100), "]".repeat(100)))]),
    ];
    for text in texts {
        assert_eq!(
            verdict_at(policy(), &Token::new().text_with_payload(text.as_bytes()), after(0)),
            Err(MALFORMED),
            "{text}"
        );
        let forged = Token::new().forged_by(other_key()).text_with_payload(text.as_bytes());
        assert_eq!(verdict_at(policy(), &forged, after(0)), Err(VerifyError::Signature), "{text} is not looked at");
    }
    let latin_1 = payload(&[exp, ("x", "\"?\"")]).replace('?', "\u{1}").into_bytes();
    let latin_1: Vec<u8> = latin_1.into_iter().map(|byte| if byte == 1 { 0xe9 } else { byte }).collect();
    assert_eq!(verdict_at(policy(), &Token::new().text_with_payload(&latin_1), after(0)), Err(MALFORMED));
}

#[test]
fn checks_come_in_a_fixed_order_with_the_signature_first() {
    let everything_wrong = Token::new()
        .claims(json!({
            "sub": "nobody", "iss": "https://evil.org", "aud": "other", "azp": "https://evil.org",
            "exp": NOW - 100, "nbf": NOW + 100, "iat": NOW + 100, "sts": "pending",
        }))
        .forged_by(other_key());
    let policy = TokenPolicy {
        audience: vec!["api".into()],
        authorized_parties: vec![OriginPattern::parse(APP).unwrap()],
        ..policy()
    };
    let check = |token: &Token| verdict_at(policy.clone(), &token.text(), after(0));
    assert_eq!(check(&everything_wrong), Err(VerifyError::Signature));
    let mut token = everything_wrong.forged_by(key());
    for (error, claim, mended) in [
        (VerifyError::Subject, "sub", json!("user_1")),
        (VerifyError::Issuer, "iss", json!(ISSUER)),
        (VerifyError::Audience, "aud", json!("api")),
        (VerifyError::AuthorizedParty, "azp", json!(APP)),
        (VerifyError::Expired, "exp", json!(NOW + 60)),
        (VerifyError::NotActiveYet, "nbf", json!(NOW)),
        (VerifyError::IssuedInTheFuture, "iat", json!(NOW)),
        (VerifyError::SessionPending, "sts", json!("active")),
    ] {
        assert_eq!(check(&token), Err(error));
        token = token.claim(claim, mended);
    }
    assert_eq!(check(&token), Ok(()));
}

#[test]
fn a_header_is_judged_before_its_key_and_its_key_before_the_signature() {
    let forged = Token::new().claim("exp", json!("rubbish")).forged_by(other_key());
    for (token, expected) in [
        (forged.clone().header("crit", json!(["exp"])), MALFORMED),
        (forged.clone().header("typ", json!("at+jwt")), TYPE),
        (forged.clone().header("alg", json!("none")), ALGORITHM),
        (forged.clone().header("alg", json!("HS256")), ALGORITHM),
        (forged.clone().header("cat", json!("cl_B7d4PD222AAA")), TYPE),
        (forged.clone().header("kid", json!("ins_unknown")), VerifyError::KeyId),
        (forged.clone().header("kid", json!("")), VerifyError::KeyId),
        (forged.clone().header("kid", json!(key().id.to_uppercase())), VerifyError::KeyId),
        (forged.clone().without_header("kid"), VerifyError::KeyId),
        (forged.clone().header("jwk", other_key().jwk()), VerifyError::Signature),
        (forged, VerifyError::Signature),
    ] {
        assert_eq!(verdict(&token), Err(expected), "{}", token.text());
    }
}

#[test]
fn a_token_is_read_up_to_its_longest_length() {
    let with_padding = |length: usize| Token::new().claim("padding", json!("x".repeat(length))).text();
    let room = (TOKEN_BYTES - with_padding(0).len()) * 3 / 4;
    let longest =
        (room - 4..room + 4).map(with_padding).filter(|text| text.len() <= TOKEN_BYTES).max_by_key(String::len);
    let longest = longest.unwrap();
    assert!(longest.len() > TOKEN_BYTES - 3, "{}", longest.len());
    assert_eq!(verdict_at(policy(), &longest, after(0)), Ok(()));
    assert_eq!(verdict_at(policy(), &with_padding(room + 4), after(0)), Err(MALFORMED));
}

#[test]
fn a_remembered_token_expires_on_the_second_that_a_new_one_does() {
    let verifier = TestVerifier::with_policy(policy());
    let token = Token::new().claim("exp", json!(NOW + 60)).text();
    for (seconds, expected) in
        [(0, Ok(false)), (1, Ok(true)), (64, Ok(true)), (65, Err(VerifyError::Expired)), (64, Ok(true))]
    {
        assert_eq!(verifier.verify(&token, seconds).map(|verified| verified.remembered), expected, "{seconds} s");
    }
    assert_eq!(verifier.world.fetches.get(), 1);
}

#[test]
fn a_remembered_token_is_held_to_its_start_when_the_clock_goes_back() {
    let verifier = TestVerifier::with_policy(policy());
    let token = Token::new().claims(json!({"nbf": NOW, "iat": NOW - 10})).text();
    assert!(verifier.verify(&token, 0).is_ok());
    assert!(verifier.verify(&token, -5).unwrap().remembered);
    assert_eq!(verifier.verify(&token, -6).map(|_| ()), Err(VerifyError::NotActiveYet));
}

#[test]
fn a_remembered_token_is_asked_for_its_party_on_each_request() {
    let parties = vec![OriginPattern::parse(APP).unwrap()];
    let verifier = TestVerifier::with_policy(TokenPolicy { authorized_parties: parties, ..policy() });
    let token = Token::new().without("azp").text();
    let verify = |same_origin| verifier.verify_at(&token, same_origin, after(0)).map(|verified| verified.remembered);
    assert_eq!(verify(false), Err(VerifyError::AuthorizedParty));
    assert_eq!(verify(true), Ok(false), "a refused token must not be remembered");
    assert_eq!(verify(false), Err(VerifyError::AuthorizedParty));
    assert_eq!(verify(true), Ok(true));
}

#[test]
fn a_refused_token_is_refused_again() {
    let verifier = TestVerifier::with_policy(policy());
    for (token, error) in [
        (Token::new().forged_by(other_key()), VerifyError::Signature),
        (Token::new().claim("iss", json!("https://evil.org")), VerifyError::Issuer),
        (Token::new().claim("sts", json!("pending")), VerifyError::SessionPending),
        (Token::new().claim("exp", json!(NOW - 5)), VerifyError::Expired),
    ] {
        let text = token.text();
        for _ in 0..2 {
            assert_eq!(verifier.verify(&text, 0).map(|_| ()), Err(error));
        }
    }
}

#[test]
fn other_keys_empty_the_memory() {
    let verifier = TestVerifier::with_policy(policy());
    let token = Token::long_lived().text();
    let remembered = |seconds| verifier.verify(&token, seconds).map(|verified| verified.remembered);
    assert_eq!((remembered(0), remembered(0)), (Ok(false), Ok(true)));
    verifier.world.publish(key_set(&[key().jwk(), other_key().jwk()]));
    assert!(verifier.verify_new(&Token::long_lived().by(other_key()), 30).is_ok());
    assert_eq!((remembered(30), remembered(30)), (Ok(false), Ok(true)));
}

#[test]
fn a_missing_party_is_decided_by_policy_and_a_wrong_one_never_passes() {
    let (none, listed) = (vec![], vec![OriginPattern::parse(APP).unwrap()]);
    let absent = Token::new().without("azp");
    let right = Token::new();
    let wrong = Token::new().claim("azp", json!("https://evil.org"));
    let empty = Token::new().claim("azp", json!(""));
    for (missing_azp, same_origin, absent_is_fine) in [
        (MissingAzp::Accept, false, true),
        (MissingAzp::Accept, true, true),
        (MissingAzp::SameOrigin, false, false),
        (MissingAzp::SameOrigin, true, true),
        (MissingAzp::Reject, false, false),
        (MissingAzp::Reject, true, false),
    ] {
        let verdict = |token: &Token, authorized_parties: &Vec<OriginPattern>| {
            let policy = TokenPolicy { authorized_parties: authorized_parties.clone(), missing_azp, ..policy() };
            TestVerifier::with_policy(policy).verify_at(&token.text(), same_origin, after(0)).map(|_| ())
        };
        let refused = Err(VerifyError::AuthorizedParty);
        let expected = if absent_is_fine { Ok(()) } else { refused };
        assert_eq!(verdict(&absent, &listed), expected, "{missing_azp:?} {same_origin}");
        assert_eq!((verdict(&right, &listed), verdict(&wrong, &listed)), (Ok(()), refused));
        assert_eq!(verdict(&empty, &listed), refused);
        assert_eq!((verdict(&absent, &none), verdict(&wrong, &none)), (Ok(()), Ok(())));
    }
}

#[test]
fn an_audience_is_a_text_or_a_list_of_texts_alone() {
    let policy = TokenPolicy { audience: vec!["api".into(), "other".into()], ..policy() };
    let verdict = |token: Token| verdict_at(policy.clone(), &token.text(), after(0));
    for good in [json!("api"), json!("other"), json!(["api"]), json!(["x", "api"]), json!(["api", "api"])] {
        assert_eq!(verdict(Token::new().claim("aud", good.clone())), Ok(()), "{good}");
    }
    for bad in [
        json!("x"),
        json!("API"),
        json!("api "),
        json!("ap"),
        json!(""),
        json!([]),
        json!(["x"]),
        json!([["api"]]),
        json!(["api", 1]),
        json!(["api", null]),
        json!({"api": true}),
        json!(null),
        json!(1),
        json!("api,other"),
    ] {
        assert_eq!(verdict(Token::new().claim("aud", bad.clone())), Err(VerifyError::Audience), "{bad}");
    }
    assert_eq!(verdict(Token::new()), Err(VerifyError::Audience));
}

#[test]
fn an_algorithm_counts_only_when_configured() {
    use Algorithm::{Rs256, Rs384};
    let mut unbound = key().jwk();
    unbound.as_object_mut().unwrap().remove("alg");
    let verdict = |algorithms: &[Algorithm], jwk: &Value, token: &Token| {
        let policy = TokenPolicy { algorithms: algorithms.to_vec(), ..policy() };
        let world = World::with_key_set(key_set(std::slice::from_ref(jwk)));
        TestVerifier::new(&world, policy, key_set_source()).verify(&token.text(), 0).map(|_| ())
    };
    let (rs256, rs384) = (Token::new(), Token::new().with(Rs384));
    assert_eq!(verdict(&[Rs256], &unbound, &rs384), Err(ALGORITHM));
    assert_eq!(verdict(&[Rs256, Rs384], &unbound, &rs384), Ok(()));
    assert_eq!(verdict(&[Rs256, Rs384], &unbound, &rs256), Ok(()));
    assert_eq!(verdict(&[Rs384], &unbound, &rs256), Err(ALGORITHM));
    assert_eq!(verdict(&[Rs256, Rs384], &key().jwk(), &rs384), Err(VerifyError::KeyId), "the key is for RS256 alone");
    let mislabelled = Token::new().header("alg", json!("RS384"));
    assert_eq!(verdict(&[Rs256, Rs384], &unbound, &mislabelled), Err(VerifyError::Signature));
}

#[test]
fn a_given_key_needs_no_key_id_and_no_network() {
    let given = |policy: TokenPolicy| {
        TestVerifier::new(&World::with_key_set("rubbish"), policy, KeySource::Given(key().public()))
    };
    let verifier = given(policy());
    for token in [
        Token::new(),
        Token::new().header("kid", json!("ins_unknown")),
        Token::new().header("kid", json!("")),
        Token::new().without_header("kid"),
    ] {
        assert_eq!(verifier.verify(&token.text(), 0).unwrap().key_origin, KeyOrigin::Given);
    }
    let forged = Token::new().forged_by(other_key()).text();
    assert_eq!(verifier.verify(&forged, 0).map(|_| ()), Err(VerifyError::Signature));
    assert!(!verifier.verifier.is_unsettled());
    assert_eq!((verifier.world.fetches.get(), verifier.world.loads.get(), verifier.world.saves.get()), (0, 0, 0));
    let es256 = given(TokenPolicy { algorithms: vec![Algorithm::Es256], ..policy() });
    let token = Token::new().header("alg", json!("ES256")).text();
    assert_eq!(es256.verify(&token, 0).map(|_| ()), Err(VerifyError::KeyId), "an RSA key answers no ES256 token");
}
