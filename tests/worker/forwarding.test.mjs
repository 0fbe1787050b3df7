// Bodies, redirects, cookies, time-outs and targets: what passes between a caller and an origin, untouched.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { after, before, test } from 'node:test';

import { rawRequest, startEchoOrigin, startGateway, startIssuer } from './support.mjs';

let issuer;
let origin;
let service;
let gateway;
let token;

before(async () => {
  issuer = await startIssuer();
  origin = await startEchoOrigin(answers);
  service = await startEchoOrigin();
  gateway = await startGateway({
    issuer,
    origin,
    routes: [
      { path: '/o/*', timeout_seconds: 1 },
      { path: '/p/*', access: 'public' },
      { path: '/s/*', service: 'ORDERS' },
      { path: '/l/*' },
    ],
    services: { ORDERS: service.url },
  });
  token = await issuer.token({ user: 'user_1', lifetime_seconds: 600 });
});
after(() => Promise.all([gateway?.close(), issuer?.close(), origin?.close(), service?.close()]));

const bearer = (init = {}) => ({ ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });

/** An origin that does what its path says. */
async function answers(request, response) {
  const path = new URL(request.url, 'http://a').pathname.replace(/^\/[lop]/, '');
  if (path === '/redirect') return response.writeHead(302, { location: 'https://elsewhere.example.com/x' }).end();
  if (path === '/cookies') return response.writeHead(200, { 'set-cookie': ['a=1; Path=/', 'b=2; HttpOnly'] }).end('ok');
  if (path === '/teapot') return response.writeHead(418, { 'x-own': 'kept', connection: 'close', 'cache-control': 'public, max-age=60' }).end('short and stout');
  if (path === '/nothing') return response.writeHead(204).end();
  if (path === '/reset') return request.socket.destroy();
  if (path === '/slow') return setTimeout(() => response.end('late'), 3000);
  if (path === '/slow-body') {
    response.writeHead(200).write('first');
    return setTimeout(() => response.end('last'), 2000);
  }
  if (path === '/sum') {
    let bytes = 0;
    for await (const chunk of request) bytes += chunk.length;
    return response.end(String(bytes));
  }
  if (path === '/echo-stream') {
    response.writeHead(200);
    for await (const chunk of request) response.write(chunk);
    return response.end();
  }
  if (path === '/big') {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    for (let sent = 0; sent < 320; sent += 1) if (!response.write(chunk)) await once(response, 'drain');
    return response.end();
  }
  return response.end(`${request.method} ${request.url}`);
}

test('a redirect is handed through and not followed', async () => {
  const answer = await gateway.fetch('/o/redirect', bearer());
  assert.deepEqual([answer.status, answer.headers.get('location')], [302, 'https://elsewhere.example.com/x']);
});

test('status, headers, cookies and empty answers pass', async () => {
  const teapot = await gateway.fetch('/o/teapot', bearer());
  assert.deepEqual([teapot.status, teapot.headers.get('x-own'), teapot.headers.get('cache-control'), await teapot.text()], [418, 'kept', 'public, max-age=60', 'short and stout']);
  assert.deepEqual((await gateway.fetch('/o/cookies', bearer())).headers.getSetCookie(), ['a=1; Path=/', 'b=2; HttpOnly']);
  const nothing = await gateway.fetch('/o/nothing', bearer());
  assert.deepEqual([nothing.status, await nothing.text()], [204, '']);
});

test('every method reaches the origin with its body', async () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const answer = await gateway.fetch('/o/echo-stream', bearer({ method, body: `${method} body` }));
    assert.equal(await answer.text(), `${method} body`);
  }
});

test('no header of a request is lost by its name, by coming twice, or by what is in it', async () => {
  const sent = ['__proto__: a', 'constructor: b', 'toJSON: c', 'X-Twice: 1', 'X-Twice: 2', 'Set-Cookie: a=1', 'Set-Cookie: b=2', 'X-Marks: "\\\u00fc\t"', 'X-Empty:'];
  const answer = await rawRequest(gateway.port, `GET /p/headers HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${sent.join('\r\n')}\r\n\r\n`);
  assert.equal(answer.status, 200);
  const raw = origin.last().rawHeaders;
  const got = (name) => raw.filter((_, index) => index % 2 === 1 && raw[index - 1].toLowerCase() === name).join(', ');
  const names = ['__proto__', 'constructor', 'tojson', 'x-twice', 'set-cookie', 'x-marks', 'x-empty'];
  assert.deepEqual(names.map(got), ['a', 'b', 'c', '1, 2', 'a=1, b=2', got('x-marks'), '']);
  assert.match(got('x-marks'), /^"\\.+"$/);
  assert.ok(raw.some((part, index) => index % 2 === 0 && part.toLowerCase() === 'x-empty'));
});

