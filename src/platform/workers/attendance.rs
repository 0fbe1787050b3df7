//! Sees a request through to its end when its client goes away.
//!
//! The platform stops such a request where it stands, and nothing of it runs ever again: whatever waits in it would stay in
//! the isolate's memory for good, and whoever opens requests and drops them could fill that. So the platform is asked to let
//! the request come to its end. Every wait has one: keys and KV have time-outs, and an origin is let go of at once, since
//! its request hears the same signal. It takes the flag `enable_request_signal`; without it nobody is told of a departure.

use std::future::pending;
use std::rc::Rc;

use futures_util::future::{AbortHandle, abortable};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{AbortSignal, Request};
use worker::Context;

/// From the beginning of a request to its end, at which it is dropped.
pub(super) struct Attendance {
    signal: AbortSignal,
    end: AbortHandle,
    _listener: Closure<dyn FnMut()>,
}

impl Attendance {
    pub(super) fn begin(request: &Request, context: &Rc<Context>) -> Self {
        let signal = request.signal();
        let (until_end, end) = abortable(pending::<()>());
        let (context, mut until_end) = (Rc::clone(context), Some(until_end));
        let listener = Closure::new(move || {
            if let Some(until_end) = until_end.take() {
                context.wait_until(async move {
                    // That it was ended is what it was there for.
                    let _ = until_end.await;
                });
            }
        });
        signal.set_onabort(Some(listener.as_ref().unchecked_ref()));
        Self { signal, end, _listener: listener }
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.signal.set_onabort(None);
        self.end.abort();
    }
}
