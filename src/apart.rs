//! Work that few requests need, kept out of the functions that all of them call.
//!
//! V8 compiles a function of WebAssembly when it is first called, and whole, so what the compiler puts into one with the rest of a
//! request makes the first answer of every new isolate later. Work behind a pointer is compiled when it is needed; the allocation is
//! nothing beside what such work waits for. Elsewhere `#[inline(never)]` on what is rare, and `#[cold]` on what words a mistake, do
//! the same for functions that wait for nothing.

use std::pin::Pin;

/// Work behind a pointer.
pub(crate) fn apart<'a, T>(work: impl Future<Output = T> + 'a) -> Pin<Box<dyn Future<Output = T> + 'a>> {
    Box::pin(work)
}
