// What stands behind a KV namespace when a test wants it to fail: a store over HTTP that does what it is told, to those who
// read and to those who write.

import { startEchoOrigin } from './support.mjs';

/**
 * Starts it. `reads` and `writes` are `works`, `fails` (500), `stalls` (no answer ever), `stalls inside` (a head, and no end),
 * `breaks` (a head, and the connection closes) or `never ends` (white space, counted in `sent`). `entries` are what it holds,
 * texts or buffers by key.
 */
export async function startStore({ reads = 'works', writes = 'works', entries = {} } = {}) {
  const held = new Map(Object.entries(entries));
  const state = { reads, writes, written: [], sent: 0, hasLetGo: false };
  const server = await startEchoOrigin(async (request, response) => {
    const { pathname } = new URL(request.headers['mf-url']);
    const key = decodeURIComponent(pathname.slice(1));
    const body = Buffer.concat(await request.toArray());
    const isWrite = request.method === 'PUT';
    const does = isWrite ? state.writes : state.reads;
    if (does === 'never ends') {
      response.on('close', () => (state.hasLetGo = true));
      return goOn(response, (bytes) => (state.sent += bytes));
    }
    if (does !== 'works') return fail(does, response);
    if (isWrite) {
      held.set(key, body);
      state.written.push(key);
      return response.end();
    }
    return held.has(key) ? response.end(held.get(key)) : response.writeHead(404).end();
  });
  return Object.assign(state, { url: server.url, held, close: server.close, requests: server.requests });
}

/** Answers until whoever asked goes away, and calls `onSent` with the bytes of each chunk that is written. */
export function goOn(response, onSent = () => {}) {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const more = () => {
    let isWanted = true;
    while (isWanted && !response.destroyed) {
      isWanted = response.write(chunk);
      onSent(chunk.length);
    }
  };
  response.on('drain', more).on('error', () => {});
  more();
}

function fail(does, response) {
  if (does === 'fails') return response.writeHead(500).end();
  if (does === 'stalls') return undefined;
  response.writeHead(200, { 'content-length': 1000 }).write('{"fetchedAt":');
  if (does === 'breaks') setTimeout(() => response.destroy(), 50);
  return undefined;
}
