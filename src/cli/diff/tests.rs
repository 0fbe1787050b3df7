use std::sync::LazyLock;

use super::changes::Kind;
use super::*;

const NOW: UnixTime = UnixTime::from_seconds(1_750_000_000);

static KEY: LazyLock<ThrowawayKey> = LazyLock::new(|| ThrowawayKey::generate().unwrap());

fn side(gateway: &str, more: &str) -> Side {
    let text = format!(
        "[vars]\nCLERK_PUBLISHABLE_KEY = 'pk_test_Y2xlcmsuY2xlcmsuZGV2JA'\n{more}\n[vars.GATEWAY]\n{gateway}\n[[services]]\nbinding = 'API'\n"
    );
    Side::of(Wrangler::parse(Path::new("w"), text, None).unwrap(), Secrets::default()).unwrap()
}

fn report(old: &str, new: &str) -> Report {
    compare_sides((side(old, ""), side(new, "")), &KEY, NOW).unwrap()
}

/// The lines of what changes from one table `GATEWAY` to another.
fn changes(old: &str, new: &str) -> Vec<String> {
    report(old, new).pretty()
}

/// The same for one route's keys.
fn route(old: &str, new: &str) -> Vec<String> {
    let gateway = |keys: &str| format!("routes = [{{ path = '/a/*', {keys} }}]");
    changes(&gateway(old), &gateway(new))
}

#[test]
fn what_is_the_same_or_written_otherwise_is_no_change() {
    let one = "routes = [{ path = '/a', origin = 'zone' }, { path = '/b', require = { any = [{ role = 'x' }, { plan = 'y' }] }, origin = 'zone' }]";
    let other = "routes = [{ path = '/b/', require = { any = [{ role = 'org:x' }, { all = [{ plan = 'y' }] }] }, origin = 'zone' }, { path = '/%61', access = 'required', origin = 'zone' }]";
    assert_eq!(changes(one, one), Vec::<String>::new());
    assert_eq!(changes(one, other), Vec::<String>::new());
}

#[test]
fn an_opened_route_is_told_as_wider_for_whoever_could_not() {
    assert_eq!(
        route("origin = 'zone'", "origin = 'zone', access = 'optional'"),
        [
            "/a/*",
            "  widened   any method /a, /a/x\n            no token",
            "            401 credentials-missing → forward to zone"
        ]
    );
}

#[test]
fn a_stricter_requirement_is_told_by_who_no_longer_meets_it() {
    assert_eq!(
        route(
            "origin = 'zone', require = { any = [{ role = 'admin' }, { permission = 'a:b' }] }",
            "origin = 'zone', require = { role = 'admin' }"
        ),
        [
            "/a/*",
            "  narrowed  any method /a, /a/x\n            a session with permission a:b",
            "            forward to zone → 403 insufficient-role"
        ]
    );
}

#[test]
fn another_target_is_told_with_both() {
    assert_eq!(
        route("origin = 'https://a.example'", "origin = 'https://b.example'"),
        [
            "/a/*",
            "  target    any method /a, /a/x\n            a session",
            "            forward to https://a.example → forward to https://b.example"
        ]
    );
    let renamed = route("origin = 'https://a.example'", "origin = 'https://a.example', strip_prefix = '/a'");
    assert!(
        renamed.iter().any(|line| line.ends_with(
            "forward to https://a.example/a/x with the user's id → forward to https://a.example/x with the user's id"
        )),
        "{renamed:?}"
    );
}

