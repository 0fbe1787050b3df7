// What a trap in the core does: the request that it happens in fails, and the next one meets a new core.

import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { paths } from '../../scripts/lib/toolchain.mjs';
import { startEchoOrigin, startGateway, startIssuer } from './support.mjs';

/**
 * Host functions that throw what a trap throws, with the core on the stack: when a request arrives, and when its plan comes out of
 * the core, which for a token that no core has seen is after a wait.
 */
const PRELUDE = `const Headers_get = Headers.prototype.get;
Headers.prototype.get = function get(name) {
  if (name === 'content-length' && this.has('x-trap')) throw new WebAssembly.RuntimeError('unreachable');
  return Headers_get.call(this, name);
};
const JSON_parse = JSON.parse;
JSON.parse = (text) => {
  if (text.includes('x-late-trap')) throw new WebAssembly.RuntimeError('unreachable');
  return JSON_parse(text);
};
`;

test('a trap fails its request, is logged, and leaves no broken core behind', async () => {
  const [issuer, origin] = await Promise.all([startIssuer(), startEchoOrigin()]);
  const build = await mkdtemp(join(tmpdir(), 'clerk-edge-'));
  await writeFile(join(build, 'index.js'), PRELUDE + (await readFile(paths.worker, 'utf8')));
  await copyFile(paths.wasm, join(build, 'index_bg.wasm'));
  const gateway = await startGateway({ issuer, origin, build, routes: [{ path: '/api/*' }] });
  try {
    const headers = { authorization: `Bearer ${await issuer.token()}` };
    const statuses = [];
    for (const more of [{}, { 'x-trap': '1' }, { 'x-late-trap': '1' }, {}, { 'x-trap': '1' }, {}, { 'x-late-trap': '1' }, {}]) {
      const answer = await gateway.fetch('/api/a', { method: 'POST', body: 'a body', headers: { ...headers, ...more } });
      statuses.push(answer.status);
      await answer.text();
    }
    assert.deepEqual(statuses, [200, 500, 500, 200, 500, 200, 500, 200]);
    const sources = gateway.logs.filter(({ keySource }) => keySource).map(({ cacheHit }) => cacheHit);
    assert.deepEqual(sources, [false, false, false, false], 'each core is a new one');
  } finally {
    await Promise.all([gateway.close(), issuer.close(), origin.close()]);
    await rm(build, { recursive: true });
  }
});