test('a request to read that says that its body is empty is forwarded', async () => {
  for (const method of ['GET', 'HEAD']) {
    const answer = await rawRequest(gateway.port, `${method} /p/empty HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    assert.deepEqual([answer.status, origin.last().method, answer.body], [200, method, method === 'GET' ? 'GET /p/empty' : '']);
  }
});

test('a request to read that has a body is refused, by its length or in chunks, and not as an outage', async () => {
  for (const method of ['GET', 'HEAD']) {
    for (const body of ['Content-Length: 4\r\n\r\nbody', 'Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n']) {
      const seen = origin.requests.length;
      const answer = await rawRequest(gateway.port, `${method} /p/full HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${body}`);
      assert.equal(answer.status, 400);
      if (method === 'GET') assert.equal(JSON.parse(answer.body).code, 'body-not-allowed');
      assert.equal(origin.requests.length, seen);
    }
  }
});

test('a body streams up and down before it has ended', { timeout: 20_000 }, async () => {
  const request = httpRequest(new URL('/o/echo-stream', gateway.url), { method: 'POST', ...bearer({ headers: { 'content-type': 'text/plain' } }) });
  request.write('first');
  const [response] = await once(request, 'response');
  const [chunk] = await once(response, 'data');
  assert.equal(chunk.toString(), 'first', 'the first part came back while the request was still open');
  request.end('last');
  assert.equal(Buffer.concat(await response.toArray()).toString(), 'last');
});

test('large bodies pass both ways', { timeout: 60_000 }, async () => {
  const bytes = 20 * 1024 * 1024;
  const up = await gateway.fetch('/l/sum', bearer({ method: 'POST', body: Buffer.alloc(bytes, 'x') }));
  assert.equal(await up.text(), String(bytes));
  assert.equal((await (await gateway.fetch('/l/big', bearer())).arrayBuffer()).byteLength, bytes);
});

test('an origin that does not begin its answer in time is 504, one that is slow to end it is not', { timeout: 20_000 }, async () => {
  const late = await gateway.fetch('/o/slow', bearer());
  assert.deepEqual([late.status, (await late.json()).code], [504, 'origin-timeout']);
  assert.equal(await (await gateway.fetch('/o/slow-body', bearer())).text(), 'firstlast');
});

test('an origin that hangs up is 502', async () => {
  const answer = await gateway.fetch('/o/reset', bearer());
  assert.deepEqual([answer.status, (await answer.json()).code], [502, 'origin-unreachable']);
});

test('a service binding gets the request with the identity', async () => {
  const answer = await gateway.fetch('/s/a?b=c', bearer({ method: 'POST', body: 'hello' }));
  assert.equal(answer.status, 200);
  const { method, url, headers } = service.last();
  const body = service.last().body.toString();
  assert.deepEqual([method, url, body, headers['x-clerk-user-id']], ['POST', '/s/a?b=c', 'hello', 'user_1']);
});

test('the zone’s own origin gets the request at its own address', async () => {
  const seen = [];
  const { jwtKey } = await issuer.overview();
  const zone = await startGateway({
    issuer,
    routes: [{ path: '/z/*', origin: 'zone' }],
    vars: { CLERK_JWT_KEY: jwtKey },
    outbound: async (request) => {
      seen.push({ url: request.url, user: request.headers.get('x-clerk-user-id') });
      return new Response('zone');
    },
  });
  try {
    const answer = await zone.fetch('/z/a?b=c', bearer());
    assert.deepEqual([answer.status, await answer.text()], [200, 'zone']);
    assert.deepEqual(seen, [{ url: `${zone.url}/z/a?b=c`, user: 'user_1' }]);
  } finally {
    await zone.close();
  }
});

test('a caller that hangs up takes nobody with it', async () => {
  const abort = new AbortController();
  const pending = gateway.fetch('/o/slow-body', bearer({ signal: abort.signal })).then((answer) => answer.text());
  setTimeout(() => abort.abort(), 200);
  await assert.rejects(pending);
  assert.equal((await gateway.fetch('/o/x', bearer())).status, 200);
});
