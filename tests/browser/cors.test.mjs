// CORS as a real page meets it: Chromium asks, and either gives the page the answer or keeps it.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { chromium as browsers } from 'playwright-core';

import { chromium, unless } from '../../scripts/lib/outside.mjs';
import { startEchoOrigin, startGateway, startIssuer } from '../worker/support.mjs';

const skip = unless(chromium(), 'chromium', 'CORS from a real page');

/** What keeps a headless browser to itself. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let issuer;
let origin;
let pages;
let gateway;
let browser;
/** Pages on three origins: an allowed one of the gateway's site, an allowed one of another, and a foreign one. */
let app;
let elsewhere;
let foreign;

before(async () => {
  if (skip) return;
  issuer = await startIssuer();
  pages = await Promise.all([0, 1].map(servePages));
  const [port, foreignPort] = pages.map((server) => server.address().port);
  const allowed = [`http://localhost:${port}`, `http://127.0.0.1:${port}`];
  origin = await startEchoOrigin((request, response, entry) => {
    response.writeHead(200, { 'content-type': 'application/json', 'x-own': 'seen', 'x-hidden': 'unseen' });
    response.end(JSON.stringify({ method: entry.method, user: entry.headers['x-clerk-user-id'] ?? null }));
  });
  gateway = await startGateway({
    issuer,
    origin,
    settings: {
      authorized_parties: allowed,
      cors: { origins: allowed, credentials: true, allow_headers: ['authorization', 'x-custom'], expose_headers: ['www-authenticate', 'x-own', 'x-request-id'] },
    },
    routes: [
      { path: '/api/*' },
      { path: '/read', methods: ['GET'] },
      { path: '/open', access: 'public', cors: { origins: ['*'] } },
      { path: '/closed', access: 'public', cors: false },
    ],
  });
  browser = await browsers.launch({ executablePath: chromium(), args: QUIET });
  app = await open(allowed[0]);
  elsewhere = await open(allowed[1]);
  foreign = await open(`http://localhost:${foreignPort}`);
});
after(async () => {
  await browser?.close();
  pages?.forEach((server) => server.close());
  await Promise.all([gateway?.close(), issuer?.close(), origin?.close()]);
});

