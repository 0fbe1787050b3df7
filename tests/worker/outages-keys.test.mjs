// What the tables of `outages-laws` do not show of failing keys: what is asked, what is kept, and when it mends.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { signingKey, startKeyServer } from './key-server.mjs';
import { goOn, startStore } from './store-server.mjs';
import { lineOf, startEchoOrigin, startGateway, until } from './support.mjs';

const first = signingKey('ins_first', 0);
const second = signingKey('ins_second', 1);
const MIB = 1024 * 1024;

let origin;
let issuer;
let open = [];

before(async () => {
  origin = await startEchoOrigin();
});
after(() => origin.close());
beforeEach(async () => {
  issuer = await startKeyServer(first);
  open = [issuer];
});
afterEach(() => Promise.all(open.map((each) => each.close())));

const keyName = () => `jwks:${issuer.issuer}`;
const record = (secondsAgo, keys = [first.jwk]) => JSON.stringify({ fetchedAt: Math.floor(Date.now() / 1000) - secondsAgo, keys });

async function start(options = {}) {
  const gateway = await startGateway({ issuer, origin, routes: [{ path: '/api/*' }], ...options });
  open.unshift(gateway);
  return gateway;
}

async function withStore(options) {
  const store = await startStore(options);
  open.push(store);
  return { store, gateway: await start({ kv: { server: store.url } }) };
}

const fetchWith = (gateway, token) => gateway.fetch('/api/x', { headers: { authorization: `Bearer ${token}` } });

async function ask(gateway, token = issuer.token()) {
  const answer = await fetchWith(gateway, token);
  const { code } = await answer.json();
  return code === undefined ? String(answer.status) : `${answer.status} ${code}`;
}

test('KV that takes no writes is tried, and the request does not wait for it', { timeout: 60_000 }, async () => {
  for (const writes of ['fails', 'stalls', 'breaks']) {
    const { store, gateway } = await withStore({ writes });
    const first = await fetchWith(gateway, issuer.token());
    assert.deepEqual([first.status, (await lineOf(gateway, first)).keySource, await ask(gateway)], [200, 'network', '200'], writes);
    await until(() => store.requests.some(({ method }) => method === 'PUT'));
  }
});

test('KV that stalls is asked once by a Worker that has its keys', { timeout: 60_000 }, async () => {
  const { store, gateway } = await withStore({ reads: 'stalls', writes: 'stalls' });
  for (let count = 0; count < 20; count += 1) assert.equal(await ask(gateway), '200');
  assert.equal(store.requests.filter(({ method }) => method === 'GET').length, 1);
  assert.equal(issuer.requests(), 1);
});

test('rubbish in KV is overwritten by the next good set', { timeout: 60_000 }, async () => {
  for (const rubbish of ['<html>', Buffer.alloc(5 * MIB, '{"fetchedAt":1,'), record(60).slice(0, -1), record(-3600)]) {
    const { store, gateway } = await withStore({ entries: { [keyName()]: rubbish } });
    assert.equal(await ask(gateway), '200');
    await until(() => store.written.includes(keyName()));
    assert.deepEqual(JSON.parse(store.held.get(keyName())).keys.map(({ kid }) => kid), ['ins_first']);
  }
});

test('a value of 24 MiB in KV is not read into the Worker’s memory', { timeout: 60_000 }, async () => {
  const store = await startStore({ entries: { [keyName()]: Buffer.alloc(24 * MIB, 'x') } });
  open.push(store);
  const gateway = await start({ kv: { server: store.url }, inspector: true });
  assert.equal(await ask(gateway), '200');
  const isolate = await gateway.inspect();
  const { wasm } = await isolate.held();
  isolate.close();
  assert.ok(wasm < 4 * MIB, `${wasm} bytes`);
});

test('a value in KV that never ends is let go of', { timeout: 60_000 }, async () => {
  const { store, gateway } = await withStore({ reads: 'never ends' });
  assert.equal(await ask(gateway), '200');
  await until(() => store.hasLetGo, 'the end of reading KV');
  assert.ok(store.sent < 16 * MIB, `${store.sent} bytes`);
});

