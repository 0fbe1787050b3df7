//! `mint`, from a stand-in and from a key file.

use jwt_compact::jwk::JsonWebKey;
use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey as _, LineEnding};
use serde_json::json;

use crate::harness::*;

#[test]
fn a_minted_token_verifies_against_the_published_key() {
    let stand_in = StandIn::start();
    let output = stand_in.mint(&["--user", "user_1", "--org", "org_1", "--permission", "teams:read", "--claim", "n=1"]);
    let token = printed(&output);
    let keys = stand_in.keys();
    assert!(verifies(token, &keys[0]));
    let members: Vec<&String> = keys[0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!(part(token, 0)["kid"], stand_in.identity["kid"]);
    let claims = part(token, 1);
    assert_eq!((&claims["iss"], &claims["sub"]), (&stand_in.identity["issuer"], &json!("user_1")));
    assert_eq!(claims["o"], json!({"id": "org_1", "rol": "member", "per": "read", "fpm": "1"}));
    assert_eq!((&claims["fea"], &claims["n"]), (&json!("o:teams"), &json!(1)));
}

#[test]
fn a_token_may_have_run_out() {
    let stand_in = StandIn::start();
    let output = stand_in.mint(&["--expires-in", "-60", "--issued-at", "1000"]);
    let claims = part(printed(&output), 1);
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(1000), &json!(940)));
}

#[test]
fn every_option_of_mint_reaches_its_claim() {
    let stand_in = StandIn::start();
    let output = stand_in.mint(&[
        "--session=sess_1",
        "--org-slug=acme",
        "--role=admin",
        "--azp=https://a.b",
        "--status=pending",
        "--actor=user_2",
        "--category=m2m",
        "--token-version=1",
        "--claim=nbf=null",
        "--header=typ=null",
        "--header=crit=[\"x\"]",
    ]);
    let token = printed(&output);
    let header = part(token, 0);
    assert_eq!(header["cat"], "cl_B7d4PD333AAA");
    assert_eq!((header.get("typ"), &header["crit"]), (None, &json!(["x"])));
    let claims = part(token, 1);
    assert_eq!(
        (&claims["sid"], &claims["azp"], &claims["sts"]),
        (&json!("sess_1"), &json!("https://a.b"), &json!("pending"))
    );
    assert_eq!((&claims["org_slug"], &claims["org_role"]), (&json!("acme"), &json!("org:admin")));
    assert_eq!((&claims["act"], claims.get("nbf"), claims.get("v")), (&json!({"sub": "user_2"}), None, None));
    let output = stand_in.mint(&["--plan=pro", "--feature=beta", "--feature=o:teams"]);
    let claims = part(printed(&output), 1);
    assert_eq!((&claims["pla"], &claims["fea"]), (&json!("u:pro"), &json!("u:beta,o:teams")));
}

#[test]
fn a_key_file_signs_without_a_stand_in() {
    let key = RsaPrivateKey::new(&mut rand_core::OsRng, 2048).unwrap();
    let path = Scratch::file("signing_key.pem", &key.to_pkcs8_pem(LineEnding::LF).unwrap());
    let offline = ["mint", "--key-file", path.text(), "--kid", "k", "--issuer", "https://clerk.example.com"];
    let output = clerk_edge(&[&offline[..], &["--user", "user_1"]].concat());
    let token = printed(&output);
    let public = key.to_public_key();
    let jwk = JsonWebKey::from(&public);
    assert!(verifies(token, &serde_json::to_value(jwk).unwrap()));
    assert_eq!(part(token, 0)["kid"], "k");
    let claims = part(token, 1);
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!("https://clerk.example.com"), &json!("user_1")));
    for wrong in [&offline[..3], &["mint", "--kid", "k"], &[&offline[..], &["--key", "previous"]].concat()] {
        assert_eq!(clerk_edge(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn a_useless_key_file_is_one_line_on_stderr() {
    let path = Scratch::file("not_a_key.pem", "hello");
    for (file, expected) in [
        (path.text(), "clerk-edge: cannot use the key: expected a private RSA key"),
        ("/nowhere", "clerk-edge: cannot read /nowhere: "),
    ] {
        let output = clerk_edge(&["mint", "--key-file", file, "--kid", "k", "--issuer", "i"]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
        assert!(said(&output).starts_with(expected) && said(&output).lines().count() == 1, "{}", said(&output));
    }
}

#[test]
fn without_a_stand_in_mint_says_how_to_start_one() {
    let url = format!("http://{}", free_address());
    let output = clerk_edge(&["mint", "--issuer-url", &url]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    let said = said(&output);
    assert!(said.starts_with(&format!("clerk-edge: cannot reach a stand-in at {url}: ")), "{said}");
    assert!(said.ends_with("(hint: start one with `clerk-edge issuer`)\n") && said.lines().count() == 1, "{said}");
}

#[test]
fn only_this_machine_is_asked_for_a_token() {
    for url in ["http://example.com", "https://127.0.0.1:8788", "http://127.0.0.1@example.com"] {
        let output = clerk_edge(&["mint", "--issuer-url", url]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{url}");
        assert!(said(&output).contains("expected the address of a stand-in on this machine"), "{}", said(&output));
    }
}
