//! Work that JavaScript drives: where the core must wait for a promise, it hands the promise out, and goes on with what came of it.
//!
//! Most tokens are waited for nowhere, or for one check of a signature. An executor with tasks and promises of its own would take
//! longer than all the rest of the work.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    /// What the work that is being driven waits for, on its way out.
    static ASKED: Cell<JsValue> = const { Cell::new(JsValue::UNDEFINED) };
    /// What came of that, on its way in.
    static ANSWER: Cell<Option<Result<JsValue, JsValue>>> = const { Cell::new(None) };
}

type Work = Pin<Box<dyn Future<Output = JsValue>>>;

/// Work that waits for a promise.
#[wasm_bindgen]
pub struct Waiting {
    work: Work,
    promise: JsValue,
}

#[wasm_bindgen]
impl Waiting {
    /// What is waited for.
    pub fn promise(&self) -> JsValue {
        self.promise.clone()
    }

    /// Goes on with what the promise came to, or failed with: to the end of the work, or until it waits once more.
    pub fn resume(self, answer: JsValue, failed: bool) -> JsValue {
        ANSWER.set(Some(if failed { Err(answer) } else { Ok(answer) }));
        drive(self.work).unwrap_or_else(JsValue::from)
    }
}

/// What work comes to; a [`Waiting`] where it has to wait first.
pub(crate) fn begin<T: Into<JsValue>>(work: impl Future<Output = T> + 'static) -> JsValue {
    attempt(work).unwrap_or_else(JsValue::from)
}

/// The same, told apart.
pub(crate) fn attempt<T: Into<JsValue>>(work: impl Future<Output = T> + 'static) -> Result<JsValue, Waiting> {
    drive(Box::pin(async { work.await.into() }))
}

fn drive(mut work: Work) -> Result<JsValue, Waiting> {
    match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => Err(Waiting { work, promise: ASKED.replace(JsValue::UNDEFINED) }),
    }
}

/// What a promise comes to. To be awaited by work that is driven as above, and by nothing else; it waits for one at a time.
pub(crate) async fn settled(promise: JsValue) -> Result<JsValue, JsValue> {
    let mut asked = Some(promise);
    poll_fn(|_| match asked.take() {
        Some(promise) => {
            ASKED.set(promise);
            Poll::Pending
        }
        None => ANSWER.take().map_or(Poll::Pending, Poll::Ready),
    })
    .await
}