/// Pairs of a route's keys that decide differently, each in one way that is easy to miss.
const EDITS: [(&str, &str); 19] = [
    ("require = { feature = 'x' }", "require = { feature = 'user:x' }"),
    ("require = { plan = 'x' }", "require = { any = [{ plan = 'u:x' }, { plan = 'o:y' }] }"),
    ("require = { reverification = 'moderate' }", "require = { reverification = 'strict' }"),
    ("require = { reverification = 'strict' }", "require = { reverification = 'strict_mfa' }"),
    ("require = { reverification = { level = 'first_factor', after_minutes = 1 } }", ""),
    ("require = { claim = 'm.r', in = ['a', 'b'] }", "require = { claim = 'm.r', equals = 'a' }"),
    ("require = { claim = 'm.r', equals = 1 }", "require = { claim = 'm.r', equals = '1' }"),
    ("require = { organization = true }", "require = { organization = 'org_1' }"),
    ("require = { feature = 'user:x' }", "require = { feature = 'org:x' }"),
    ("require = { plan = 'x' }", "require = { plan = 'org:x' }"),
    ("require = { role = 'a', plan = 'b' }", "require = { any = [{ role = 'a' }, { plan = 'b' }] }"),
    (
        "require = { all = [{ any = [{ role = 'a' }, { plan = 'b' }] }, { feature = 'c' }] }",
        "require = { any = [{ role = 'a', feature = 'c' }, { plan = 'b', feature = 'd' }] }",
    ),
    ("methods = ['GET']", "methods = ['GET', 'POST']"),
    ("methods = ['HEAD']", "methods = ['GET']"),
    ("allow_in_path = ['%2F']", ""),
    ("forward_token = true", ""),
    ("websocket = true", ""),
    ("cors = { origins = ['https://*.a.example'] }", "cors = { origins = ['https://x.a.example'] }"),
    ("cors = { origins = ['https://x.a.example'] }", "cors = { origins = ['*'] }"),
];

#[test]
fn every_edit_that_decides_otherwise_is_found_both_ways() {
    for (old, new) in EDITS {
        let keys = |keys: &str| format!("{keys}{}origin = 'zone'", if keys.is_empty() { "" } else { ", " });
        let kinds = |old: &str, new: &str| {
            let gateway = |route: &str| format!("routes = [{{ path = '/a/*', {} }}]", keys(route));
            let mut kinds: Vec<Kind> =
                report(&gateway(old), &gateway(new)).changes.iter().map(|change| change.kind).collect();
            kinds.sort();
            kinds.dedup();
            kinds
        };
        let there = kinds(old, new);
        let back: Vec<Kind> = kinds(new, old);
        let turned = |kind: &Kind| match kind {
            Kind::Widened => Kind::Narrowed,
            Kind::Narrowed => Kind::Widened,
            kind => *kind,
        };
        let mut expected: Vec<Kind> = there.iter().map(turned).collect();
        expected.sort();
        assert!(!there.is_empty(), "{old} → {new}");
        assert_eq!(back, expected, "{old} → {new}");
    }
}

#[test]
fn a_page_is_tried_for_each_wildcard() {
    let gateway =
        |page: &str| format!("routes = [{{ path = '/a', origin = 'zone', cors = {{ origins = ['{page}'] }} }}]");
    assert!(!report(&gateway("https://*.a.example"), &gateway("https://*.b.example")).is_empty());
}

#[test]
fn changes_of_tables_show_on_paths_just_inside_and_just_outside() {
    let routes = |list: &[&str]| {
        let routes = list.iter().map(|path| format!("{{ path = '{path}', origin = 'zone' }}"));
        format!("routes = [{}]", routes.collect::<Vec<_>>().join(", "))
    };
    for (old, new) in [
        (&["/a/*"][..], &["/a"][..]),
        (&["/a/:id"], &["/a/*"]),
        (&["/a/*"], &["/a/*", "/*"]),
        (&["/:a/b/*", "/c/*"], &["/:a/b/:d", "/c/*"]),
    ] {
        assert!(!report(&routes(old), &routes(new)).is_empty(), "{old:?} → {new:?}");
    }
    let case = |flag: &str| format!("case_sensitive = {flag}\n{}", routes(&["/a/*", "/:x/*"]));
    let found = report(&case("false"), &case("true")).pretty();
    assert!(found.iter().any(|line| line.contains("/A/X") || line.contains(" /A")), "{found:?}");
}

