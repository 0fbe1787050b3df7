//! Builds request heads, and gateways that decide on them, in a world that the test holds.

use std::collections::HashMap;
use std::rc::Rc;

use clerk_edge::config::{Config, Environment, Mistake};
use clerk_edge::gateway::{BUILT_IN_HANDLERS, Decision, Forward, Gateway, Verdict};
use clerk_edge::head::Head;
use clerk_edge::headers::HeaderList;
use clerk_edge::instance::{Instance, InstanceKind, publishable_key};
use clerk_edge::platform::native::NativeSignatures;
use clerk_edge::refusal::Refusal;
use clerk_edge::webhook::WebhookSecrets;
use serde_json::{Value, json};

use super::key::{key, key_set};
use super::token::{Token, after};
use super::{TestHost, World};

/// Where tests send their requests.
pub const HOST: &str = "https://api.example.com";
/// The id that tests give their requests.
pub const REQUEST_ID: &str = "request-1";
/// A handler that is not one of the gateway's own.
pub const OWN_HANDLER: &str = "report";
/// What webhooks are signed with, made for tests: the base64 of a sentence.
pub const WEBHOOK_SECRET: &str = "whsec_YSBzZWNyZXQgZm9yIHRlc3RzIG9mIHRoZSBnYXRld2F5";

/// Variables as a configuration reads them; the service binding `ORDERS` is there, and limits of 2 and 3.
pub struct Variables(pub HashMap<String, Value>);

impl Variables {
    pub fn new(variables: Value) -> Self {
        Self(variables.as_object().unwrap().clone().into_iter().collect())
    }

    /// A right publishable key and signing secret, and this `GATEWAY`.
    pub fn of_gateway(gateway: Value) -> Self {
        let key = publishable_key(InstanceKind::Production, "clerk.example.com");
        Self::new(json!({
            "CLERK_PUBLISHABLE_KEY": key, "CLERK_WEBHOOK_SIGNING_SECRET": WEBHOOK_SECRET, "GATEWAY": gateway,
        }))
    }
}

impl Environment for Variables {
    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    fn json(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }

    fn has_service(&self, name: &str) -> bool {
        name == "ORDERS"
    }

    fn has_rate_limit(&self, name: &str) -> bool {
        ["RATE_LIMIT_2_PER_10", "RATE_LIMIT_3_PER_60"].contains(&name)
    }
}

/// Reads a configuration with this `GATEWAY`.
pub fn config(gateway: Value) -> Result<Config, Vec<Mistake>> {
    read(&Variables::of_gateway(gateway))
}

fn read(variables: &Variables) -> Result<Config, Vec<Mistake>> {
    let [whoami, health] = BUILT_IN_HANDLERS;
    Config::read(variables, &[whoami, health, OWN_HANDLER])
}

/// The instance of [`config`].
pub fn instance() -> Instance {
    Instance::from_publishable_key(&publishable_key(InstanceKind::Production, "clerk.example.com")).unwrap()
}

/// A gateway and the world around it.
pub struct TestGateway {
    pub gateway: Gateway<TestHost<NativeSignatures>>,
    pub world: Rc<World>,
}

impl TestGateway {
    /// A gateway with this `GATEWAY`, whose key server publishes [`key`].
    pub fn new(gateway: Value) -> Self {
        Self::of(config(gateway))
    }

    fn of(config: Result<Config, Vec<Mistake>>) -> Self {
        let config = config.unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        let world = World::with_key_set(key_set(&[key().jwk()]));
        let host = TestHost { world: Rc::clone(&world), signatures: NativeSignatures };
        Self { gateway: Gateway::new(config, host), world }
    }

    /// A gateway with this `GATEWAY` and more variables.
    pub fn with_variables(gateway: Value, more: Value) -> Self {
        let mut variables = Variables::of_gateway(gateway);
        variables.0.extend(Variables::new(more).0);
        Self::of(read(&variables))
    }

    /// A gateway with these routes and nothing else.
    pub fn with_routes(routes: Value) -> Self {
        Self::new(json!({"routes": routes}))
    }

