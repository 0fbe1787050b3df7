// The Worker's module: what the platform calls. `./index.js` is what wasm-bindgen makes of the core.

import { __wbg_reset_state as reset, fetch as answer, scheduled as keepKeys } from './index.js';

let isBroken = false;

/** After a trap nothing that the core's memory holds can be relied on. The next call gets a new core. */
function note(error) {
  if (!(error instanceof WebAssembly.RuntimeError)) return;
  console.error('the core stopped', error);
  isBroken = true;
}

/** Calls the core; a request that it traps in fails, and the platform answers it. */
function call(work) {
  if (isBroken) {
    isBroken = false;
    reset();
  }
  try {
    return work();
  } catch (error) {
    note(error);
    throw error;
  }
}

// What traps once a request has waited for something.
addEventListener('error', ({ error }) => note(error));
addEventListener('unhandledrejection', ({ reason }) => note(reason));

export default {
  fetch: (request, env, context) => call(() => answer(request, env, context)),
  scheduled: (_, env) => call(() => keepKeys(env)),
};
