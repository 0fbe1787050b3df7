//! Requirements, by exhaustion of a small model. (Attack 32.)

use serde_json::{Value, json};

use super::ORIGIN;
use super::support::request::{Request, TestGateway};
use super::support::token::Token;

/// A requirement over three atoms, and what it means.
#[derive(Clone)]
struct Rule {
    config: Value,
    /// By the bits of the atoms that a session meets.
    meaning: [bool; 8],
}

fn atoms() -> Vec<Rule> {
    [json!({"role": "org:admin"}), json!({"permission": "org:a:b"}), json!({"claim": "tier", "equals": "gold"})]
        .into_iter()
        .enumerate()
        .map(|(bit, config)| Rule { config, meaning: std::array::from_fn(|session| session >> bit & 1 == 1) })
        .collect()
}

fn all(rules: &[Rule]) -> Rule {
    let configs: Vec<_> = rules.iter().map(|rule| &rule.config).collect();
    let meaning = std::array::from_fn(|session| rules.iter().all(|rule| rule.meaning[session]));
    Rule { config: json!({"all": configs}), meaning }
}

fn any(rules: &[Rule]) -> Rule {
    let configs: Vec<_> = rules.iter().map(|rule| &rule.config).collect();
    let meaning = std::array::from_fn(|session| rules.iter().any(|rule| rule.meaning[session]));
    Rule { config: json!({"any": configs}), meaning }
}

/// The atoms, `all` and `any` of each of their sets, and `all` and `any` of each two of those.
fn rules() -> Vec<Rule> {
    let atoms = atoms();
    let sets = (1..8_usize).map(|set| {
        let chosen = atoms.iter().enumerate().filter(move |(bit, _)| set >> bit & 1 == 1);
        chosen.map(|(_, rule)| rule.clone()).collect::<Vec<_>>()
    });
    let mut simple = atoms.clone();
    simple.extend(sets.flat_map(|set| [all(&set), any(&set)]));
    let mut rules = simple.clone();
    for first in &simple {
        for second in &simple {
            rules.extend([all(&[first.clone(), second.clone()]), any(&[first.clone(), second.clone()])]);
        }
    }
    rules
}

/// A session that meets the atoms of these bits; the others are missing, not merely otherwise.
fn session(bits: usize) -> String {
    let mut claims = json!({});
    if bits & 3 != 0 {
        claims["org_id"] = json!("org_1");
    }
    if bits & 1 != 0 {
        claims["org_role"] = json!("org:admin");
    }
    if bits & 2 != 0 {
        claims["org_permissions"] = json!(["org:a:b"]);
    }
    if bits & 4 != 0 {
        claims["tier"] = json!("gold");
    }
    Token::new().claims(claims).text()
}

#[test]
fn attack_32_what_cannot_be_evaluated_is_a_no_in_every_combination() {
    let rules = rules();
    let route =
        |(index, rule): (usize, &Rule)| json!({"path": format!("/{index}"), "origin": ORIGIN, "require": rule.config});
    let gateway = TestGateway::with_routes(rules.iter().enumerate().map(route).collect());
    let (mut allowed, mut denied) = (0, 0);
    for bits in 0..8 {
        let token = session(bits);
        for (index, rule) in rules.iter().enumerate() {
            let outcome = gateway.outcome(&Request::get(&format!("/{index}")).bearer(&token));
            assert_eq!(outcome.starts_with("forward "), rule.meaning[bits], "{bits:03b} {}: {outcome}", rule.config);
            assert!(outcome.starts_with("forward ") || outcome.starts_with("insufficient-"), "{outcome}");
            *(if rule.meaning[bits] { &mut allowed } else { &mut denied }) += 1;
        }
    }
    assert!(rules.len() > 500 && allowed > 1000 && denied > 1000, "{} {allowed} {denied}", rules.len());
}

#[test]
fn attack_32_a_condition_more_in_an_all_and_a_claim_less_never_allow() {
    // The model above is the gateway's; here it is the law that is asked of the model.
    for rule in rules() {
        for other in atoms() {
            let both = all(&[rule.clone(), other]);
            assert!((0..8).all(|session| !both.meaning[session] || rule.meaning[session]), "{}", both.config);
        }
        for session in 0..8_usize {
            for less in (0..8).filter(|less| less & session == *less) {
                assert!(!rule.meaning[less] || rule.meaning[session], "{}", rule.config);
            }
        }
    }
}

#[test]
fn attack_32_a_claim_of_the_wrong_kind_is_a_no_and_there_is_no_not() {
    let gateway =
        |require: Value| TestGateway::with_routes(json!([{"path": "/", "origin": ORIGIN, "require": require}]));
    for (require, claims) in [
        (json!({"claim": "tier", "equals": "gold"}), json!({"tier": {"gold": true}})),
        (json!({"claim": "tier.level", "equals": 1}), json!({"tier": "level"})),
        (json!({"claim": "tier", "equals": true}), json!({"tier": "true"})),
        (json!({"claim": "tier", "equals": 1}), json!({"tier": "1"})),
        (json!({"claim": "tier", "in": ["null", "undefined", ""]}), json!({"tier": null})),
        (json!({"reverification": "lax"}), json!({"fva": "rubbish"})),
        (json!({"reverification": "lax"}), json!({"fva": [null, null]})),
        (json!({"reverification": "lax"}), json!({"fva": [-1, -1]})),
        (json!({"role": "org:admin"}), json!({"org_role": "org:admin"})),
        (json!({"permission": "org:a:b"}), json!({"org_permissions": ["org:a:b"]})),
        (json!({"permission": "org:a:b"}), json!({"v": 2, "fea": "o:a", "o": {"id": "org_1", "per": "b", "fpm": "x"}})),
        (json!({"feature": "org:a"}), json!({"fea": "u:a"})),
        (json!({"plan": "gold"}), json!({"pla": "gold"})),
    ] {
        for require in
            [require.clone(), json!({"all": [require.clone()]}), json!({"any": [require.clone(), require.clone()]})]
        {
            let request = Request::get("/").bearer(&Token::new().claims(claims.clone()).text());
            let outcome = gateway(require.clone()).outcome(&request);
            assert!(
                outcome.starts_with("insufficient-") || outcome == "reverification-required",
                "{require} {claims}: {outcome}"
            );
        }
    }
    for require in
        [json!({"not": {"role": "org:guest"}}), json!({"none": []}), json!({"any": []}), json!({"all": []}), json!({})]
    {
        let routes = json!({"routes": [{"path": "/", "origin": ORIGIN, "require": require}]});
        assert!(super::support::request::config(routes).is_err(), "{require}");
    }
}
