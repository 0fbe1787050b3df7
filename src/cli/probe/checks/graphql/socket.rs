//! Subscriptions over WebSocket, by the protocol graphql-transport-ws.
//!
//! Source: "GraphQL over WebSocket Protocol" of graphql-ws, PROTOCOL.md.

use serde_json::{Value, json};
use tungstenite::client::ClientRequestBuilder;
use tungstenite::handshake::HandshakeError;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message, WebSocket, client};

use super::holds_data;
use crate::cli::probe::http::{Client, Connection, SendError, user_agent};
use crate::cli::probe::tokens::Token;

const PROTOCOL: &str = "graphql-transport-ws";
/// Longest message that is read, in bytes.
const MESSAGE_BYTES: usize = 256 * 1024;
const ID: &str = "1";

/// One try to subscribe.
#[derive(Clone, Copy, Default)]
pub(super) struct Attempt<'a> {
    pub(super) path: &'a str,
    pub(super) operation: &'a str,
    /// In `Authorization` of the handshake.
    pub(super) header: Option<&'a Token>,
    /// In the payload of `connection_init`.
    pub(super) payload: Option<&'a Token>,
    /// Whether `connection_init` is left out.
    pub(super) skips_init: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// No socket: nobody is there, or nobody is let in.
    NoSocket(String),
    /// Turned away on the socket.
    Refused,
    /// Subscribed, and silent until the time was over.
    Open,
    /// Subscribed, and told something.
    Data,
}

impl Heard {
    pub(super) const fn is_subscribed(&self) -> bool {
        matches!(self, Self::Open | Self::Data)
    }
}

impl Attempt<'_> {
    pub(super) fn make(self, client: &Client) -> Result<Heard, SendError> {
        let mut socket = match self.open(client)? {
            Ok(socket) => socket,
            Err(reason) => return Ok(Heard::NoSocket(reason)),
        };
        let heard = self.subscribe(&mut socket).unwrap_or_else(|ended| ended);
        // Whoever does not take the farewell is gone already.
        drop(socket.close(None));
        drop(socket.flush());
        Ok(heard)
    }

    /// A socket, or why there is none.
    fn open(self, client: &Client) -> Result<Result<Socket, String>, SendError> {
        let target = client.target();
        let scheme = if target.is_tls { "wss" } else { "ws" };
        let address = format!("{scheme}://{}{}", target.authority(), target.path(self.path));
        let Ok(uri) = address.parse() else { return Ok(Err("a path that no WebSocket has".to_owned())) };
        let mut request =
            ClientRequestBuilder::new(uri).with_header("User-Agent", user_agent()).with_sub_protocol(PROTOCOL);
        if let Some(token) = self.header {
            request = request.with_header("Authorization", format!("Bearer {}", token.text));
        }
        let config =
            WebSocketConfig::default().max_message_size(Some(MESSAGE_BYTES)).max_frame_size(Some(MESSAGE_BYTES));
        match client::client_with_config(request, client.connect()?, Some(config)) {
            Ok((socket, _)) => Ok(Ok(socket)),
            Err(HandshakeError::Interrupted(_)) => Err(SendError::TimedOut),
            Err(HandshakeError::Failure(Error::Http(answer))) => Ok(Err(answer.status().as_u16().to_string())),
            Err(HandshakeError::Failure(error)) => Ok(Err(error.to_string())),
        }
    }

    /// What is heard; an error where the socket ends first.
    fn subscribe(self, socket: &mut Socket) -> Result<Heard, Heard> {
        if !self.skips_init {
            say(socket, &self.init())?;
            while hear(socket).map_err(|_| Heard::Refused)?["type"] != "connection_ack" {}
        }
        say(socket, &json!({"id": ID, "type": "subscribe", "payload": {"query": self.operation}}))?;
        loop {
            let message = hear(socket)?;
            match message["type"].as_str() {
                Some("next") if holds_data(&message["payload"]) => return Ok(Heard::Data),
                Some("next" | "error" | "complete") => return Ok(Heard::Refused),
                _ => {}
            }
        }
    }

    fn init(self) -> Value {
        let Some(token) = self.payload else { return json!({"type": "connection_init"}) };
        let bearer = format!("Bearer {}", token.text);
        json!({"type": "connection_init", "payload": {"Authorization": bearer, "authorization": bearer}})
    }
}

type Socket = WebSocket<Connection>;

fn say(socket: &mut Socket, message: &Value) -> Result<(), Heard> {
    socket.send(Message::text(message.to_string())).map_err(|error| ended(&error))
}

/// The next message, with an answer to what only asks whether somebody is there.
fn hear(socket: &mut Socket) -> Result<Value, Heard> {
    loop {
        let message = socket.read().map_err(|error| ended(&error))?;
        let Message::Text(text) = message else { continue };
        let message: Value = serde_json::from_str(&text).unwrap_or_default();
        if message["type"] == "ping" {
            say(socket, &json!({"type": "pong"}))?;
        } else {
            return Ok(message);
        }
    }
}

/// A socket that is closed turns away; one that is silent is open.
fn ended(error: &Error) -> Heard {
    match error {
        Error::Io(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
            Heard::Open
        }
        _ => Heard::Refused,
    }
}
