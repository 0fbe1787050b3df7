// What the verifier asks of JavaScript: checks of signatures, the key set over the network, a store where one is given, time to pass,
// and sessions in a form that JavaScript's garbage collector sees.

import { readAtMost } from './bytes.js';
import { importKey } from './signatures.js';

/** How long the key server may take, to the last byte, and how long its document may be. */
const KEY_SET_MS = 5_000;
const KEY_SET_BYTES = 64 * 1024;

/** `store` keeps key sets beyond the life of a process: `get(key)` and `put(key, bytes, { expirationTtl })`, as KV has them. */
export function makeHost({ fetch = globalThis.fetch, store } = {}, node) {
  return {
    importKey: (jwk, algorithm) => importKey(jwk, algorithm, node),
    fetchKeySet: (url, bearer) => fetchKeySet(fetch, url, bearer),
    load: async (key) => asBytes(await store?.get(key, 'arrayBuffer')),
    // The bytes are a view of the module's memory, which may move: what is kept is a copy.
    save: async (key, value, seconds) => store?.put(key, value.slice(), { expirationTtl: seconds }),
    // Held by the core beside a session that it remembers, and by every result of its: `met` are the rules that it was found to meet.
    session: (parts, claims) => ({ parts: JSON.parse(parts), claims, met: [] }),
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  };
}

async function fetchKeySet(fetch, url, bearer) {
  const headers = { accept: 'application/json', ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) };
  const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(KEY_SET_MS) });
  if (response.status !== 200) throw new Error(`the key server answered ${response.status}`);
  const bytes = await readAtMost(response.body, KEY_SET_BYTES);
  if (bytes.length > KEY_SET_BYTES) throw new Error('the key set is longer than 64 KiB');
  return bytes;
}

function asBytes(value) {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (typeof value === 'string') return new TextEncoder().encode(value);
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : undefined;
}
