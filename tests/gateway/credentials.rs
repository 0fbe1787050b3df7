//! Which credentials count, and what a cookie must prove before it counts on a request that changes something.

use serde_json::json;

use super::support::key::other_key;
use super::support::request::{Request, TestGateway, instance};
use super::support::token::{NOW, Token};

const FORWARDED: &str = "forward https://origin.example.com/x";

fn gateway() -> TestGateway {
    TestGateway::with_routes(json!([{"path": "/x", "origin": "https://origin.example.com"}]))
}

fn gateway_with_party() -> TestGateway {
    TestGateway::new(json!({
        "authorized_parties": ["https://app.example.com", "https://*.preview.example.com"],
        "routes": [{"path": "/x", "origin": "https://origin.example.com"}],
    }))
}

#[test]
fn a_header_wins_over_a_cookie_and_never_falls_back_to_it() {
    let (good, bad) = (Token::new().text(), Token::new().forged_by(other_key()).text());
    for (request, expected) in [
        (Request::get("/x").bearer(&good).cookie(&bad), FORWARDED),
        (Request::get("/x").cookie(&bad).bearer(&good), FORWARDED),
        (Request::get("/x").cookie(&good), FORWARDED),
        (Request::get("/x").bearer(&bad).cookie(&good), "token-invalid-signature"),
        (Request::get("/x").bearer("rubbish").cookie(&good), "token-invalid"),
        (Request::get("/x").bearer("null").cookie(&good), "credentials-malformed"),
        (Request::get("/x").bearer("").cookie(&good), "credentials-malformed"),
        (Request::get("/x").header("authorization", "").cookie(&good), "credentials-malformed"),
        (Request::get("/x").header("authorization", "Basic dTpw").cookie(&good), "credentials-malformed"),
        (Request::get("/x").bearer(&good).bearer(&good).cookie(&good), "credentials-ambiguous"),
        (Request::get("/x").header("authorization", &format!("Bearer {good}, Bearer {bad}")), "credentials-ambiguous"),
    ] {
        assert_eq!(gateway().outcome(&request), expected, "{request:?}");
    }
}

#[test]
fn a_token_counts_in_no_other_place() {
    let good = Token::new().text();
    for request in [
        Request::get(&format!("/x?token={good}&__session={good}&access_token={good}")),
        Request::get("/x").header("x-authorization", &format!("Bearer {good}")),
        Request::get("/x").header("proxy-authorization", &format!("Bearer {good}")),
        Request::get("/x").header("x-clerk-auth-token", &good),
        Request::get("/x").header("cookie", &format!("session={good}; __session_other={good}; __Session={good}")),
        Request::get("/x").header("cookie", &format!("a=b%3B__session={good}")),
    ] {
        assert_eq!(gateway().outcome(&request), "credentials-missing", "{request:?}");
    }
}

#[test]
fn the_suffixed_cookie_of_this_instance_counts_by_clerks_rules() {
    let (good, suffix) = (Token::new().text(), instance().cookie_suffix().to_owned());
    let foreign = Token::new().claim("iss", json!("https://clerk.other.com")).text();
    let cookie = |cookie: String| Request::get("/x").header("cookie", &cookie.replace("<suffix>", &suffix));
    for (request, expected) in [
        (cookie(format!("__client_uat_<suffix>={NOW}; __session_<suffix>={good}")), FORWARDED),
        (cookie(format!("__client_uat_<suffix>={NOW}; __session_<suffix>={good}; __session={foreign}")), FORWARDED),
        (cookie(format!("__client_uat={NOW}; __session={foreign}")), "credentials-missing"),
        (cookie(format!("__session=rubbish; __client_uat_<suffix>={NOW}; __session_<suffix>={good}")), "token-invalid"),
        (cookie(format!("__session_<suffix>={good}")), "credentials-missing"),
    ] {
        assert_eq!(gateway().outcome(&request), expected, "{request:?}");
    }
}

