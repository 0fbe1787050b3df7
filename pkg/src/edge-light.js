// The entry for edge runtimes of the Vercel kind, where `?module` asks for a compiled module.

import module from './core_bg.wasm?module';

import { makeApi } from './api.js';
import { instantiate } from './instantiate.js';

export const { createAssertionVerifier, createVerifier, verifyAssertion, verifyWebhook } = makeApi(instantiate(module));
export { toResponse } from './api.js';
export { ConfigurationError } from './settings.js';