test('a set without a usable key replaces neither the one in memory nor the one in KV', { timeout: 60_000 }, async () => {
  for (const set of ['{"keys":[]}', '{"keys":[{"kty":"oct","k":"AA","kid":"ins_first"}]}', JSON.stringify({ keys: [first.jwk, { ...second.jwk, kid: 'ins_first' }] })]) {
    issuer.answer((_request, response) => response.end(set));
    const { store, gateway } = await withStore({ entries: { [keyName()]: record(600) } });
    assert.equal(await ask(gateway), '200', set);
    await gateway.runCron();
    assert.equal(await ask(gateway), '200', set);
    assert.deepEqual(store.written, [], set);
    assert.ok(gateway.logs.some(({ event, error }) => event === 'keys-not-refreshed' && error), set);
  }
});

test('a key server that answers without end is let go of', { timeout: 60_000 }, async () => {
  let sent = 0;
  const ended = new Promise((resolve) => {
    issuer.answer((_request, response) => {
      response.on('close', resolve);
      goOn(response, (bytes) => (sent += bytes));
    });
  });
  const gateway = await start();
  assert.equal(await ask(gateway), '503 keys-unavailable');
  await ended;
  assert.ok(sent < 16 * MIB, `${sent} bytes`);
});

test('a key server that never answers is let go of', { timeout: 60_000 }, async () => {
  const ended = new Promise((resolve) => issuer.answer((_request, response) => response.on('close', resolve)));
  const gateway = await start();
  assert.equal(await ask(gateway), '503 keys-unavailable');
  await ended;
});

test('a redirect of the key server is not followed', { timeout: 60_000 }, async () => {
  const elsewhere = await startEchoOrigin((_request, response) => response.end(JSON.stringify({ keys: [second.jwk] })));
  open.push(elsewhere);
  for (const status of [301, 302, 307, 308]) {
    issuer.answer((_request, response) => response.writeHead(status, { location: elsewhere.url }).end());
    const gateway = await start();
    assert.equal(await ask(gateway, issuer.token({ key: second })), '503 keys-unavailable', String(status));
  }
  assert.equal(elsewhere.requests.length, 0);
});

test('statuses other than 200 are outages, whatever they carry', { timeout: 60_000 }, async () => {
  for (const status of [201, 204, 304, 403, 404, 429]) {
    issuer.answer((_request, response, set) => response.writeHead(status).end([204, 304].includes(status) ? undefined : set));
    assert.equal(await ask(await start()), '503 keys-unavailable', String(status));
  }
});

test('a good key counts beside rubbish ones', { timeout: 60_000 }, async () => {
  const rubbish = [null, 1, 'x', [], {}, { kty: 'RSA' }, { ...second.jwk, n: '!' }, { ...second.jwk, use: 'enc' }, { ...second.jwk, kid: 7 }];
  issuer.answer((_request, response) => response.end(JSON.stringify({ keys: [...rubbish, first.jwk, ...rubbish] })));
  const gateway = await start();
  assert.equal(await ask(gateway), '200');
  assert.equal(await ask(gateway, issuer.token({ key: second })), '401 jwk-kid-mismatch');
});

test('a rotation during an outage is told as the outage, and the old key counts on', { timeout: 60_000 }, async () => {
  const gateway = await start({ kv: { [keyName()]: record(60) } });
  assert.equal(await ask(gateway), '200');
  issuer.use(second);
  issuer.answer((_request, response) => response.writeHead(502).end());
  assert.equal(await ask(gateway), '503 keys-unavailable', 'it may well be good');
  assert.equal(await ask(gateway, issuer.token({ key: first })), '200');
  issuer.answer(undefined);
  await gateway.runCron();
  assert.equal(await ask(gateway), '200');
  assert.equal(await ask(gateway, issuer.token({ key: first })), '401 jwk-kid-mismatch', 'the old key was taken away');
});
