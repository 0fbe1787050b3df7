//! Path confusion: the gateway reads one path and the origin another. (Attacks 1 to 12; real origins are asked elsewhere.)

use clerk_edge::path::{CanonicalPath, Special};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::request::{Request, TestGateway};
use super::support::token::Token;
use super::{ORIGIN, told};

/// Something public beside something protected, and below it.
fn gateway() -> TestGateway {
    TestGateway::with_routes(json!([
        {"path": "/public/*", "access": "public", "origin": ORIGIN},
        {"path": "/api/*", "origin": ORIGIN},
        {"path": "/api/admin/*", "origin": ORIGIN, "require": {"role": "org:admin"}},
        {"path": "/health", "access": "public", "serve": "health"},
    ]))
}

#[track_caller]
fn all(gateway: &TestGateway, paths: &[&str], expected: &str) {
    for path in paths {
        assert_eq!(gateway.outcome(&Request::get(path).signed_in()), expected, "{path}");
    }
}

#[test]
fn attack_01_a_matcher_is_not_skipped_by_an_escaped_letter_or_a_second_slash() {
    let gateway = gateway();
    let protected = ["/api/%61dmin", "/api//admin", "//api/admin", "/api/adm%69n/users", "/%61%70%69/%61%64%6d%69%6e"];
    all(&gateway, &protected, "insufficient-role");
    for path in protected {
        assert_eq!(gateway.outcome(&Request::get(path)), "credentials-missing", "{path}");
    }
    all(&gateway, &["/other", "/admin", "/apiadmin", "/"], "route-not-found");
}

#[test]
fn attack_02_no_dot_segment_leads_from_a_public_path_to_a_protected_one() {
    let gateway = gateway();
    for up in ["..", ".%2e", "%2e.", "%2E%2e", "%252e%252e", "..;", "..;x=1", "..%5c", "..%2f", "..%2F", "..%5C", "."] {
        for path in
            [format!("/public/{up}/api/admin/secrets"), format!("/public/x/{up}/secrets"), format!("/{up}/public")]
        {
            assert_eq!(gateway.outcome(&Request::get(&path)), "path-invalid", "{path}");
        }
    }
}

#[test]
fn attack_03_each_escaped_delimiter_is_refused_but_on_the_route_that_allows_it() {
    for (escape, special) in
        [("2f", "%2F"), ("5c", "%5C"), ("3b", "%3B"), ("3f", "%3F"), ("23", "%23"), ("2541", "%25"), ("00", "")]
    {
        let mut routes = json!([
            {"path": "/strict/*", "access": "public", "origin": ORIGIN},
            {"path": "/lenient/*", "access": "public", "origin": ORIGIN},
        ]);
        if !special.is_empty() {
            routes[1]["allow_in_path"] = json!([special]);
        }
        let gateway = TestGateway::with_routes(routes);
        for escape in [format!("%{escape}"), format!("%{}", escape.to_uppercase())] {
            assert_eq!(gateway.outcome(&Request::get(&format!("/strict/a{escape}b"))), "path-invalid", "{escape}");
            let lenient = gateway.outcome(&Request::get(&format!("/lenient/a{escape}b")));
            let allowed = format!("forward {ORIGIN}/lenient/a{}b", escape.to_uppercase());
            assert_eq!(lenient, if special.is_empty() { "path-invalid" } else { &allowed }, "{escape}");
        }
    }
}

#[test]
fn attack_03_an_allowed_delimiter_does_not_lead_to_what_another_route_protects() {
    let gateway = TestGateway::with_routes(json!([
        {"path": "/api/*", "origin": ORIGIN, "allow_in_path": Special::ALL.map(Special::spelling)},
        {"path": "/api/admin/*", "origin": ORIGIN, "require": {"role": "org:admin"}},
    ]));
    for path in [
        "/api/admin%2Fx",
        "/api/admin%5cx",
        "/api/admin;x",
        "/api/admin%3b/x",
        "/api/%2561dmin",
        "/api/admin%3f",
        "/api/admin%23",
    ] {
        assert_eq!(gateway.outcome(&Request::get(path).signed_in()), "path-invalid", "{path}");
    }
    assert_eq!(gateway.outcome(&Request::get("/api/a%2Fb;c").signed_in()), format!("forward {ORIGIN}/api/a%2Fb;c"));
}

#[test]
fn attack_04_there_is_no_rule_for_all_but_a_path() {
    for (name, value) in [("not_path", json!("/api")), ("except", json!(["/api"])), ("protected", json!(["/api/*"]))] {
        let mut route = json!({"path": "/*", "origin": ORIGIN});
        route[name] = value;
        let mistakes = super::support::request::config(json!({"routes": [route]})).unwrap_err();
        assert_eq!(mistakes[0].place, format!("GATEWAY.routes[0].{name}"));
        assert!(mistakes[0].text.starts_with("unknown key"), "{name}");
    }
    all(&gateway(), &["//api//admin", "/api///admin/x"], "insufficient-role");
    all(&gateway(), &["/api%2Fadmin", "/api%5Cadmin", "/api\\admin"], "path-invalid");
}

