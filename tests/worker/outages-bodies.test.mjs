// Bodies of 100 MB through the built Worker, byte by byte, within memory that would not hold one of them.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { after, before, test } from 'node:test';

import { MIB, watchMemory, workerdProcesses } from '../../scripts/lib/memory.mjs';
import { startKeyServer } from './key-server.mjs';
import { startEchoOrigin, startGateway } from './support.mjs';

const BYTES = 100_000_000;
const CHUNK = 64 * 1024;

/**
 * What the process may grow by while a body passes. The buffers of two connections are some hundred kilobytes; the rest is
 * what V8 and the allocator have not given back yet. An isolate may have 128 MiB: a body held whole would be over this, and
 * so would a third of one.
 */
const GROWTH_BYTES = 32 * MIB;

let issuer;
let origin;
let gateway;

before(async () => {
  [issuer, origin] = await Promise.all([startKeyServer(), startEchoOrigin(answers)]);
  gateway = await startGateway({ issuer, origin, routes: [{ path: '/api/*' }] });
  await (await gateway.fetch('/api/x', bearer())).text();
});
after(() => Promise.all([gateway?.close(), issuer?.close(), origin?.close()]));

const bearer = () => ({ headers: { authorization: `Bearer ${issuer.token()}` } });

/** A body that is the same every time and nowhere the same: each chunk begins with its number. */
function* chunks() {
  const chunk = Buffer.alloc(CHUNK, 'The quick brown fox jumps over the lazy dog. ');
  for (let sent = 0; sent < BYTES; sent += CHUNK) {
    const next = Buffer.from(chunk.subarray(0, Math.min(CHUNK, BYTES - sent)));
    next.writeUInt32BE(sent);
    yield next;
  }
}

async function pour(stream) {
  for (const chunk of chunks()) if (!stream.write(chunk)) await once(stream, 'drain');
  stream.end();
}

async function hashed(stream) {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of stream) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

const whole = await hashed(chunks());

async function answers(request, response) {
  if (request.url === '/api/up') {
    const came = await hashed(request);
    return response.end(JSON.stringify({ ...came, length: request.headers['content-length'] ?? null }));
  }
  if (request.url.startsWith('/api/down')) {
    response.writeHead(200, request.url.endsWith('length') ? { 'content-length': BYTES } : {});
    return pour(response);
  }
  if (request.url === '/api/both') {
    request.pipe(response);
    return undefined;
  }
  return response.end('ok');
}

/** Does the work, and asserts that workerd did not grow much over it. */
async function withinMemory(context, work) {
  const memory = watchMemory(workerdProcesses()[0], 20);
  await work();
  const { start, peak } = memory.stop();
  context.diagnostic(`workerd: ${Math.round(start / MIB)} MiB before, ${Math.round(peak / MIB)} MiB at most`);
  assert.ok(peak - start < GROWTH_BYTES, `${start} bytes became ${peak}`);
}

function send(path, headers = {}) {
  return httpRequest(new URL(path, gateway.url), { method: 'POST', agent: false, headers: { ...bearer().headers, ...headers } });
}

for (const [name, headers, length] of [['a stated length', { 'content-length': BYTES }, String(BYTES)], ['chunks', {}, null]]) {
  test(`a body of 100 MB in ${name} goes up`, { timeout: 120_000 }, async (context) => {
    await withinMemory(context, async () => {
      const request = send('/api/up', headers);
      const [[response]] = await Promise.all([once(request, 'response'), pour(request)]);
      assert.equal(response.statusCode, 200);
      assert.deepEqual(JSON.parse(Buffer.concat(await response.toArray())), { ...whole, length });
    });
  });

  test(`a body of 100 MB in ${name} comes down`, { timeout: 120_000 }, async (context) => {
    await withinMemory(context, async () => {
      const answer = await gateway.fetch(length ? '/api/down-length' : '/api/down', bearer());
      assert.deepEqual([answer.status, answer.headers.get('content-length')], [200, length]);
      assert.deepEqual(await hashed(answer.body), whole);
    });
  });
}

test('a body of 100 MB goes up and comes down at once', { timeout: 120_000 }, async (context) => {
  await withinMemory(context, async () => {
    const request = send('/api/both');
    const sent = pour(request);
    const [response] = await once(request, 'response');
    assert.deepEqual(await hashed(response), whole);
    await sent;
  });
});

test('a client that reads slowly does not make the gateway hold what the origin sends', { timeout: 120_000 }, async (context) => {
  await withinMemory(context, async () => {
    const request = httpRequest(new URL('/api/down', gateway.url), { agent: false, ...bearer() });
    request.end();
    const [response] = await once(request, 'response');
    response.pause();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    assert.deepEqual(await hashed(response), whole);
  });
});

test('an origin that reads slowly does not make the gateway hold what the client sends', { timeout: 120_000 }, async (context) => {
  const slow = await startEchoOrigin(async (request, response) => {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    response.end(JSON.stringify(await hashed(request)));
  });
  const other = await startGateway({ issuer, origin: slow, routes: [{ path: '/api/*', access: 'public' }] });
  try {
    const memory = watchMemory(workerdProcesses().at(-1), 20);
    const request = httpRequest(new URL('/api/up', other.url), { method: 'POST', agent: false });
    const [[response]] = await Promise.all([once(request, 'response'), pour(request)]);
    assert.deepEqual(JSON.parse(Buffer.concat(await response.toArray())), whole);
    const { start, peak } = memory.stop();
    context.diagnostic(`workerd: ${Math.round(start / MIB)} MiB before, ${Math.round(peak / MIB)} MiB at most`);
    assert.ok(peak - start < GROWTH_BYTES, `${start} bytes became ${peak}`);
  } finally {
    await other.close();
    await slow.close();
  }
});