    /// The decision `seconds` after the beginning.
    pub fn decide_after(&self, seconds: i64, request: &Request) -> Decision<'_> {
        pollster::block_on(self.gateway.decide(&request.head(), REQUEST_ID, after(seconds)))
    }

    pub fn decide(&self, request: &Request) -> Decision<'_> {
        self.decide_after(0, request)
    }

    /// The decision on a webhook with this body.
    pub fn receive(&self, request: &Request, body: &[u8]) -> Decision<'_> {
        let mut decision = self.decide(request);
        pollster::block_on(self.gateway.receive(&mut decision, body));
        decision
    }

    /// The refusal of a request that must be refused.
    #[track_caller]
    pub fn refuse(&self, request: &Request) -> Refusal {
        match self.decide(request).verdict {
            Verdict::Refuse(refusal) => refusal,
            other => panic!("{request:?} is not refused: {other:?}"),
        }
    }

    /// What an origin gets of a request that must be forwarded.
    #[track_caller]
    pub fn forward(&self, request: &Request) -> Forward<'_> {
        match self.decide(request).verdict {
            Verdict::Forward(forward) => forward,
            other => panic!("{request:?} is not forwarded: {other:?}"),
        }
    }

    /// The outcome in one text: the refusal's code, the handler's name or the address it is forwarded to.
    pub fn outcome(&self, request: &Request) -> String {
        match self.decide(request).verdict {
            Verdict::Refuse(refusal) => refusal.code().to_owned(),
            Verdict::Preflight(_) => "preflight".to_owned(),
            Verdict::Serve(serve) => format!("serve {}", serve.handler),
            Verdict::AssertionKeys(document) => format!("keys {document}"),
            Verdict::Forward(forward) => format!("forward {}", forward.url),
            Verdict::Upgrade(upgrade) => format!("upgrade {}", upgrade.forward.url),
            Verdict::Webhook(_) => "receive".to_owned(),
            Verdict::Deliver(delivery) => format!("deliver {}", delivery.forward.url),
            Verdict::Repeat => "repeat".to_owned(),
        }
    }
}

/// The value of a header that an origin gets exactly once; `None` when it gets none.
#[track_caller]
pub fn sent<'a>(forward: &'a Forward<'_>, name: &str) -> Option<&'a str> {
    let mut values = forward.headers.iter().filter(|(held, _)| held.eq_ignore_ascii_case(name));
    let first = values.next()?;
    assert!(values.next().is_none(), "{name} is sent twice: {:?}", forward.headers);
    Some(&first.1)
}

/// A request in the making.
#[derive(Debug, Clone)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    client_ip: Option<String>,
    has_body: bool,
}

impl Request {
    /// A request for `target`, a path and perhaps a query, to [`HOST`].
    pub fn new(method: &str, target: &str) -> Self {
        let client_ip = Some("203.0.113.7".to_owned());
        Self { method: method.to_owned(), target: target.to_owned(), headers: Vec::new(), client_ip, has_body: false }
    }

    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// The handshake of a WebSocket, or the same to another `protocol`.
    pub fn handshake(protocol: &str, target: &str) -> Self {
        Self::get(target)
            .header("connection", "keep-alive, Upgrade")
            .header("upgrade", protocol)
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the headers of a delivery, signed at `seconds` after the beginning.
    pub fn signed_at(self, seconds: i64, id: &str, body: &[u8]) -> Self {
        let secrets = WebhookSecrets::parse(WEBHOOK_SECRET).unwrap();
        self.header("svix-id", id)
            .header("svix-timestamp", &after(seconds).seconds().to_string())
            .header("svix-signature", &secrets.sign(id, after(seconds), body))
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn cookie(self, token: &str) -> Self {
        self.header("cookie", &format!("__session={token}"))
    }

    /// With a good token in its header.
    pub fn signed_in(self) -> Self {
        self.bearer(&Token::new().text())
    }

    pub fn client_ip(mut self, client_ip: Option<&str>) -> Self {
        self.client_ip = client_ip.map(str::to_owned);
        self
    }

    pub fn with_body(mut self) -> Self {
        self.has_body = true;
        self
    }

    pub fn head(&self) -> Head {
        let url = format!("{HOST}{}", self.target);
        let mut head = Head::new(&self.method, &url, HeaderList::new(self.headers.clone()), self.client_ip.clone());
        head.has_body = self.has_body;
        head
    }
}