#[test]
fn a_cookie_on_an_unsafe_method_needs_proof_of_the_same_site() {
    const REFUSED: &str = "cross-site-request";
    let proofs: [(&[(&str, &str)], &str); 14] = [
        (&[], REFUSED),
        (&[("sec-fetch-site", "same-origin")], FORWARDED),
        (&[("sec-fetch-site", "same-site")], FORWARDED),
        (&[("sec-fetch-site", "none")], FORWARDED),
        (&[("sec-fetch-site", "cross-site")], REFUSED),
        (&[("sec-fetch-site", "rubbish")], REFUSED),
        (&[("sec-fetch-site", "cross-site"), ("origin", "https://app.example.com")], REFUSED),
        (&[("origin", "https://api.example.com")], FORWARDED),
        (&[("origin", "https://app.example.com")], FORWARDED),
        (&[("origin", "https://pr-1.preview.example.com")], FORWARDED),
        (&[("origin", "https://evil.org")], REFUSED),
        (&[("origin", "null")], REFUSED),
        (&[("origin", "http://api.example.com")], REFUSED),
        (&[("referer", "https://app.example.com/")], REFUSED),
    ];
    let gateway = gateway_with_party();
    let token = Token::new().text();
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        for (headers, expected) in proofs {
            let request = Request::new(method, "/x").cookie(&token);
            let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
            assert_eq!(gateway.outcome(&request), expected, "{method} {headers:?}");
        }
    }
    for method in ["GET", "HEAD", "OPTIONS"] {
        for (headers, _) in proofs {
            let request = Request::new(method, "/x").cookie(&token);
            let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
            assert_eq!(gateway.outcome(&request), FORWARDED, "{method} {headers:?}");
        }
    }
}

#[test]
fn a_header_token_needs_no_proof_of_a_site() {
    for method in ["GET", "POST", "DELETE"] {
        let request = Request::new(method, "/x").signed_in().header("sec-fetch-site", "cross-site");
        assert_eq!(gateway_with_party().outcome(&request.header("origin", "https://evil.org")), FORWARDED);
    }
}

#[test]
fn another_site_learns_nothing_of_a_cookies_token() {
    let gateway = gateway();
    for token in [Token::new().text(), "rubbish".into(), Token::new().claim("exp", json!(0)).text()] {
        assert_eq!(gateway.outcome(&Request::new("POST", "/x").cookie(&token)), "cross-site-request");
    }
    assert_eq!(gateway.world.fetches.get(), 0, "the token is not looked at");
}

#[test]
fn without_a_party_a_token_passes_on_proof_of_the_same_origin_alone() {
    let gateway = gateway_with_party();
    let token = Token::new().without("azp").text();
    for (headers, expected) in [
        (vec![], "token-invalid-authorized-parties"),
        (vec![("sec-fetch-site", "same-origin")], FORWARDED),
        (vec![("sec-fetch-site", "none")], FORWARDED),
        (vec![("sec-fetch-site", "same-site")], "token-invalid-authorized-parties"),
        (vec![("sec-fetch-site", "cross-site")], "token-invalid-authorized-parties"),
        (vec![("origin", "https://app.example.com")], FORWARDED),
        (vec![("origin", "https://api.example.com")], FORWARDED),
        (vec![("origin", "https://evil.org")], "token-invalid-authorized-parties"),
        (vec![("x-forwarded-host", "app.example.com")], "token-invalid-authorized-parties"),
    ] {
        for request in [Request::get("/x").bearer(&token), Request::get("/x").cookie(&token)] {
            let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
            assert_eq!(gateway.outcome(&request), expected, "{request:?}");
        }
    }
}

#[test]
fn a_token_once_verified_is_told_so_and_still_decided_anew() {
    let gateway = gateway();
    let request = Request::get("/x").signed_in();
    let facts = |seconds| {
        let decision = gateway.decide_after(seconds, &request);
        (decision.key_origin.map(|origin| origin.name()), decision.remembered, decision.session.is_some())
    };
    assert_eq!(facts(0), (Some("network"), false, true));
    assert_eq!(facts(64), (Some("memory"), true, true));
    assert_eq!(facts(65), (None, false, false));
}
