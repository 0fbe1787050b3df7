//! WebSockets: the client's end on one side, the origin's on the other, and a session in between that may end.
//!
//! A socket that ends with no token is handed over whole, and the platform moves its messages. Of any other, messages
//! pass through here, so that it can be closed in time and a fresh token never reaches the origin.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Function, JsString, Object};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::Response;

use super::host::WorkerHost;
use super::javascript;
use crate::gateway::{Gateway, Holder, RenewalError, TOKEN_MESSAGE, Upgrade, not_renewed, renewed, token_of_message};
use crate::lifetime::{Lifetime, State};
use crate::limits::TOKEN_MESSAGE_BYTES;
use crate::platform::work::begin;
use crate::refusal::{Outage, Refusal};

/// The close code of a socket whose session has ended: of the range for private use (RFC 6455 section 7.4.2).
const UNAUTHORIZED: u16 = 4401;
/// The other end went away without a word: to the origin, as when a browser leaves a page.
const GOING_AWAY: u16 = 1001;
/// The same to the client, which may try again.
const INTERNAL_ERROR: u16 = 1011;
/// What stands for a close frame without a code (RFC 6455 section 7.4.1). It is never sent.
const NO_STATUS: u16 = 1005;
/// What stands for no close frame at all. It is never sent either.
const ABNORMAL: u16 = 1006;

#[wasm_bindgen]
extern "C" {
    /// An answer, with what the platform adds to it.
    type Upgraded;
    #[wasm_bindgen(method, getter, js_name = webSocket)]
    fn web_socket(this: &Upgraded) -> Option<Socket>;

    /// Two ends of one socket.
    type WebSocketPair;
    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<WebSocketPair, JsValue>;

    /// One end.
    #[derive(Clone)]
    type Socket;
    #[wasm_bindgen(method, catch)]
    fn accept(this: &Socket) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn send(this: &Socket, message: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn close(this: &Socket, code: u16, reason: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = close)]
    fn close_without_code(this: &Socket) -> Result<(), JsValue>;
    #[wasm_bindgen(method, setter, js_name = binaryType)]
    fn set_binary_type(this: &Socket, kind: &str);
    #[wasm_bindgen(method, catch, js_name = addEventListener)]
    fn listen(this: &Socket, event: &str, listener: &Function) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeEventListener)]
    fn unlisten(this: &Socket, event: &str, listener: &Function) -> Result<(), JsValue>;

    /// A message or the end of a socket.
    type SocketEvent;
    #[wasm_bindgen(method, getter)]
    fn data(this: &SocketEvent) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn code(this: &SocketEvent) -> u16;
    #[wasm_bindgen(method, getter)]
    fn reason(this: &SocketEvent) -> String;

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, milliseconds: u32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// Hands back what the origin said when it was asked for the socket: its end of one, or its reason for none.
pub(super) fn open(
    gateway: &Rc<Gateway<WorkerHost>>,
    upgrade: &Upgrade<'_>,
    response: &Response,
    request_id: &str,
) -> Result<Response, Refusal> {
    let unreachable = |_| Refusal::Ours(Outage::OriginUnreachable);
    let Some(origin) = response.unchecked_ref::<Upgraded>().web_socket() else {
        return javascript::handed_through(response).map_err(unreachable);
    };
    let end = match &upgrade.holder {
        Some(holder) => Bridge::build(gateway, holder, origin, request_id).map_err(unreachable)?,
        None => origin.into(),
    };
    javascript::upgraded(response, &end).map_err(unreachable)
}

/// Where a message or an end comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Origin,
}

/// What stands between the two ends. It holds the ends and their listeners, and those hold it: until one end closes,
/// when both are let go of.
struct Bridge {
    gateway: Rc<Gateway<WorkerHost>>,
    holder: Holder,
    request_id: String,
    lifetime: RefCell<Lifetime>,
    ends: RefCell<Option<Ends>>,
    /// The newest token that is still to be verified: one at a time, and none of those that came in between.
    fresh_token: RefCell<Option<String>>,
    is_renewing: Cell<bool>,
}

struct Ends {
    client: End,
    origin: End,
    on_time: Listener,
    timer: JsValue,
}

/// One end, listened to for as long as this lives.
struct End {
    socket: Socket,
    listeners: Vec<(&'static str, Listener)>,
}

type Listener = Closure<dyn Fn(JsValue)>;

impl Bridge {
    /// Builds it, and returns the end for the client.
    fn build(
        gateway: &Rc<Gateway<WorkerHost>>,
        holder: &Holder,
        origin: Socket,
        request_id: &str,
    ) -> Result<JsValue, JsValue> {
        let pair: Array = Object::values(WebSocketPair::new()?.unchecked_ref());
        let (outer, client) = (pair.get(0), pair.get(1).unchecked_into::<Socket>());
        let bridge = Rc::new(Self {
            gateway: Rc::clone(gateway),
            holder: holder.clone(),
            request_id: request_id.to_owned(),
            lifetime: RefCell::new(gateway.lifetime(holder)),
            ends: RefCell::new(None),
            fresh_token: RefCell::new(None),
            is_renewing: Cell::new(false),
        });
        let client = bridge.attend(client, Side::Client)?;
        let origin = bridge.attend(origin, Side::Origin)?;
        let on_time = bridge.listener(|bridge, _| bridge.watch());
        *bridge.ends.borrow_mut() = Some(Ends { client, origin, on_time, timer: JsValue::UNDEFINED });
        bridge.watch();
        Ok(outer)
    }

