// The assertion of the built Worker, verified by jose: what every target gets, and what the key document says.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';

import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify } from 'jose';

import { rawRequest, startEchoOrigin, startGateways, startIssuer } from './support.mjs';

const KEY = randomBytes(32).toString('base64url');
const OTHER_KEY = randomBytes(32).toString('base64');
const WRONG_KEY = 'words-that-are-no-key';
const HEADER = 'x-clerk-edge-assertion';
const KEYS_PATH = '/.well-known/clerk-edge/jwks.json';

let issuer;
let origin;
let gateway;
let rotating;
let without;
let wrong;

before(async () => {
  issuer = await startIssuer();
  origin = await startEchoOrigin();
  const routes = [
    { path: '/api/*' },
    { path: '/open/*', access: 'public' },
    { path: '/service', service: 'ORDERS' },
    { path: '/zone', origin: 'zone' },
    { path: '/whoami', serve: 'whoami' },
  ];
  const withKey = (ASSERTION_KEY) => ({ issuer, origin, routes, services: { ORDERS: origin.url }, outbound, vars: { ASSERTION_KEY } });
  [gateway, rotating, without, wrong] = await startGateways([KEY, `${OTHER_KEY}\n${KEY}`, undefined, `${KEY} ${WRONG_KEY}`].map(withKey));
});
after(() => Promise.all([gateway?.close(), issuer?.close(), origin?.close()]));

/** Behind the gateway's own address is the origin; other addresses are as they are. */
function outbound(request) {
  const url = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  return fetch(url.origin === gateway.url ? origin.url + url.pathname : url, { method: request.method, headers });
}

const keyDocument = async (gateway) => (await gateway.fetch(KEYS_PATH)).json();

async function verified(token, audience, gateway_ = gateway) {
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(await keyDocument(gateway_)), {
    algorithms: ['EdDSA'],
    typ: 'clerk-edge-assertion+jwt',
    issuer: 'clerk-edge',
    audience,
    clockTolerance: 5,
  });
  return { payload, protectedHeader };
}

async function send(path, { to = gateway, ...init } = {}) {
  const token = await issuer.token({ user: 'user_1', session: 'sess_1', organization: { id: 'org_1', slug: 'acme', role: 'admin', permissions: ['orders:read'] } });
  const answer = await to.fetch(path, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });
  await answer.arrayBuffer();
  return answer;
}

test('what an origin gets is verified by jose and says who asked for what', async () => {
  for (const method of ['GET', 'POST', 'DELETE']) {
    const answer = await send('/api/orders/1?page=2', { method });
    assert.equal(answer.status, 200);
    const { payload } = await verified(origin.last().headers[HEADER], origin.url);
    const { iat, exp, ...rest } = payload;
    assert.deepEqual(rest, {
      iss: 'clerk-edge',
      aud: origin.url,
      sub: 'user_1',
      sid: 'sess_1',
      azp: 'https://app.example.com',
      org_id: 'org_1',
      org_slug: 'acme',
      org_role: 'org:admin',
      org_permissions: ['org:orders:read'],
      jti: answer.headers.get('x-request-id'),
      htm: method,
      htu: `${origin.url}/api/orders/1`,
    });
    assert.ok(exp > iat && exp - iat <= 60, `${iat} ${exp}`);
    assert.equal(origin.last().rawHeaders.filter((name) => name.toLowerCase() === HEADER).length, 1);
  }
});

test('each request has an assertion of its own', async () => {
  const tokens = [];
  for (let count = 0; count < 3; count += 1) {
    await send('/open/a');
    tokens.push(origin.last().headers[HEADER]);
  }
  assert.equal(new Set(tokens).size, 3);
});

test('a service and the zone are audiences of their own', async () => {
  await send('/service?a=b');
  const service = await verified(origin.last().headers[HEADER], 'service:ORDERS');
  assert.equal(service.payload.htu, `${gateway.url}/service`);
  await send('/zone?a=b');
  const zone = await verified(origin.last().headers[HEADER], gateway.url);
  assert.equal(zone.payload.htu, `${gateway.url}/zone`);
});

test('the address is the one that the origin sees, whatever letters are in it', async () => {
  const letters = Array.from({ length: 0x7f - 0x21 }, (_, index) => String.fromCharCode(0x21 + index));
  let checked = 0;
  for (const letter of [...letters, '%00', '%20', '%7F', '%C3%A9', '%c3%a9', '%41', '%2e', '%22', '%5E', '%7C', '\xe9']) {
    const path = `/open/a${letter}b/c`;
    const { status } = await rawRequest(gateway.port, `GET ${path}?q HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nConnection: close\r\n\r\n`);
    if (status !== 200) {
      assert.equal(status, 400, path);
      continue;
    }
    const { url, headers } = origin.last();
    const { payload } = await verified(headers[HEADER], origin.url);
    assert.equal(payload.htu, origin.url + url.split('?')[0], path);
    checked += 1;
  }
  assert.ok(checked > 80, `only ${checked} paths reached the origin`);
});

test('the key document is public, may be kept for a while, and names keys by their thumbprints', async () => {
  const answer = await gateway.fetch(KEYS_PATH);
  assert.deepEqual(
    [answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control'), answer.headers.get('vary')],
    [200, 'application/jwk-set+json', 'public, max-age=300', null],
  );
  const { keys } = await answer.json();
  assert.equal(keys.length, 1);
  const { kid, x, ...rest } = keys[0];
  assert.deepEqual(rest, { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' });
  assert.equal(Buffer.from(x, 'base64url').length, 32);
  assert.equal(kid, await calculateJwkThumbprint(keys[0]));
  const head = await gateway.fetch(KEYS_PATH, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
  assert.equal((await gateway.fetch(KEYS_PATH, { method: 'POST' })).status, 404);
});

test('while it rotates, both keys are published and the first signs', async () => {
  const [first, second] = (await keyDocument(rotating)).keys;
  assert.deepEqual(second, (await keyDocument(gateway)).keys[0]);
  await send('/api/a', { to: rotating });
  const token = origin.last().headers[HEADER];
  assert.equal((await verified(token, origin.url, rotating)).protectedHeader.kid, first.kid);
  await assert.rejects(verified(token, origin.url, gateway), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
});

test('without a key there is no assertion and no key, and what a client sends for one is dropped', async () => {
  assert.deepEqual(await keyDocument(without), { keys: [] });
  assert.equal((await send('/api/a', { to: without, headers: { [HEADER]: 'a.b.c', X_Clerk_Edge_Assertion: 'a.b.c' } })).status, 200);
  const names = origin.last().rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase().replaceAll('_', '-'));
  assert.ok(!names.includes(HEADER), names.join());
});

test('a wrong key is a mistake of the configuration, and is in neither answers nor the log', async () => {
  for (const path of ['/open/a', '/api/a', KEYS_PATH]) {
    const answer = await wrong.fetch(path);
    const text = await answer.text();
    assert.deepEqual([answer.status, JSON.parse(text).code], [503, 'configuration-invalid'], path);
    assert.ok(!text.includes(WRONG_KEY));
  }
  const logs = JSON.stringify(wrong.logs);
  assert.match(logs, /ASSERTION_KEY: expected an Ed25519 seed/);
  assert.ok(!logs.includes(WRONG_KEY) && !logs.includes(KEY));
});
