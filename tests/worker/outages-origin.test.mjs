// An origin that fails in every way it can, and a client that goes away: who is told what, and that nothing hangs.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';

import { MIB } from '../../scripts/lib/memory.mjs';
import { startKeyServer } from './key-server.mjs';
import { startEchoOrigin, startGateway } from './support.mjs';

let issuer;
let origin;
let raw;
let gateway;

before(async () => {
  [issuer, origin, raw] = await Promise.all([startKeyServer(), startEchoOrigin(answers), startRawOrigin()]);
  gateway = await startGateway({
    issuer,
    origin,
    inspector: true,
    routes: [
      { path: '/api/*', timeout_seconds: 20 },
      { path: '/hasty/*', timeout_seconds: 1 },
      { path: '/raw/*', origin: raw.url, timeout_seconds: 2 },
      { path: '/nowhere', origin: 'http://127.0.0.1:1' },
      { path: '/nobody', origin: 'https://nobody.invalid' },
    ],
  });
});
after(() => Promise.all([gateway?.close(), issuer?.close(), origin?.close(), raw?.close()]));

const bearer = (init = {}) => ({ ...init, headers: { authorization: `Bearer ${issuer.token()}`, ...init.headers } });

/** Requests that the origin holds, by path, until it sees them end. */
const held = new Map();

async function answers(request, response) {
  const path = request.url;
  const ended = new Promise((resolve) => response.on('close', resolve));
  held.set(path, { request, response, ended });
  request.on('error', () => {});
  response.on('error', () => {});
  if (path.endsWith('/sum')) return response.end(String(Buffer.concat(await request.toArray()).length));
  if (path.endsWith('/drip')) return response.writeHead(200).write('first');
  if (path.endsWith('/cut')) {
    response.writeHead(200, { 'content-length': 1000 }).write('first');
    return setTimeout(() => request.socket.resetAndDestroy(), 100);
  }
  if (path.endsWith('/cut-chunked')) {
    response.writeHead(200).write('first');
    return setTimeout(() => request.socket.destroy(), 100);
  }
  // Node sees a connection close only when it reads.
  if (path.includes('/silent')) return void request.resume();
  return response.end('ok');
}

