//! Webhooks, by `webhook send` and by the stand-in: what arrives, what is told of it, and what is not sent at all.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::thread::JoinHandle;

use clerk_edge::headers::HeaderList;
use clerk_edge::platform::native::now as unix_now;
use clerk_edge::webhook::{UnverifiedDelivery, WebhookError, WebhookSecrets};
use serde_json::{Value, json};

use crate::harness::*;

/// A secret made for these tests: the base64 of a sentence.
const SECRET: &str = "whsec_YSBzZWNyZXQgZm9yIHRlc3RzIG9mIHRoZSBjb21tYW5k";

/// What arrived: the request line, the headers and the body.
struct Arrived {
    line: String,
    headers: HeaderList,
    body: Vec<u8>,
}

impl Arrived {
    fn event(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn verify(&self, secret: &str) -> Result<String, WebhookError> {
        let secrets = WebhookSecrets::parse(secret).unwrap();
        let id = UnverifiedDelivery::read(&self.headers, unix_now())?.verify(&secrets, &self.body)?;
        Ok(id.as_str().to_owned())
    }
}

/// A server that takes one request, and answers it so.
fn target(answer: &'static str) -> (String, JoinHandle<Arrived>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/webhooks/clerk", listener.local_addr().unwrap());
    let arrived = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
        loop {
            let read = stream.read(&mut chunk).unwrap();
            bytes.extend_from_slice(&chunk[..read]);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let mut lines = head.lines();
            let line = lines.next().unwrap().to_owned();
            let pairs = lines.map(|line| line.split_once(": ").unwrap());
            let headers = HeaderList::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
            if body.len() == headers.find("content-length").unwrap().parse::<usize>().unwrap() {
                stream.write_all(answer.as_bytes()).unwrap();
                return Arrived { line, headers, body: body.as_bytes().to_vec() };
            }
        }
    });
    (url, arrived)
}

/// Sends with a proxy in the environment that nobody answers: a target on this machine is not asked through it.
fn send(arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.env("ALL_PROXY", "http://127.0.0.1:1").env_remove("CLERK_WEBHOOK_SIGNING_SECRET");
    command.args(["webhook", "send"]).args(arguments).output().unwrap()
}

const OK: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 3\r\n\r\nyes";
const BAD: &str = "HTTP/1.1 400 Bad\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno";

#[test]
fn a_delivery_is_signed_and_has_clerks_envelope() {
    let (url, arrived) = target(OK);
    let output = send(&[&url, "--secret", SECRET, "--id", "msg_1", "--type", "organizationMembership.deleted"]);
    assert_eq!((output.status.code(), said(&output)), (Some(0), ""));
    assert_eq!(std::str::from_utf8(&output.stdout).unwrap(), "200\nyes\n");
    let arrived = arrived.join().unwrap();
    assert_eq!(arrived.line, "POST /webhooks/clerk HTTP/1.1");
    assert_eq!(arrived.verify(SECRET), Ok("msg_1".to_owned()));
    assert_eq!(arrived.verify("whsec_YWJj"), Err(WebhookError::Signature));
    assert_eq!(arrived.headers.find("content-type").unwrap(), "application/json");
    let event = arrived.event();
    assert_eq!((&event["object"], &event["type"]), (&json!("event"), &json!("organizationMembership.deleted")));
    assert!(event["data"]["public_user_data"]["user_id"].as_str().unwrap().starts_with("user_"));
}

