// The entry for Cloudflare Workers, where a `.wasm` import is a compiled module.

import module from './core_bg.wasm';

import { makeApi } from './api.js';
import { instantiate } from './instantiate.js';

export const { createAssertionVerifier, createVerifier, verifyAssertion, verifyWebhook } = makeApi(instantiate(module));
export { toResponse } from './api.js';
export { ConfigurationError } from './settings.js';