/** An origin that is no HTTP server: it says what the path names, and hangs up where it is told to. */
async function startRawOrigin() {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.once('data', (bytes) => says[bytes.toString('latin1').split(' ')[1]]?.(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

const says = {
  '/raw/garbage': (socket) => socket.end('\u0000\u0001 this is not HTTP \r\n\r\n'),
  '/raw/ssh': (socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n'),
  '/raw/closes': (socket) => socket.destroy(),
  '/raw/half-a-head': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le'),
  '/raw/endless-head': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    const timer = setInterval(() => socket.write(`x-more: ${'x'.repeat(100)}\r\n`), 50);
    socket.on('close', () => clearInterval(timer));
  },
  '/raw/huge-head': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    for (let count = 0; count < 20_000; count += 1) socket.write(`x-${count}: ${'x'.repeat(100)}\r\n`);
    socket.end('content-length: 2\r\n\r\nok');
  },
  '/raw/two-lengths': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nok'),
  '/raw/bad-status': (socket) => socket.end('HTTP/1.1 999999 What\r\nContent-Length: 2\r\n\r\nok'),
  '/raw/early-hints': (socket) => socket.end('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  '/raw/half-a-chunk': (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfir'),
};

async function refused(path, status, code, init) {
  const answer = await gateway.fetch(path, bearer(init));
  assert.deepEqual([answer.status, (await answer.json()).code], [status, code], path);
  assert.deepEqual([answer.headers.get('content-type'), answer.headers.get('cache-control')], ['application/problem+json', 'no-store']);
}

test('an origin that is not there is 502, whether its address or its port is missing', async () => {
  await refused('/nowhere', 502, 'origin-unreachable');
  await refused('/nobody', 502, 'origin-unreachable');
  await refused('/nowhere', 502, 'origin-unreachable', { method: 'POST', body: 'x'.repeat(1000) });
});

for (const what of ['garbage', 'ssh', 'closes', 'half-a-head', 'huge-head', 'two-lengths', 'bad-status']) {
  test(`an origin whose answer is ${what} is 502`, { timeout: 20_000 }, async () => {
    await refused(`/raw/${what}`, 502, 'origin-unreachable');
  });
}

test('an origin whose head never ends is 504', { timeout: 20_000 }, () => refused('/raw/endless-head', 504, 'origin-timeout'));

test('an origin that does not begin to answer is 504 and is let go of', { timeout: 20_000 }, async () => {
  await refused('/hasty/silent', 504, 'origin-timeout');
  await held.get('/hasty/silent').ended;
});

test('the time of a body that is sent counts, too', { timeout: 20_000 }, async () => {
  await refused('/hasty/silent-up', 504, 'origin-timeout', { method: 'POST', body: 'x'.repeat(100_000) });
  await held.get('/hasty/silent-up').ended;
});

test('an answer that breaks off breaks off at the client, and never looks whole', { timeout: 20_000 }, async () => {
  for (const path of ['/api/cut', '/api/cut-chunked', '/raw/half-a-chunk']) {
    await assert.rejects(gateway.fetch(path, bearer()).then((answer) => answer.text()), path);
  }
  assert.equal((await gateway.fetch('/api/x', bearer())).status, 200, 'and the next one is whole');
});

test('a failing origin takes no other request with it', { timeout: 30_000 }, async () => {
  const paths = ['/raw/garbage', '/raw/closes', '/api/cut', '/nowhere', '/hasty/silent-a', '/raw/half-a-head'];
  const failing = Array.from({ length: 60 }, (_, index) => gateway.fetch(paths[index % paths.length], bearer()).then((answer) => answer.text()).catch(() => {}));
  const good = Array.from({ length: 60 }, (_, index) => gateway.fetch(`/api/${index}`, bearer()).then((answer) => answer.text()));
  assert.deepEqual([...new Set(await Promise.all(good))], ['ok']);
  await Promise.all(failing);
});

/** Begins a request and gives its parts; errors of its own leaving are no news. */
function begin(path, options = {}) {
  const request = httpRequest(new URL(path, gateway.url), { agent: false, ...bearer(options) });
  request.on('error', () => {});
  return request;
}

async function reached(path) {
  while (!held.has(path)) await new Promise((resolve) => setTimeout(resolve, 20));
  return held.get(path);
}

test('the origin sees a client go that waits for an answer, and the log says who went', { timeout: 20_000 }, async () => {
  const request = begin('/api/silent-1');
  request.end();
  const { ended } = await reached('/api/silent-1');
  request.socket.resetAndDestroy();
  await ended;
  const line = await logged('/api/silent-1');
  assert.deepEqual([line.decision, line.code, line.status], ['forward', null, 499]);
});

test('the origin sees a client go in the middle of its upload', { timeout: 20_000 }, async () => {
  for (const [path, leave] of [['/api/silent-rst', (request) => request.socket.resetAndDestroy()], ['/api/silent-fin', (request) => request.destroy()]]) {
    const request = begin(path, { method: 'POST', headers: { 'content-length': 1_000_000 } });
    request.write(Buffer.alloc(100_000));
    const { request: atOrigin, ended } = await reached(path);
    leave(request);
    await ended;
    assert.equal(atOrigin.complete, false, 'half an upload does not look whole');
    await logged(path);
  }
});

test('the origin sees a client go in the middle of its download', { timeout: 20_000 }, async () => {
  const request = begin('/api/drip');
  request.end();
  const [response] = await once(request, 'response');
  response.on('error', () => {});
  await once(response, 'data');
  request.socket.resetAndDestroy();
  await held.get('/api/drip').ended;
});

test('a thousand clients that go leave nothing behind', { timeout: 120_000 }, async () => {
  const token = issuer.token();
  const isolate = await gateway.inspect();
  const before = await isolate.held();
  const paths = Array.from({ length: 1000 }, (_, index) => `/api/silent-many-${index}`);
  const next = paths.values();
  const go = async () => {
    for (const path of next) {
      const request = begin(path, { headers: { authorization: `Bearer ${token}` } });
      request.end();
      const { ended } = await reached(path);
      request.socket.resetAndDestroy();
      await ended;
      await logged(path);
      held.delete(path);
    }
  };
  await Promise.all(Array.from({ length: 20 }, go));
  const after = await isolate.held();
  isolate.close();
  // A request that is left behind keeps 4 KB, and all of them 4 MB.
  assert.ok(after.wasm - before.wasm < MIB, `${before.wasm} bytes became ${after.wasm}`);
});

/** The log line of a path: the request came to its end, and holds nothing in the isolate any more. */
async function logged(path) {
  for (;;) {
    const line = gateway.logs.findLast((line) => line.path === path);
    if (line) return line;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
