//! Whole requests: which are signed in, by what they carry, and which path a pattern means.

use clerk_edge::config::Config;
use clerk_edge::credentials::Credentials;
use clerk_edge::gateway::{BUILT_IN_HANDLERS, Gateway, Verdict};
use clerk_edge::head::Head;
use clerk_edge::headers::HeaderList;
use clerk_edge::platform::native::NativeSignatures;
use serde_json::{Value, json};

use crate::support::request::{Request, TestGateway, Variables};
use crate::support::token::after;
use crate::support::{TestHost, World};
use crate::tokens::{ISSUER, key_server, now};
use crate::{assert_explained, differences, list, same, text, vectors};

#[test]
fn requests_are_signed_in_as_authenticate_request_signs_them_in() {
    let (Some(vectors), Some(keys)) = (vectors("authenticate_request"), crate::vectors("keys")) else { return };
    let mut found = Vec::new();
    for case in list(&vectors) {
        let (clerks, ours) = (clerks_word(&case["expected"]), our_word(case, &keys));
        if !same(clerks, ours) {
            found.push(format!("{}: {clerks}, {ours}", text(&case["id"])));
        }
    }
    assert_explained("authenticate_request", list(&vectors).len(), &found, &differences::AUTHENTICATE_REQUEST);
}

/// Clerk's verdict in our words. Its `handshake` is a redirect for browsers and no sign-in, so it counts as its reason does.
fn clerks_word(expected: &Value) -> &str {
    if expected["thrown"].is_object() {
        return "thrown";
    }
    if expected["status"] == "signed-in" {
        // A pending session is signed in to the request and signed out to `toAuth()`, which is what applications ask.
        let pending = expected["auth"]["sessionStatus"] == "pending";
        return if pending { "session-pending" } else { "accepted" };
    }
    match text(&expected["reason"]) {
        reason if reason.starts_with("session-token-expired") => "token-expired",
        "session-token-nbf" => "token-not-active-yet",
        "session-token-iat-in-the-future" => "token-iat-in-the-future",
        "session-token-and-uat-missing"
        | "dev-browser-missing"
        | "client-uat-but-no-session-token"
        | "session-token-missing" => "credentials-missing",
        reason => reason,
    }
}

fn our_word(case: &Value, keys: &Value) -> &'static str {
    let options = &case["options"];
    let parties = options["authorizedParties"].as_array().map_or(&[][..], Vec::as_slice);
    // What is no origin cannot be configured, and matches none.
    let parties =
        parties.iter().map(|party| if party == "whatever" { json!("https://nobody.invalid") } else { party.clone() });
    let mut variables = json!({
        "CLERK_ISSUER": ISSUER,
        "GATEWAY": {
            "authorized_parties": parties.collect::<Vec<_>>(),
            "missing_azp": "reject",
            "routes": [{"path": "/*", "serve": "whoami"}],
        },
    });
    for (name, option) in
        [("CLERK_PUBLISHABLE_KEY", "publishableKey"), ("CLERK_PROXY_URL", "proxyUrl"), ("CLERK_DOMAIN", "domain")]
    {
        if let Some(value) = options[option].as_str().filter(|value| !value.is_empty()) {
            variables[name] = json!(value);
        }
    }
    if options["isSatellite"] == true {
        variables["CLERK_IS_SATELLITE"] = json!("true");
    }
    let Ok(config) = Config::read(&Variables::new(variables), &BUILT_IN_HANDLERS) else {
        return "configuration-invalid";
    };
    let world = World::with_key_set("");
    world.key_server_does(key_server(&case["network"], keys));
    let gateway = Gateway::new(config, TestHost { world, signatures: NativeSignatures });
    let request = &case["request"];
    let head = Head::new(text(&request["method"]), text(&request["url"]), header_list(&request["headers"]), None);
    let decision = pollster::block_on(gateway.decide(&head, "request-1", now(case)));
    match decision.verdict {
        Verdict::Refuse(refusal) => refusal.code(),
        Verdict::Serve(_) => "accepted",
        other => panic!("{}: {other:?}", case["id"]),
    }
}

fn header_list(headers: &Value) -> HeaderList {
    let headers = headers.as_object().expect("an object");
    HeaderList::new(headers.iter().map(|(name, value)| (name.clone(), text(value).to_owned())).collect())
}

#[test]
fn a_request_is_for_the_host_of_its_address_and_has_the_cookies_that_clerk_reads() {
    let Some(vectors) = vectors("request_parsing") else { return };
    let no_header = "no header of a request decides its host";
    let mut found = Vec::new();
    for case in list(&vectors) {
        let id = text(&case["id"]);
        let head = Head::new("GET", text(&case["url"]), header_list(&case["headers"]), None);
        if !text(&case["expected"]["clerkUrl"]).starts_with(&format!("{}/", head.origin())) {
            found.push(id.to_owned());
        }
        for (name, value) in case["expected"]["cookies"].as_object().expect("an object") {
            assert_eq!(session_cookie(case, name).as_deref(), value.as_str(), "{id}: {name}");
        }
        if case["expected"]["cookies"]["__session"].is_null() {
            assert_eq!(session_cookie(case, "__session"), None, "{id}");
        }
    }
    let explained = ["forwarded", "forwarded beats host", "forwarded host only", "multi host", "host header only"]
        .map(|id| (id, no_header));
    assert_explained("request_parsing", list(&vectors).len(), &found, &explained);
}

/// What the session cookie would be, were it named `name`.
fn session_cookie(case: &Value, name: &str) -> Option<String> {
    let cookie = case["headers"]["cookie"].as_str().unwrap_or_default();
    let renamed = cookie.replacen(&format!("{name}="), "__session=", if name == "__session" { 0 } else { 1 });
    let headers = HeaderList::new(vec![("cookie".to_owned(), renamed)]);
    Credentials::find(&headers, None, after(0)).unwrap().map(|credentials| credentials.token)
}

#[test]
fn a_path_is_one_of_a_pattern_where_clerks_matcher_has_it_so() {
    let Some(vectors) = vectors("path_matcher_nextjs_createRouteMatcher") else { return };
    let mut found = Vec::new();
    for case in list(&vectors) {
        let patterns = case["patterns"].as_array().cloned().unwrap_or_else(|| vec![case["patterns"].clone()]);
        let routes: Vec<Value> = patterns.iter().map(|pattern| route(text(pattern))).collect();
        let outcome = TestGateway::with_routes(json!(routes)).outcome(&Request::get(text(&case["path"])));
        if (outcome == "serve whoami") != (case["expected"] == true) {
            found.push(format!("{} {}: {}, {outcome}", case["patterns"], text(&case["path"]), case["expected"]));
        }
    }
    assert_explained(
        "path_matcher_nextjs_createRouteMatcher",
        list(&vectors).len(),
        &found,
        &differences::PATH_MATCHER,
    );
}

/// The route that comes nearest to a pattern of Clerk's.
fn route(pattern: &str) -> Value {
    let path = pattern.replace("/(.*)", "/*").replace("(.*)", "/*").replace("/:path*", "/*");
    json!({"path": path, "access": "public", "serve": "whoami"})
}
