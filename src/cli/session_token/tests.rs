//! Tests of the composed claims and headers, apart from the code so that both files stay short.

use super::*;

const NOW: UnixTime = UnixTime::from_seconds(1_750_000_000);

#[track_caller]
fn claims(request: Value) -> Value {
    let request: TokenRequest = serde_json::from_value(request).unwrap();
    let mut claims = request.compose_claims("https://clerk.example.com", NOW).unwrap();
    assert_eq!(claims.remove("jti").unwrap().as_str().unwrap().len(), 20);
    Value::Object(claims)
}

#[track_caller]
fn refusal(request: Value) -> String {
    match serde_json::from_value::<TokenRequest>(request) {
        Ok(request) => request.compose_claims("https://clerk.example.com", NOW).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

fn header(request: Value) -> Value {
    let request: TokenRequest = serde_json::from_value(request).unwrap();
    Value::Object(request.compose_header("ins_1"))
}

#[test]
fn an_empty_request_is_a_fresh_session() {
    let expected = json!({
        "iss": "https://clerk.example.com", "sub": USER, "sid": SESSION, "iat": 1_750_000_000, "nbf": 1_749_999_990,
        "exp": 1_750_000_060, "fva": [0, -1], "sts": "active", "v": 2,
    });
    assert_eq!(claims(json!({})), expected);
    assert_eq!(header(json!({})), json!({"alg": "RS256", "kid": "ins_1", "typ": "JWT", "cat": "cl_B7d4PD111AAA"}));
}

#[test]
fn the_default_names_have_the_length_of_clerks() {
    for (name, prefix) in [(USER, "user_"), (SESSION, "sess_"), (ORGANIZATION, "org_")] {
        assert_eq!(name.strip_prefix(prefix).unwrap().len(), 27, "{name}");
    }
}

#[test]
fn every_token_has_an_id_of_its_own() {
    let request = TokenRequest::default();
    assert_ne!(request.compose_claims("i", NOW).unwrap()["jti"], request.compose_claims("i", NOW).unwrap()["jti"]);
}

#[test]
fn an_organization_of_version_2_packs_its_permissions() {
    let claims = claims(json!({
        "organization": {
            "id": "org_1", "slug": "acme", "role": "org:admin",
            "permissions": ["dashboard:manage", "dashboard:read", "teams:read"],
        },
        "plan": "pro", "features": ["u:beta"],
    }));
    assert_eq!(claims["o"], json!({"id": "org_1", "slg": "acme", "rol": "admin", "per": "manage,read", "fpm": "3,2"}));
    assert_eq!(claims["fea"], "u:beta,o:dashboard,o:teams");
    assert_eq!(claims["pla"], "o:pro");
}

#[test]
fn an_organization_of_version_1_spells_them_out() {
    let claims = claims(json!({
        "version": 1,
        "organization": {"id": "org_1", "slug": "acme", "role": "admin", "permissions": ["teams:read"]},
    }));
    assert_eq!(claims["org_id"], "org_1");
    assert_eq!(claims["org_slug"], "acme");
    assert_eq!(claims["org_role"], "org:admin");
    assert_eq!(claims["org_permissions"], json!(["org:teams:read"]));
    assert_eq!((claims.get("v"), claims.get("o"), claims.get("fea")), (None, None, None));
}

#[test]
fn an_organization_may_leave_everything_out() {
    assert_eq!(claims(json!({"organization": {}}))["o"], json!({"id": ORGANIZATION, "rol": "member"}));
}

#[test]
fn given_members_reach_their_claims() {
    let claims = claims(json!({
        "user": "user_1", "session": "sess_1", "authorized_party": "https://app.example.com", "status": "pending",
        "actor": {"sub": "user_2"}, "issued_at": 1000, "lifetime_seconds": -5,
    }));
    assert_eq!((&claims["sub"], &claims["sid"]), (&json!("user_1"), &json!("sess_1")));
    assert_eq!((&claims["azp"], &claims["sts"]), (&json!("https://app.example.com"), &json!("pending")));
    assert_eq!(claims["act"], json!({"sub": "user_2"}));
    assert_eq!((&claims["nbf"], &claims["iat"], &claims["exp"]), (&json!(990), &json!(1000), &json!(995)));
}

#[test]
fn times_at_the_end_of_the_range_do_not_overflow() {
    let claims = claims(json!({"issued_at": i64::MIN, "lifetime_seconds": -1}));
    assert_eq!((&claims["nbf"], &claims["exp"]), (&json!(i64::MIN), &json!(i64::MIN)));
}

#[test]
fn overrides_win_and_a_null_takes_away() {
    let claims = claims(json!({"user": "user_1", "claims": {"sub": 7, "nbf": null, "custom": {"inner": null}}}));
    assert_eq!((&claims["sub"], claims.get("nbf")), (&json!(7), None));
    assert_eq!(claims["custom"], json!({"inner": null}));
    assert_eq!(
        header(json!({"category": "none", "header": {"typ": null, "kid": "other", "crit": ["x"]}})),
        json!({"alg": "RS256", "kid": "other", "crit": ["x"]})
    );
}

#[test]
fn each_category_has_its_code() {
    for (category, code) in [
        ("session", json!("cl_B7d4PD111AAA")),
        ("template", json!("cl_B7d4PD222AAA")),
        ("m2m", json!("cl_B7d4PD333AAA")),
        ("ignore", json!("cl_I7d4PD111III")),
        ("none", Value::Null),
    ] {
        assert_eq!(header(json!({"category": category})).get("cat").cloned().unwrap_or_default(), code, "{category}");
    }
}

#[test]
fn what_is_unknown_or_does_not_fit_is_named() {
    assert!(refusal(json!({"lifetime": 5})).contains("unknown field `lifetime`"));
    assert!(refusal(json!({"organization": {"name": "x"}})).contains("unknown field `name`"));
    assert!(refusal(json!({"category": "other"})).contains("unknown variant `other`"));
    assert_eq!(refusal(json!({"version": 3})), "expected token version 1 or 2, got 3");
    assert_eq!(refusal(json!({"version": 1, "plan": "pro"})), "expected token version 2 with plan or features, got 1");
    assert_eq!(refusal(json!({"plan": "a,b"})), "expected a plan as name, o:name or u:name, got \"a,b\"");
}

#[test]
fn a_request_reads_back_as_written() {
    let request = TokenRequest {
        version: Version::One,
        organization: Some(Organization { id: Some("org_1".to_owned()), ..Organization::default() }),
        ..TokenRequest::default()
    };
    let text = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<TokenRequest>(&text).unwrap(), request);
}
