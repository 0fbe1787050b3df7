//! A configuration is refused with at least one mistake in a place, or each of its routes is found by its own pattern as
//! a reader of the table would find it, and lets nobody without credentials in where a session is needed.

#![no_main]

use clerk_edge::config::{Access, Config, Environment, Route};
use clerk_edge::gateway::{BUILT_IN_HANDLERS, Gateway, HEALTH_PATH, Verdict};
use clerk_edge::head::Head;
use clerk_edge::headers::HeaderList;
use clerk_edge::method::Method;
use clerk_edge::path::{CanonicalPath, PathError};
use clerk_edge::platform::native::Offline;
use clerk_edge::routes::Match;
use clerk_edge::time::UnixTime;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &str| {
    let Ok(variables) = serde_json::from_str(text) else { return };
    let config = match Config::read(&Variables(variables), &BUILT_IN_HANDLERS) {
        Ok(config) => config,
        Err(mistakes) => {
            assert!(!mistakes.is_empty() && mistakes.iter().all(|mistake| !mistake.place.is_empty()), "{mistakes:?}");
            return;
        }
    };
    let paths: Vec<CanonicalPath> = config.routes.iter().filter_map(|route| path_of(route)).collect();
    paths.iter().for_each(|path| check_table(&config, path));
    let gateway = Gateway::new(config, Offline);
    paths.iter().for_each(|path| check_decision(&gateway, path));
});

struct Variables(Value);

impl Environment for Variables {
    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name)?.as_str().map(str::to_owned)
    }

    fn json(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }

    fn has_service(&self, name: &str) -> bool {
        name == "ORDERS"
    }

    fn has_rate_limit(&self, _name: &str) -> bool {
        true
    }
}

/// A path of the route's pattern, unless it is too long for one.
fn path_of(route: &Route) -> Option<CanonicalPath> {
    let concrete =
        |part: &str| if part == "*" || part.starts_with(':') { "/any".to_owned() } else { format!("/{part}") };
    let path: String = parts(route.pattern.as_str()).into_iter().map(concrete).collect();
    match CanonicalPath::parse(if path.is_empty() { "/" } else { &path }) {
        Ok(path) => Some(path),
        Err(error) => {
            assert_eq!(error, PathError::TooLong, "{path}");
            None
        }
    }
}

/// The table finds what comes of ranking every pattern, or says that the case of the path makes it unclear.
fn check_table(config: &Config, path: &CanonicalPath) {
    let segments: Vec<&str> = path.match_key().split('/').skip(1).collect();
    let ranks: Vec<_> = config.routes.iter().map(|route| rank(route.pattern.as_str(), &segments)).collect();
    let best = ranks.iter().max().and_then(Clone::clone);
    assert!(best.is_some(), "{path} is of no route");
    for method in Method::ALL {
        let is_it = |index: &usize| ranks[*index] == best && config.routes[*index].methods.contains(method);
        match (config.table.find(path, Some(method)), (0..ranks.len()).find(is_it)) {
            (Match::Route(found), Some(expected)) => assert_eq!(found, expected, "{path}"),
            (Match::MethodNotAllowed(_), None) => {}
            (Match::Ambiguous, _) if path.match_key().bytes().any(|byte| byte.is_ascii_uppercase()) => {}
            other => panic!("{path} {method:?}: {other:?}"),
        }
    }
}

/// Without credentials nothing is let in where a session or a signature is needed.
fn check_decision(gateway: &Gateway<Offline>, path: &CanonicalPath) {
    for method in Method::ALL {
        let url = format!("https://api.example.com{path}");
        let head = Head::new(method.name(), &url, HeaderList::default(), None);
        let decision = pollster::block_on(gateway.decide(&head, "request", UnixTime::from_seconds(1_750_000_000)));
        let is_open = |route: &Route| matches!(route.access, Access::Public | Access::Optional);
        let is_refused = matches!(decision.verdict, Verdict::Refuse(_));
        assert!(is_refused || path.match_key() == HEALTH_PATH || decision.route.is_some_and(is_open), "{path}");
    }
}

/// The segments of a pattern.
fn parts(pattern: &str) -> Vec<&str> {
    pattern.split('/').skip(1).filter(|part| !part.is_empty()).collect()
}

/// How closely a pattern names a path, first segment first: a literal above `:name` above the end above a final `*`.
fn rank(pattern: &str, segments: &[&str]) -> Option<Vec<u8>> {
    let (mut ranks, mut rest) = (Vec::new(), segments.iter());
    for part in parts(pattern) {
        match part {
            "*" => return Some([ranks, vec![0]].concat()),
            _ if part.starts_with(':') => rest.next().map(|_| ranks.push(2))?,
            _ => {
                let literal = CanonicalPath::parse(&format!("/{part}")).ok()?;
                (&literal.match_key()[1..] == *rest.next()?).then(|| ranks.push(3))?;
            }
        }
    }
    rest.next().is_none().then(|| [ranks, vec![1]].concat())
}
