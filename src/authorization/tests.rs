//! Each atom against sessions that just meet it and just do not, and the laws of `all` and `any`.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn session(extra: Value) -> Session {
    let mut claims = json!({"sub": "user_1", "sid": "sess_1", "iss": "i", "exp": 100, "v": 2});
    for (name, value) in extra.as_object().unwrap() {
        claims[name] = value.clone();
    }
    Session::from_object(claims.as_object().unwrap()).unwrap()
}

fn with_organization() -> Session {
    session(json!({
        "fea": "o:invoices,u:export", "pla": "o:pro,u:free",
        "o": {"id": "org_1", "rol": "admin", "per": "read,create", "fpm": "3"},
        "metadata": {"role": "owner", "tags": ["a", "b"], "level": 3},
    }))
}

fn meets(requirement: Requirement, session: &Session) -> bool {
    requirement.check(session).is_ok()
}

#[test]
fn a_role_compares_whatever_its_prefixes() {
    let session = with_organization();
    for role in ["admin", "org:admin", "org:org:admin"] {
        assert!(meets(Requirement::Role(role.into()), &session), "{role}");
    }
    for role in ["Admin", "org:adminx", "org:member", "", "org:"] {
        assert_eq!(Requirement::Role(role.into()).check(&session), Err(Unmet::Role), "{role}");
    }
    assert_eq!(Requirement::Role("admin".into()).check(&self::session(json!({}))), Err(Unmet::Role));
}

#[test]
fn a_permission_is_the_whole_name() {
    let session = with_organization();
    assert!(meets(Requirement::Permission("org:invoices:create".into()), &session));
    assert!(meets(Requirement::Permission("invoices:read".into()), &session));
    for permission in ["org:invoices", "org:invoices:delete", "invoices:create:x"] {
        assert_eq!(Requirement::Permission(permission.into()).check(&session), Err(Unmet::Permission), "{permission}");
    }
}

#[test]
fn features_and_plans_know_their_scope() {
    let session = with_organization();
    for feature in
        ["invoices", "org:invoices", "o:invoices", "organization:invoices", "export", "user:export", "u:export"]
    {
        assert!(meets(Requirement::Feature(feature.into()), &session), "{feature}");
    }
    for feature in ["user:invoices", "org:export", "ou:invoices", "x:invoices", "invoice", ""] {
        assert_eq!(Requirement::Feature(feature.into()).check(&session), Err(Unmet::Feature), "{feature}");
    }
    assert!(meets(Requirement::Plan("o:pro".into()), &session));
    assert_eq!(Requirement::Plan("u:pro".into()).check(&session), Err(Unmet::Plan));
    assert_eq!(
        Requirement::Plan("plus".into()).check(&self::session(json!({"pla": "free_user,plus"}))),
        Err(Unmet::Plan)
    );
}

#[test]
fn a_factor_is_fresh_until_exactly_its_minutes() {
    let check = |preset: &str, ages: Value| {
        meets(Requirement::Reverification(Reverification::preset(preset).unwrap()), &session(json!({"fva": ages})))
    };
    assert!(check("strict", json!([99, 9])));
    assert!(!check("strict", json!([0, 10])));
    assert!(check("strict", json!([9, -1])));
    assert!(!check("strict", json!([10, -1])));
    assert!(check("strict_mfa", json!([9, 9])));
    assert!(!check("strict_mfa", json!([10, 9])));
    assert!(!check("strict_mfa", json!([-1, 0])));
    assert!(check("moderate", json!([0, 59])) && !check("moderate", json!([0, 60])));
    assert!(check("lax", json!([0, 1439])) && !check("lax", json!([0, 1440])));
    for ages in [json!([-1, -1]), json!(null), json!([1]), json!("x")] {
        assert!(!check("lax", ages.clone()), "{ages}");
    }
    let first = Reverification { level: FactorLevel::FirstFactor, after_minutes: 5 };
    assert!(meets(Requirement::Reverification(first), &session(json!({"fva": [4, 99]}))));
    assert!(!meets(Requirement::Reverification(first), &session(json!({"fva": [5, 0]}))));
}

#[test]
fn a_claim_is_found_by_path_and_compared_by_kind() {
    let session = with_organization();
    let claim = |path: &str, values: &[Value]| {
        let path = path.split('.').map(str::to_owned).collect();
        Requirement::Claim(ClaimRequirement { path, values: values.to_vec() }).check(&session)
    };
    assert_eq!(claim("metadata.role", &[json!("admin"), json!("owner")]), Ok(()));
    assert_eq!(claim("metadata.tags", &[json!("b")]), Ok(()));
    assert_eq!(claim("metadata.level", &[json!(3)]), Ok(()));
    for (path, value) in [
        ("metadata.level", json!("3")),
        ("metadata.role.x", json!("owner")),
        ("nothing", json!(null)),
        ("metadata", json!("owner")),
    ] {
        assert_eq!(claim(path, &[value]), Err(Unmet::Claim), "{path}");
    }
}

#[test]
fn an_organisation_may_be_asked_for_whichever_it_is() {
    assert_eq!(Requirement::Organization(None).check(&with_organization()), Ok(()));
    assert_eq!(Requirement::Organization(None).check(&session(json!({}))), Err(Unmet::Role));
}

#[test]
fn an_organisation_is_told_by_its_id_in_both_versions_of_tokens() {
    let version_1 = session(json!({"v": 1, "org_id": "org_1", "org_slug": "acme", "org_role": "admin"}));
    for session in [with_organization(), version_1] {
        let check = |id: &str| Requirement::Organization(Some(id.into())).check(&session);
        assert_eq!(check("org_1"), Ok(()));
        for id in ["org_2", "org_11", "ORG_1", "acme", "1", ""] {
            assert_eq!(check(id), Err(Unmet::Role), "{id}");
        }
    }
    assert_eq!(Requirement::Organization(Some("org_1".into())).check(&session(json!({}))), Err(Unmet::Role));
}

#[test]
fn an_empty_any_is_never_met_and_says_so() {
    assert!(Requirement::Any(vec![]).check(&with_organization()).is_err());
    assert!(Requirement::All(vec![]).check(&with_organization()).is_ok());
}

fn requirement() -> impl Strategy<Value = Requirement> {
    let atom = prop_oneof![
        Just(Requirement::Role("admin".into())),
        Just(Requirement::Role("member".into())),
        Just(Requirement::Permission("invoices:read".into())),
        Just(Requirement::Permission("x:y".into())),
        Just(Requirement::Feature("export".into())),
        Just(Requirement::Plan("none".into())),
        Just(Requirement::Organization(None)),
        Just(Requirement::Organization(Some("org_1".into()))),
    ];
    atom.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Requirement::All),
            proptest::collection::vec(inner, 0..4).prop_map(Requirement::Any),
        ]
    })
}

proptest! {
    #[test]
    fn adding_a_condition_never_turns_no_into_yes(rule in requirement(), more in requirement()) {
        let both = Requirement::All(vec![rule.clone(), more]);
        for session in [with_organization(), session(json!({}))] {
            prop_assert!(rule.check(&session).is_ok() || both.check(&session).is_err());
        }
    }

    #[test]
    fn what_a_bare_session_meets_a_fuller_one_meets_too(rule in requirement()) {
        let (bare, fuller) = (rule.check(&session(json!({}))), rule.check(&with_organization()));
        prop_assert!(bare.is_err() || fuller.is_ok());
    }
}