#[test]
fn attack_05_a_query_or_fragment_behind_an_exact_path_is_not_part_of_it() {
    let gateway = TestGateway::with_routes(json!([{"path": "/x", "origin": ORIGIN}]));
    for path in ["/x", "/x?", "/x#", "/x?y", "/x#y", "/x?/../y", "/x#/../y", "/x??", "/x?#", "/x/?"] {
        assert_eq!(gateway.outcome(&Request::get(path)), "credentials-missing", "{path}");
    }
    all(&gateway, &["/x%23", "/x%3F", "/x%3f/../y", "/x%23y"], "path-invalid");
}

#[test]
fn attack_06_what_stands_in_a_query_opens_nothing() {
    let gateway = gateway();
    for tail in
        ["?path=/health", "?/public/x", "?next=/public", "#/health", "?#/public/", "?a=/api/x/health", "?;/../public/x"]
    {
        let path = format!("/api/private{tail}");
        assert_eq!(gateway.outcome(&Request::get(&path)), "credentials-missing", "{path}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn attack_06_no_query_and_no_fragment_changes_the_route(
        path in "/(public|api|api/admin|health)(/[a-z%2e.]{0,6})?", tail in "[?#][ -~é]{0,32}",
    ) {
        let gateway = gateway();
        let decision = gateway.decide(&Request::get(&path));
        let route = |decision: &clerk_edge::gateway::Decision<'_>| decision.route.map(|route| route.pattern.as_str().to_owned());
        let outcome = |path: &str| gateway.outcome(&Request::get(path)).split('?').next().unwrap().to_owned();
        let tailed = format!("{path}{tail}");
        prop_assert_eq!(route(&decision), route(&gateway.decide(&Request::get(&tailed))));
        prop_assert_eq!(outcome(&path), outcome(&tailed));
    }

    #[test]
    fn attack_07_a_path_is_decoded_once_and_no_decoding_makes_a_segment(raw in "(/([a-z.~;]|%[0-7][0-9a-fA-F]|%25){0,5}){1,5}") {
        if let Ok(path) = CanonicalPath::parse(&raw) {
            prop_assert_eq!(CanonicalPath::parse(path.as_str()), Ok(path.clone()), "decoding again changes nothing");
            let segments = |text: &str| text.split('/').filter(|segment| !segment.is_empty()).count();
            prop_assert_eq!(segments(path.as_str()), segments(&raw));
            prop_assert_eq!(segments(path.match_key()), segments(&raw));
        }
    }

    #[test]
    fn attack_12_rubbish_in_a_path_is_refused_or_decided(raw in "/(api|public)?/([ -~]|%[0-9a-f]{0,2}|[\\x00-\\x1f\\x7f]|é|\\u{202e}){0,16}") {
        let outcome = gateway().outcome(&Request::get(&raw));
        let expected = ["path-invalid", "route-not-found", "credentials-missing"];
        prop_assert!(expected.contains(&outcome.as_str()) || outcome.starts_with(&format!("forward {ORIGIN}/public")) , "{:?}: {}", raw, outcome);
    }
}

#[test]
fn attack_07_a_guard_with_a_parameter_is_not_left_by_an_escaped_slash_or_a_semicolon() {
    let gateway = TestGateway::with_routes(json!([
        {"path": "/users/:id", "origin": ORIGIN, "require": {"role": "org:admin"}},
        {"path": "/users/*", "access": "public", "origin": ORIGIN},
    ]));
    all(&gateway, &["/users/7", "/users//7", "/users/%37", "/users/7/"], "insufficient-role");
    all(
        &gateway,
        &["/users/7%2Fx", "/users/7;x", "/users/7;/x", "/users/7%3Bx", "/users;x/7", "/users/%2e/7"],
        "path-invalid",
    );
}

#[test]
fn attack_08_what_is_put_behind_a_targets_path_stays_behind_it() {
    let base = format!("{ORIGIN}/inner/base");
    let route = |extra: Value| {
        let mut route = json!({"path": "/api/orders/*", "access": "public", "origin": base});
        for (name, value) in extra.as_object().unwrap() {
            route[name] = value.clone();
        }
        TestGateway::with_routes(json!([route]))
    };
    let every = json!(Special::ALL.map(Special::spelling));
    for gateway in [
        route(json!({})),
        route(json!({"strip_prefix": "/api"})),
        route(json!({"strip_prefix": "/api/orders"})),
        route(json!({"strip_prefix": "/api/orders", "allow_in_path": every})),
    ] {
        for up in [
            "..",
            "%2e%2e",
            "..%2f",
            "%2e%2e%2f..",
            "..%5c",
            "..;",
            "%252e%252e",
            "..%252f",
            "..%00",
            "..%3f",
            "%25252e%25252e",
        ] {
            for rest in ["", "/", "/admin", "//admin", "/../admin"] {
                let path = format!("/api/orders/{up}{rest}");
                assert_eq!(gateway.outcome(&Request::get(&path)), "path-invalid", "{path}");
            }
        }
        for path in [
            "/api/orders",
            "/api/orders//x",
            "/api/orders/@evil.org",
            "/api/orders/:8080",
            "/api/orders/http://evil.org/",
        ] {
            let outcome = gateway.outcome(&Request::get(path));
            assert!(
                outcome.starts_with(&format!("forward {base}/")) && !outcome.contains("base//"),
                "{path}: {outcome}"
            );
        }
    }
}

#[test]
fn attack_09_a_handler_is_given_the_one_path_and_never_what_came() {
    use super::support::request::OWN_HANDLER;
    use clerk_edge::gateway::Verdict;
    let gateway = TestGateway::with_routes(json!([{"path": "/files/*", "access": "public", "serve": OWN_HANDLER}]));
    let decision = gateway.decide(&Request::get("//files/%61//b%7e?c"));
    let Verdict::Serve(serve) = &decision.verdict else { panic!("{:?}", decision.verdict) };
    assert_eq!(serve.request.as_ref().unwrap().url, "https://api.example.com/files/a/b~?c");
    all(&gateway, &["/files/a%5Cb", "/files/..%5Cb", "/files/a%2Fb", "/files/%2e%2e/b"], "path-invalid");
}

#[test]
fn attack_10_case_slash_host_and_port_choose_no_other_route() {
    let gateway = gateway();
    all(&gateway, &["/api/Admin", "/api/ADMIN/x", "/api/%41dmin", "/api/adm\u{131}n"], "path-invalid");
    all(&gateway, &["/api/admin/", "/api/admin", "/api/admin//"], "insufficient-role");
    all(&gateway, &["/API/admin", "/Public/x"], "route-not-found");
    let head = |authority: &str, path: &str| {
        use clerk_edge::{head::Head, headers::HeaderList};
        let authorization = ("authorization".to_owned(), format!("Bearer {}", Token::new().text()));
        let head = Head::new("GET", &format!("https://{authority}{path}"), HeaderList::new(vec![authorization]), None);
        let decision = pollster::block_on(gateway.gateway.decide(&head, "id", super::support::token::after(0)));
        told(&decision).split("x-forwarded-host").next().unwrap().to_owned()
    };
    for path in ["/api/admin", "/api/x", "/public/x", "/other"] {
        let expected = head("api.example.com", path);
        for authority in
            ["API.EXAMPLE.COM", "api.example.com.", "api.example.com:443", "localhost", "evil.org", "[::1]:1", ""]
        {
            assert_eq!(head(authority, path), expected, "{authority}{path}");
        }
    }
}

#[test]
fn attack_10_an_origin_that_tells_case_apart_is_one_by_configuration() {
    let gateway = TestGateway::new(json!({
        "case_sensitive": true,
        "routes": [{"path": "/api/*", "access": "public", "origin": ORIGIN}, {"path": "/api/admin/*", "origin": ORIGIN}],
    }));
    assert_eq!(gateway.outcome(&Request::get("/api/Admin")), format!("forward {ORIGIN}/api/Admin"));
    assert_eq!(gateway.outcome(&Request::get("/api/admin")), "credentials-missing");
}

#[test]
fn attack_11_a_wildcard_does_not_take_in_a_longer_name() {
    let gateway = TestGateway::with_routes(json!([
        {"path": "/dashboard/*", "access": "public", "origin": ORIGIN},
        {"path": "/exact", "access": "public", "origin": ORIGIN},
    ]));
    all(
        &gateway,
        &["/dashboardxyz", "/dashboard-admin", "/dashboard.json", "/dashboar", "/exactly", "/exact/x"],
        "route-not-found",
    );
    for path in ["/dashboard", "/dashboard/", "/dashboard/x/y", "/exact/"] {
        assert_eq!(gateway.outcome(&Request::get(path)), format!("forward {ORIGIN}{path}"));
    }
    for pattern in ["/dashboard(.*)", "/dashboard*", "/*/x"] {
        let route = json!({"routes": [{"path": pattern, "origin": ORIGIN}]});
        assert!(super::support::request::config(route).is_err(), "{pattern}");
    }
}

#[test]
fn attack_12_bytes_that_are_no_path_are_400_whatever_the_route() {
    let gateway = gateway();
    for bytes in [
        "%00",
        "%0a",
        "%0D",
        "%1f",
        "%7f",
        "%c0%ae",
        "%c1%9c",
        "%e0%80%af",
        "%f0%80%80%af",
        "%ed%a0%80",
        "%ff",
        "%80",
        "%c3",
        "%zz",
        "%",
        "%4",
        "%%34",
        "%u0061",
        "\0",
        "\u{7f}",
        "%C2%80",
    ] {
        for path in ["/public/", "/api/", "/nowhere/", "/"] {
            let path = format!("{path}{bytes}");
            assert_eq!(gateway.outcome(&Request::get(&path)), "path-invalid", "{path:?}");
        }
    }
}
