// The entry for everything else: the core's bytes are part of the file, so that no bundler can lose them. They are deflated,
// since base64 of what is not packs badly on its way, and inflated here, since not every host has an inflate that waits for nothing.

import base64 from 'core-as-base64';
import { inflateSync } from 'fflate';

import { makeApi } from './api.js';
import { instantiate } from './instantiate.js';

export const { createAssertionVerifier, createVerifier, verifyAssertion, verifyWebhook } = makeApi(instantiate(compiled()), nodeCrypto());
export { toResponse } from './api.js';
export { ConfigurationError } from './settings.js';

function compiled() {
  try {
    return new WebAssembly.Module(inflateSync(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))));
  } catch (error) {
    throw new Error(
      `clerk-edge cannot compile its WebAssembly here (${error.message}): on Cloudflare Workers and edge runtimes the bundler ` +
        "must choose the package's workerd or edge-light entry, and a page's policy must allow 'wasm-unsafe-eval'",
    );
  }
}

/** Node's module of cryptography; undefined elsewhere, and where a host only passes for Node. */
function nodeCrypto() {
  const isNode = /^Node\.js\//.test(globalThis.navigator?.userAgent);
  return isNode ? globalThis.process.getBuiltinModule?.('node:crypto') : undefined;
}
