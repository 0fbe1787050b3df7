//! What a route says about connections that outlast a request: WebSockets, and answers that never end.

use super::reader::{Mistakes, Table};
use super::route::Target;
use crate::method::{Method, MethodSet};

/// The keys of a route about them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Streams {
    /// Whether a request may become a WebSocket.
    pub websocket: bool,
    /// Whether sockets and event streams go on when the token that opened them has expired.
    pub outlives_token: bool,
}

/// Reads them. Both are about what an origin sends, so neither has a place where nothing is forwarded, and a webhook
/// is neither a socket nor a session's.
pub(super) fn read(
    table: &mut Table<'_>,
    target: Option<&Target>,
    methods: Option<MethodSet>,
    is_webhook: bool,
    mistakes: &mut Mistakes,
) -> Streams {
    let websocket = table.flag("websocket", mistakes);
    let outlives_token = table.flag("outlives_token", mistakes);
    for (key, value) in [("websocket", websocket), ("outlives_token", outlives_token)] {
        if value.is_some() && is_webhook {
            mistakes.add(table.place(key), "expected only on a route without webhook");
        } else if value.is_some() && matches!(target, Some(Target::Serve(_))) {
            mistakes.add(table.place(key), "expected only on a route that forwards");
        }
    }
    if websocket == Some(true) && methods.is_some_and(|methods| !methods.contains(Method::Get)) {
        mistakes.add(table.place("websocket"), "expected only on a route that takes GET, the method of a handshake");
    }
    Streams { websocket: websocket.unwrap_or(false), outlives_token: outlives_token.unwrap_or(false) }
}
