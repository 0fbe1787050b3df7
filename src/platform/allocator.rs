//! The allocator of modules that are ours as a whole: smaller than the standard one, as each is downloaded or compiled anew. A Worker
//! that has the gateway as a library chooses its own.

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();
