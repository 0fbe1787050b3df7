//! What stands around the answer: routes, places, headers and requirement.

use clerk_edge::explanation::{self, Explanation, Looked, Standing};
use serde_json::{Value, json};

use super::support::request::{REQUEST_ID, Request, TestGateway, instance};
use super::support::token::{Token, after};

const ORIGIN: &str = "https://origin.example.com";

fn explain(gateway: &TestGateway, request: &Request) -> Explanation {
    pollster::block_on(explanation::of_request(&gateway.gateway, &request.head(), REQUEST_ID, after(0), &[]))
}

fn standings(routes: Value, request: &Request) -> Vec<Standing> {
    let told = explain(&TestGateway::with_routes(routes), request);
    told.request.unwrap().routes.iter().map(|route| route.standing).collect()
}

#[test]
fn every_route_says_how_it_stood() {
    use Standing::{Ambiguous, LessSpecific, Matched, NotLookedAt, OtherMethod, OtherPath};
    let routes = json!([
        {"path": "/api/*", "access": "public", "origin": ORIGIN},
        {"path": "/api/:id", "methods": ["GET"], "access": "public", "origin": ORIGIN},
        {"path": "/api/x", "methods": ["POST"], "access": "public", "origin": ORIGIN},
        {"path": "/other", "access": "public", "origin": ORIGIN},
    ]);
    let standings = |request: Request| standings(routes.clone(), &request);
    assert_eq!(standings(Request::new("POST", "/api/x")), [LessSpecific, OtherMethod, Matched, OtherPath]);
    assert_eq!(standings(Request::get("/api/y")), [LessSpecific, Matched, OtherPath, OtherPath]);
    assert_eq!(standings(Request::get("/api/x")), [LessSpecific, LessSpecific, OtherMethod, OtherPath]);
    assert_eq!(standings(Request::get("/nothing")), [OtherPath; 4]);
    assert_eq!(standings(Request::get("/api/../x")), [NotLookedAt; 4]);
    assert_eq!(standings(Request::get("/api/a%2Fb"))[1], Ambiguous);
}

#[test]
fn a_preflight_is_told_by_the_method_of_the_request_to_come() {
    let routes = json!([
        {"path": "/api", "methods": ["GET"], "origin": ORIGIN, "cors": {"origins": ["https://app.example.com"]}},
        {"path": "/api/*", "methods": ["DELETE"], "origin": ORIGIN},
    ]);
    let preflight = Request::new("OPTIONS", "/api").header("origin", "https://app.example.com");
    let preflight = preflight.header("access-control-request-method", "GET");
    assert_eq!(standings(routes, &preflight)[0], Standing::Matched);
}

#[test]
fn every_place_says_what_it_holds() {
    let gateway = TestGateway::with_routes(json!([{"path": "/*", "origin": ORIGIN}]));
    let suffixed = format!("__session_{}", instance().cookie_suffix());
    let outcomes = |request: &Request| {
        let credentials = explain(&gateway, request).request.unwrap().credentials;
        assert!(credentials.looked_at);
        credentials.places.iter().map(|place| place.outcome).collect::<Vec<_>>()
    };
    use Looked::{Missing, PassedOver, Refused, Token as Held};
    let text = Token::new().text();
    assert_eq!(outcomes(&Request::get("/x")), [Missing, Missing, Missing]);
    assert_eq!(outcomes(&Request::get("/x").bearer(&text).cookie("x")), [Held, Missing, PassedOver]);
    assert_eq!(outcomes(&Request::get("/x").cookie(&text)), [Missing, Missing, Held]);
    let both = Request::get("/x").header("cookie", &format!("__session={text}; {suffixed}={text}; __client_uat=1"));
    assert_eq!(outcomes(&both).iter().filter(|outcome| **outcome == Held).count(), 1);
    assert_eq!(outcomes(&Request::get("/x").header("authorization", "Basic x")), [Refused, Missing, Missing]);
}

#[test]
fn headers_are_told_by_what_becomes_of_them_and_no_token_is_repeated() {
    let seed = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU";
    let gateway = TestGateway::with_variables(
        json!({"routes": [{"path": "/*", "origin": ORIGIN}]}),
        json!({"ASSERTION_KEY": seed}),
    );
    let text = Token::new().text();
    let request = Request::get("/x").bearer(&text).header("X_Clerk.User-Id", "spoofed").header("accept", "*/*");
    let request = request.header("cookie", &format!("__session={text}; theme=dark")).header("te", "trailers");
    let told = explain(&gateway, &request);
    let headers = told.headers.as_ref().unwrap();
    let dropped: Vec<_> = headers.dropped.iter().map(|header| header.name.as_str()).collect();
    assert_eq!(dropped, ["authorization", "X_Clerk.User-Id", "te"]);
    assert_eq!(headers.kept, ["accept", "cookie (without Clerk's)"]);
    let forward = gateway.forward(&request);
    let set: Vec<_> = forward.headers.iter().skip(headers.kept.len()).map(|(name, _)| name.as_str()).collect();
    assert_eq!(headers.added.iter().map(|header| header.name.as_str()).collect::<Vec<_>>(), set);
    assert_eq!(headers.added.last().unwrap().value, "(signed)");
    let whole = serde_json::to_string(&told).unwrap();
    assert!(!whole.contains(&text) && !whole.contains("spoofed") && !whole.contains("theme=dark"));
}

#[test]
fn a_requirement_is_told_node_by_node_and_not_without_a_session() {
    let require =
        json!({"any": [{"role": "org:admin"}, {"all": [{"plan": "pro"}, {"claim": "tier", "equals": "gold"}]}]});
    let gateway = TestGateway::with_routes(json!([{"path": "/*", "require": require, "origin": ORIGIN}]));
    let told = explain(&gateway, &Request::get("/x").bearer(&Token::new().claim("pla", json!("u:pro")).text()));
    assert_eq!(
        serde_json::to_value(told.requirement.unwrap()).unwrap(),
        json!({"rule": "any", "met": false, "has": null, "of": [
            {"rule": "role org:admin", "met": false, "has": "no active organization", "of": []},
            {"rule": "all", "met": false, "has": null, "of": [
                {"rule": "plan pro", "met": true, "has": "user:pro", "of": []},
                {"rule": "claim tier is \"gold\"", "met": false, "has": "no such claim", "of": []},
            ]},
        ]})
    );
    let anonymous = explain(&gateway, &Request::get("/x")).requirement.unwrap();
    assert_eq!((anonymous.met, anonymous.has), (None, None));
}