#[test]
fn what_tokens_must_meet_is_compared_whatever_the_routes() {
    let base = "routes = [{ path = '/a', origin = 'zone' }]";
    for (old, new, expected) in [
        (
            "authorized_parties = ['https://a.example']",
            "authorized_parties = ['https://b.example']",
            &["a token for https://a.example", "a token for https://b.example"][..],
        ),
        (
            "",
            "authorized_parties = ['https://a.example']",
            &["a token for https://elsewhere.example", "a token without azp"],
        ),
        (
            "authorized_parties = ['https://a.example']",
            "authorized_parties = ['https://a.example']\nmissing_azp = 'reject'",
            &["a token without azp, from the application itself"],
        ),
        ("audience = ['x']", "audience = ['x', 'y']", &["a token with aud y"]),
        ("audience = ['x']", "", &["a token without aud"]),
        ("clock_skew_seconds = 5", "clock_skew_seconds = 60", &["a token that ran out 59 s ago"]),
        ("algorithms = ['RS256']", "algorithms = ['RS256', 'ES256']", &["a token signed by ES256"]),
    ] {
        let report = report(&format!("{old}\n{base}"), &format!("{new}\n{base}"));
        let mut callers: Vec<&str> = report.changes.iter().map(|change| change.caller.as_str()).collect();
        callers.sort_unstable();
        assert_eq!(callers, expected, "{old} → {new}");
    }
    let old = side(base, "");
    let new = side(base, "CLERK_ISSUER = 'https://clerk.other.example'");
    let report = compare_sides((old, new), &KEY, NOW).unwrap();
    assert_eq!(report.changes.len(), 2, "{:?}", report.pretty());
}

#[test]
fn a_configuration_with_mistakes_is_not_compared() {
    let wrangler = Wrangler::parse(Path::new("w.toml"), "[vars]\n".to_owned(), None).unwrap();
    let Err(error) = Side::of(wrangler, Secrets::default()) else { panic!("compared") };
    assert_eq!(
        error.to_string(),
        "w.toml has 3 mistake(s), the first of them GATEWAY: missing; expected a table with at least one of [[vars.GATEWAY.routes]]"
    );
}

#[test]
fn settings_that_change_no_decision_are_told() {
    let limits = "\n[[ratelimits]]\nname = 'RATE_LIMIT_20_PER_10'\n[[ratelimits]]\nname = 'RATE_LIMIT_30_PER_10'\n";
    let side = |gateway: &str| {
        let text = format!(
            "vars = {{ CLERK_PUBLISHABLE_KEY = 'pk_test_Y2xlcmsuY2xlcmsuZGV2JA', GATEWAY = {{ {gateway} }} }}{limits}"
        );
        Side::of(Wrangler::parse(Path::new("w"), text, None).unwrap(), Secrets::default()).unwrap()
    };
    let lines = |old: &str, new: &str| compare_sides((side(old), side(new)), &KEY, NOW).unwrap().pretty();
    let of_route = |old: &str, new: &str| {
        let gateway = |keys: &str| format!("routes = [{{ path = '/a', methods = ['GET'], origin = 'zone'{keys} }}]");
        lines(&gateway(old), &gateway(new))
    };
    let row = |caller: &str, change: &str| {
        vec!["/a".to_owned(), format!("  setting   GET, HEAD /a{caller}"), format!("            {change}")]
    };
    assert_eq!(of_route("", ", timeout_seconds = 5"), row("", "timeout_seconds 30 → 5"));
    let limit =
        |requests: u32, by: &str| format!(", limit = {{ requests = {requests}, per_seconds = 10, by = '{by}' }}");
    assert_eq!(of_route("", &limit(20, "user")), row("", "limit none → RATE_LIMIT_20_PER_10 by user"));
    assert_eq!(
        of_route(&limit(20, "user"), &limit(30, "ip")),
        row("", "limit RATE_LIMIT_20_PER_10 by user → RATE_LIMIT_30_PER_10 by ip")
    );
    assert_eq!(
        of_route("", ", outlives_token = true"),
        row("", "sockets and event streams end 10 s after their token → outlive their token")
    );
    let cors = |more: &str| format!(", cors = {{ origins = ['https://a.example']{more} }}");
    let page = "\n            a page of https://a.example";
    for (more, change) in [
        (", max_age_seconds = 5", "access-control-max-age 600 → 5"),
        (", credentials = true", "access-control-allow-credentials none → true"),
        (", expose_headers = ['x-total']", "access-control-expose-headers"),
    ] {
        let told = of_route(&cors(""), &cors(more));
        assert_eq!(told[..2], row(page, "")[..2], "{more}");
        assert!(told[2].trim().starts_with(change), "{told:?}");
    }
    let refusals = lines(
        "routes = [{ path = '/a', origin = 'zone', cors = { origins = ['https://a.example'] } }]",
        "cors = { origins = ['https://a.example'] }, routes = [{ path = '/a', origin = 'zone' }]",
    );
    assert!(
        refusals.iter().any(|line| line.trim() == "access-control-allow-origin none → https://a.example"),
        "{refusals:?}"
    );
}