    /// Listens to one end, then takes it over.
    fn attend(self: &Rc<Self>, socket: Socket, side: Side) -> Result<End, JsValue> {
        let listeners = vec![
            ("message", self.listener(move |bridge, event| bridge.pass(side, &event.data()))),
            ("close", self.listener(move |bridge, event| bridge.closed(side, event.code(), &event.reason()))),
            ("error", self.listener(move |bridge, _| bridge.closed(side, ABNORMAL, ""))),
        ];
        let end = End { socket, listeners };
        for (event, listener) in &end.listeners {
            end.socket.listen(event, function(listener))?;
        }
        end.socket.set_binary_type("arraybuffer");
        end.socket.accept()?;
        Ok(end)
    }

    fn listener(self: &Rc<Self>, callback: impl Fn(&Rc<Self>, SocketEvent) + 'static) -> Listener {
        let bridge = Rc::clone(self);
        Closure::own_assert_unwind_safe(move |event: JsValue| callback(&bridge, event.unchecked_into()))
    }

    /// Passes a message on, unless the time is over or it is a token.
    fn pass(self: &Rc<Self>, side: Side, message: &JsValue) {
        if self.state() == State::Ended {
            return self.end("token-expired");
        }
        if side == Side::Client && may_be_token(message) {
            match token_of_message(&message.as_string().unwrap_or_default()) {
                Ok(Some(token)) => return self.renew(token),
                Ok(None) => {}
                Err(error) => return self.end(error.code()),
            }
        }
        if let Some(ends) = self.ends.borrow().as_ref() {
            // An end that takes no more says so by an event of its own.
            let _ = ends.end(side.other()).send(message);
        }
    }

    /// One end has closed: the other one is closed with the same words.
    fn closed(&self, side: Side, code: u16, reason: &str) {
        let Some(ends) = self.take_ends() else { return };
        let other = ends.end(side.other());
        match (code, side) {
            (NO_STATUS, _) => drop(other.close_without_code()),
            (ABNORMAL, Side::Client) => close(other, GOING_AWAY, ""),
            (ABNORMAL, Side::Origin) => close(other, INTERNAL_ERROR, Refusal::Ours(Outage::OriginUnreachable).code()),
            (code, _) => close(other, code, reason),
        }
    }

    /// Closes both ends, since the session is no longer good.
    fn end(&self, reason: &str) {
        let Some(ends) = self.take_ends() else { return };
        close(&ends.client.socket, UNAUTHORIZED, reason);
        close(&ends.origin.socket, UNAUTHORIZED, reason);
        javascript::tell_stream_ended(&self.request_id, reason);
    }

    fn take_ends(&self) -> Option<Ends> {
        let ends = self.ends.borrow_mut().take();
        if let Some(ends) = &ends {
            clear_timeout(&ends.timer);
        }
        ends
    }

    fn state(&self) -> State {
        self.lifetime.borrow_mut().check(javascript::moment(javascript::milliseconds()))
    }

    /// Ends in time, or looks again when the time has come as things stand now.
    fn watch(&self) {
        match self.state() {
            State::Ended => self.end("token-expired"),
            State::Open { until } => {
                if let Some(ends) = self.ends.borrow_mut().as_mut() {
                    clear_timeout(&ends.timer);
                    ends.timer = set_timeout(function(&ends.on_time), javascript::milliseconds_until(until));
                }
            }
        }
    }

    fn renew(self: &Rc<Self>, token: String) {
        *self.fresh_token.borrow_mut() = Some(token);
        if self.is_renewing.replace(true) {
            return;
        }
        let bridge = Rc::clone(self);
        // Nobody waits for it, and nothing of it fails.
        drop(javascript::finish(begin(async move {
            while let Some(token) = bridge.next_token() {
                bridge.verify(&token).await;
            }
            bridge.is_renewing.set(false);
            JsValue::UNDEFINED
        })));
    }

    fn next_token(&self) -> Option<String> {
        self.fresh_token.borrow_mut().take()
    }

    async fn verify(&self, token: &str) {
        let now = javascript::moment(javascript::milliseconds());
        match self.gateway.renew(&self.holder, token, now).await {
            Ok(expires_at) => {
                let now = javascript::moment(javascript::milliseconds());
                let state = self.lifetime.borrow_mut().renew(expires_at, now);
                self.watch();
                if state != State::Ended {
                    let expires_at = self.lifetime.borrow().expires_at();
                    self.tell_client(&renewed(expires_at));
                }
            }
            Err(error @ RenewalError::Unavailable { retry_after }) => {
                self.tell_client(&not_renewed(error, retry_after))
            }
            Err(error) => self.end(error.code()),
        }
        if self.gateway.verifier().is_unsettled() {
            self.gateway.verifier().settle(now).await;
        }
    }

    fn tell_client(&self, message: &str) {
        if let Some(ends) = self.ends.borrow().as_ref() {
            let _ = ends.client.socket.send(&message.into());
        }
    }
}

impl Ends {
    fn end(&self, side: Side) -> &Socket {
        match side {
            Side::Client => &self.client.socket,
            Side::Origin => &self.origin.socket,
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        for (event, listener) in &self.listeners {
            let _ = self.socket.unlisten(event, function(listener));
        }
    }
}

fn function(listener: &Listener) -> &Function {
    listener.as_ref().unchecked_ref()
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Client => Self::Origin,
            Self::Origin => Self::Client,
        }
    }
}

/// Closes an end. A code that the platform does not let through was a breach of the protocol by whoever sent it.
fn close(socket: &Socket, code: u16, reason: &str) {
    if socket.close(code, reason).is_err() {
        let _ = socket.close(INTERNAL_ERROR, "");
    }
}

/// Whether a message is worth reading: text that is short enough and names the type. Binary messages never are.
fn may_be_token(message: &JsValue) -> bool {
    let Some(text) = message.dyn_ref::<JsString>() else { return false };
    text.length() as usize <= TOKEN_MESSAGE_BYTES && text.includes(TOKEN_MESSAGE, 0)
}