async function servePages() {
  const server = createServer((_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>a page</title>'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function open(address) {
  const page = await (await browser.newContext()).newPage();
  await page.goto(address);
  const token = await issuer.token({ user: 'user_1', lifetime_seconds: 600, authorized_party: address });
  return { page, token, address };
}

/** What a page gets of its own `fetch`: the answer as far as it may be read, or the name of the error. */
async function get({ page }, path, init = {}) {
  const before = origin.requests.length;
  const seen = await page.evaluate(
    async ([url, init]) => {
      try {
        const answer = await fetch(url, init);
        return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.json() };
      } catch (error) {
        return { error: error.name };
      }
    },
    [`http://localhost:${gateway.port}${path}`, init],
  );
  return { ...seen, reached: origin.requests.slice(before).map(({ method }) => method) };
}

const bearer = ({ token }, headers) => ({ authorization: `Bearer ${token}`, ...headers });

/** How often the gateway answered a preflight for a path, once it has told so of `count`. */
async function preflights(path, count) {
  const lines = () => gateway.logs.filter((line) => line.path === path && line.decision === 'preflight').length;
  for (let waited = 0; lines() < count && waited < 100; waited += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  return lines();
}

test('a page of an allowed origin reads the answer to its token, and the preflight goes no further', { skip }, async () => {
  for (const [from, path] of [[app, '/api/same-site'], [elsewhere, '/api/other-site']]) {
    const { status, body, reached } = await get(from, path, { headers: bearer(from) });
    assert.deepEqual([status, body, reached], [200, { method: 'GET', user: 'user_1' }, ['GET']]);
    assert.equal(await preflights(path, 1), 1);
  }
});

test('a page reads a refusal with its challenge', { skip }, async () => {
  const missing = await get(app, '/api/refused');
  assert.deepEqual([missing.status, missing.body.code, missing.reached], [401, 'credentials-missing', []]);
  assert.equal(missing.headers['www-authenticate'], 'Bearer realm="clerk-edge"');
  assert.equal(missing.headers['x-request-id'], missing.body.requestId);
  const bad = await get(app, '/api/refused', { headers: { authorization: 'Bearer a.b.c' } });
  assert.deepEqual([bad.status, bad.body.code], [401, 'token-invalid']);
  assert.match(bad.headers['www-authenticate'], /error="invalid_token"/);
  const nothing = await get(app, '/nothing');
  assert.deepEqual([nothing.status, nothing.body.code], [404, 'route-not-found']);
});

test('a page sees the headers that are exposed, and no others', { skip }, async () => {
  const { headers } = await get(app, '/api/headers', { headers: bearer(app) });
  assert.deepEqual([headers['x-own'], headers['x-hidden']], ['seen', undefined]);
});

test('unsafe methods with a header of their own are asked about first', { skip }, async () => {
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    const path = `/api/unsafe-${method}`;
    const { status, body, reached } = await get(app, path, { method, headers: bearer(app, { 'x-custom': '1' }) });
    assert.deepEqual([status, body.method, reached], [200, method, [method]]);
    assert.equal(origin.last().headers['x-custom'], '1');
    assert.equal(await preflights(path, 1), 1);
  }
});

test('a header or a method that is not allowed is not sent', { skip }, async () => {
  const header = await get(app, '/api/x', { headers: bearer(app, { 'x-other': '1' }) });
  assert.deepEqual([header.error, header.reached], ['TypeError', []]);
  const method = await get(app, '/read', { method: 'DELETE', headers: bearer(app) });
  assert.deepEqual([method.error, method.reached], ['TypeError', []]);
});

test('a session cookie goes with a request that asks for credentials', { skip }, async () => {
  await app.page.context().addCookies([{ name: '__session', value: app.token, domain: 'localhost', path: '/', sameSite: 'Lax' }]);
  try {
    for (const method of ['GET', 'PUT']) {
      const { status, body, reached } = await get(app, '/api/cookie', { method, credentials: 'include' });
      assert.deepEqual([status, body, reached], [200, { method, user: 'user_1' }, [method]]);
    }
    assert.equal((await get(app, '/api/cookie', { credentials: 'omit' })).status, 401);
    // The gateway never says * together with credentials, so an answer for anyone is not for them.
    assert.equal((await get(app, '/open', { credentials: 'include' })).error, 'TypeError');
    assert.equal((await get(app, '/open', { credentials: 'omit' })).status, 200);
  } finally {
    await app.page.context().clearCookies();
  }
});

test('a page of a foreign origin gets nothing, and what must be asked about is not sent', { skip }, async () => {
  const asked = await get(foreign, '/api/foreign', { headers: bearer(app) });
  assert.deepEqual([asked.error, asked.reached], ['TypeError', []]);
  const unsafe = await get(foreign, '/api/foreign', { method: 'DELETE' });
  assert.deepEqual([unsafe.error, unsafe.reached], ['TypeError', []]);
  assert.equal((await get(foreign, '/api/foreign')).error, 'TypeError', 'nor does it read a refusal');
  assert.equal((await get(foreign, '/open')).status, 200, 'what is for anyone it reads');
});

test('a frame whose origin is null gets nothing', { skip }, async () => {
  const url = `http://localhost:${gateway.port}/open`;
  const error = await app.page.evaluate((url) => {
    const script = `fetch('${url}').then(() => 'read', (error) => error.name).then((text) => parent.postMessage(text, '*'))`;
    const frame = Object.assign(document.createElement('iframe'), { sandbox: 'allow-scripts', srcdoc: `<script>${script}</scr` + 'ipt>' });
    const told = new Promise((resolve) => window.addEventListener('message', ({ data }) => resolve(data), { once: true }));
    document.body.append(frame);
    return told;
  }, url);
  assert.equal(error, 'TypeError');
});

test('a route without CORS is for pages of its own origin', { skip }, async () => {
  assert.equal((await get(app, '/closed')).error, 'TypeError');
});