#[test]
fn data_type_and_time_are_the_callers_and_the_secret_may_stand_in_the_environment() {
    let (url, arrived) = target(OK);
    let mut command = Command::new(BINARY);
    command.env("CLERK_WEBHOOK_SIGNING_SECRET", SECRET);
    let arguments = ["webhook", "send", &url, "--type", "new.kind", "--data", r#"{"a":1}"#, "--time-offset", "-301"];
    assert_eq!(command.args(arguments).output().unwrap().status.code(), Some(0));
    let arrived = arrived.join().unwrap();
    assert_eq!((&arrived.event()["type"], &arrived.event()["data"]), (&json!("new.kind"), &json!({"a": 1})));
    assert_eq!(arrived.verify(SECRET), Err(WebhookError::Timestamp));
}

#[test]
fn a_refused_delivery_is_exit_code_1_with_the_answer_on_stdout() {
    let (url, arrived) = target(BAD);
    let output = send(&[&url, "--secret", SECRET]);
    arrived.join().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(std::str::from_utf8(&output.stdout).unwrap(), "400\nno\n");
    assert_eq!(said(&output), "clerk-edge: the delivery was answered 400\n");
}

#[test]
fn nothing_is_sent_off_this_machine_or_without_a_secret() {
    for url in ["http://example.com/", "https://example.com/", "http://127.0.0.1@example.com/", "ftp://127.0.0.1/"] {
        let output = send(&[url, "--secret", SECRET]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{url}");
    }
    for arguments in [&["--secret", "whsec_"][..], &["--secret", SECRET, "--id", "a.b"], &["--data", "{"]] {
        let output = send(&[&["http://127.0.0.1:1/"], arguments].concat());
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
        assert!(!said(&output).contains("YSBz"), "{}", said(&output));
    }
    let output = send(&["http://127.0.0.1:1/"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(said(&output).starts_with("clerk-edge: there is no signing secret (hint: "), "{}", said(&output));
    let nobody = format!("http://{}/", free_address());
    let output = send(&[&nobody, "--secret", SECRET]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(said(&output).starts_with(&format!("clerk-edge: cannot reach {nobody}: ")), "{}", said(&output));
}

#[test]
fn the_list_names_every_known_type_once() {
    let output = send(&["--list"]);
    assert_eq!((output.status.code(), said(&output)), (Some(0), ""));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut types: Vec<&str> = text.lines().collect();
    let count = types.len();
    types.sort_unstable();
    types.dedup();
    assert_eq!((types.len(), count), (46, 46));
    assert!(types.contains(&"user.created") && types.contains(&"subscriptionItem.freeTrialEnding"));
}

#[test]
fn the_stand_in_sends_a_delivery_and_answers_with_what_its_target_said() {
    let stand_in = StandIn::start();
    let secret = stand_in.identity["webhookSecret"].as_str().unwrap();
    let (url, arrived) = target(OK);
    let answer = stand_in.done("/stand-in/webhooks", json!({"url": url, "type": "session.revoked", "id": "msg_1"}));
    assert_eq!(answer, json!({"id": "msg_1", "type": "session.revoked", "status": 200, "body": "yes"}));
    let arrived = arrived.join().unwrap();
    assert_eq!((arrived.line.as_str(), arrived.verify(secret)), ("POST /webhooks/clerk HTTP/1.1", Ok("msg_1".into())));
    assert_eq!(arrived.verify("whsec_YWJj"), Err(WebhookError::Signature));
    assert_eq!(arrived.event()["data"]["status"], "revoked");
    let (url, arrived) = target(BAD);
    let answer = stand_in.done("/stand-in/webhooks", json!({"url": url, "type": "user.deleted"}));
    assert_eq!((&answer["status"], &answer["body"]), (&json!(400), &json!("no")));
    assert_eq!(arrived.join().unwrap().verify(secret).unwrap(), answer["id"].as_str().unwrap());
}

#[test]
fn the_stand_in_takes_data_time_and_secret_from_the_request() {
    let stand_in = StandIn::start();
    let (url, arrived) = target(OK);
    let request = json!({"url": url, "type": "new.kind", "data": {"a": 1}, "time_offset": 301, "secret": SECRET});
    assert_eq!(stand_in.done("/stand-in/webhooks", request)["status"], 200);
    let arrived = arrived.join().unwrap();
    assert_eq!((&arrived.event()["type"], &arrived.event()["data"]), (&json!("new.kind"), &json!({"a": 1})));
    assert_eq!(arrived.verify(SECRET), Err(WebhookError::Timestamp));
    let (url, arrived) = target(OK);
    stand_in.done("/stand-in/webhooks", json!({"url": url, "type": "new.kind", "secret": SECRET}));
    assert!(arrived.join().unwrap().verify(SECRET).is_ok());
}

#[test]
fn the_stand_in_sends_nothing_off_this_machine_and_says_when_nobody_answers() {
    let stand_in = StandIn::start();
    let refused = |change: Value| {
        let mut request = json!({"url": "http://127.0.0.1:1/", "type": "user.created"});
        request.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        stand_in.refused("/stand-in/webhooks", &request.to_string())
    };
    for url in ["http://example.com/", "https://example.com/", "http://127.0.0.1@example.com/", "ftp://127.0.0.1/", ""]
    {
        assert!(refused(json!({"url": url})).contains("expected an address on this machine"), "{url}");
    }
    assert!(refused(json!({"id": "a.b"})).contains("without comma and dot"));
    assert!(refused(json!({"secret": "whsec_"})).contains("signing secrets"));
    assert!(refused(json!({"kind": "x"})).contains("unknown field `kind`"));
    assert!(stand_in.refused("/stand-in/webhooks", "{}").contains("missing field `url`"));
    let nobody = format!("http://{}/", free_address());
    let (status, text) =
        stand_in.post("/stand-in/webhooks", &json!({"url": nobody, "type": "user.created"}).to_string());
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(status, 502, "{text}");
    assert!(answer["error"].as_str().unwrap().starts_with(&format!("cannot reach {nobody}: ")), "{text}");
}

#[test]
fn the_stand_in_has_every_known_type_with_data_of_its_own() {
    let stand_in = StandIn::start();
    let (status, text) = stand_in.get("/stand-in/webhooks").unwrap();
    let list: Value = serde_json::from_str(&text).unwrap();
    let types: Vec<&str> = list["types"].as_array().unwrap().iter().map(|kind| kind.as_str().unwrap()).collect();
    assert_eq!((status, types.join("\n") + "\n"), (200, String::from_utf8(send(&["--list"]).stdout).unwrap()));
    for kind in types {
        let (url, arrived) = target(OK);
        stand_in.done("/stand-in/webhooks", json!({"url": url, "type": kind}));
        let event = arrived.join().unwrap().event();
        for member in members(kind) {
            assert!(event["data"].get(member).is_some(), "{kind} has no {member}: {event}");
        }
    }
}

/// What Clerk's own types say that the data of an event has.
fn members(kind: &str) -> Vec<&'static str> {
    let members = match kind.split_once('.').unwrap() {
        ("user" | "organization" | "organizationDomain" | "role" | "permission", "deleted") => "id object deleted",
        ("user", _) => {
            "id username first_name last_name image_url email_addresses phone_numbers external_accounts \
             primary_email_address_id public_metadata private_metadata unsafe_metadata external_id banned locked \
             two_factor_enabled created_at updated_at last_sign_in_at"
        }
        ("session", _) => {
            "id client_id user_id status actor last_active_organization_id latest_activity last_active_at expire_at \
             abandon_at created_at updated_at user"
        }
        ("organization", _) => {
            "id name slug image_url max_allowed_memberships admin_delete_enabled public_metadata private_metadata \
             created_by created_at updated_at"
        }
        ("organizationDomain", _) => "id name organization_id enrollment_mode verification",
        ("organizationMembership", _) => "id role permissions organization public_user_data public_metadata",
        ("organizationInvitation", "accepted") => "id email_address organization_id user_id status",
        ("organizationInvitation", _) => "id email_address role role_name organization_id status url expires_at",
        ("role", _) => "id key name description permissions is_creator_eligible",
        ("permission", _) => "id key name description",
        ("email", _) => "id slug to_email_address subject body body_plain status delivered_by_clerk data",
        ("sms", _) => "id to_phone_number message status delivered_by_clerk data",
        ("waitlistEntry", _) => "id email_address status invitation is_locked",
        ("paymentAttempt", _) => "id status payer payee totals payment_source subscription_items",
        ("subscription", _) => "id status payer items",
        ("subscriptionItem", _) => "id status payer plan amount plan_period",
        _ => "data-of-a-known-family",
    };
    members.split(' ').filter(|name| !name.is_empty()).collect()
}
