// Brings the core to life from a compiled module, by our own few lines: no `instanceof`, no fetch, nothing awaited. A host's
// module may be of another realm, and some hosts compile nothing from bytes.

import * as glue from './wasm/core_bg.js';

/** The core's functions over `module`. */
export function instantiate(module) {
  const instance = new WebAssembly.Instance(module, glue.imports);
  glue.__wbg_set_wasm(instance.exports);
  glue.start();
  return glue;
}
