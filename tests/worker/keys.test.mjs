// Where the built Worker gets its keys from: memory, KV, the network, in that order, and what it says when it gets none.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { lineOf, startEchoOrigin, startGateway, startIssuer, until } from './support.mjs';

const DAY = 24 * 3600;
let issuer;
let origin;
let gateways = [];

before(async () => {
  origin = await startEchoOrigin();
});
after(() => origin.close());
beforeEach(async () => {
  issuer = await startIssuer();
});
afterEach(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()));
  gateways = [];
  await issuer.close();
});

async function start(options = {}) {
  const gateway = await startGateway({ issuer, origin, routes: [{ path: '/api/*' }], ...options });
  gateways.push(gateway);
  return gateway;
}

/** A KV entry that holds the issuer's keys of this moment as if fetched so many seconds ago. */
async function stored(secondsAgo) {
  const { keys } = await (await fetch(issuer.keySetUrl)).json();
  await issuer.resetRequests();
  const fetchedAt = Math.floor(Date.now() / 1000) - secondsAgo;
  return { [`jwks:${issuer.issuer}`]: JSON.stringify({ fetchedAt, keys }) };
}

async function ask(gateway, token) {
  const answer = await gateway.fetch('/api/x', { headers: { authorization: `Bearer ${token}` } });
  const body = await answer.json();
  return { status: answer.status, code: body.code, retryAfter: answer.headers.get('retry-after'), log: await lineOf(gateway, answer) };
}

const entry = async (gateway) => JSON.parse(await gateway.kv.get(`jwks:${issuer.issuer}`));

test('with nothing in KV the keys are fetched once, kept, and put into KV', async () => {
  const gateway = await start();
  const first = await ask(gateway, await issuer.token());
  assert.deepEqual([first.status, first.log.keySource, first.log.cacheHit], [200, 'network', false]);
  const second = await ask(gateway, await issuer.token());
  assert.deepEqual([second.status, second.log.keySource, second.log.cacheHit], [200, 'memory', false]);
  assert.equal(await issuer.requests(), 1);
  await until(() => entry(gateway), 'the key set in KV');
  assert.deepEqual((await entry(gateway)).keys.map(({ kid }) => kid), [issuer.kid]);
});

test('a token that was verified once is remembered', async () => {
  const gateway = await start();
  const token = await issuer.token();
  assert.equal((await ask(gateway, token)).log.cacheHit, false);
  assert.equal((await ask(gateway, token)).log.cacheHit, true);
});

test('fresh keys in KV are used without asking the key server', async () => {
  const gateway = await start({ kv: await stored(60) });
  const answer = await ask(gateway, await issuer.token());
  assert.deepEqual([answer.status, answer.log.keySource], [200, 'kv']);
  assert.equal(await issuer.requests(), 0);
});

test('stale keys in KV are fetched anew and written back', async () => {
  const gateway = await start({ kv: await stored(600) });
  const before = await entry(gateway);
  const answer = await ask(gateway, await issuer.token());
  assert.deepEqual([answer.status, answer.log.keySource], [200, 'network']);
  assert.equal(await issuer.requests(), 1);
  await until(async () => (await entry(gateway)).fetchedAt > before.fetchedAt);
});

test('rubbish in KV is the same as nothing', async () => {
  for (const rubbish of ['<html>', '{}', '{"fetchedAt":"now","keys":[]}', `{"fetchedAt":${Math.floor(Date.now() / 1000)},"keys":[]}`]) {
    const gateway = await start({ kv: { [`jwks:${issuer.issuer}`]: rubbish } });
    assert.equal((await ask(gateway, await issuer.token())).status, 200, rubbish);
  }
});

test('a new key is fetched when the first token names it', async () => {
  const gateway = await start({ kv: await stored(60) });
  assert.equal((await ask(gateway, await issuer.token())).status, 200);
  await issuer.rotate({ kid: 'new' });
  const answer = await ask(gateway, await issuer.token());
  assert.deepEqual([answer.status, answer.log.keySource], [200, 'network']);
  assert.equal((await ask(gateway, await issuer.token({ key: 'previous' }))).status, 200);
  assert.equal(await issuer.requests(), 1);
});

test('a new key under the same kid is fetched when the first signature does not fit', async () => {
  const gateway = await start({ kv: await stored(60) });
  const old = await issuer.token();
  assert.equal((await ask(gateway, old)).status, 200);
  await issuer.rotate({ kid: 'same' });
  assert.equal((await ask(gateway, await issuer.token())).status, 200);
  const refused = await ask(gateway, old);
  assert.deepEqual([refused.status, refused.code], [401, 'token-invalid-signature'], 'what the old key signed is forgotten');
});

test('a removed key is refused once the keys were fetched again', async () => {
  const gateway = await start({ kv: await stored(60) });
  const old = await issuer.token();
  assert.equal((await ask(gateway, old)).status, 200);
  await issuer.rotate({ kid: 'new' });
  await issuer.remove(issuer.kid);
  await gateway.runCron();
  const refused = await ask(gateway, old);
  assert.deepEqual([refused.status, refused.code], [401, 'jwk-kid-mismatch']);
});

test('the cron trigger fills KV, and a cold Worker then starts without the key server', async () => {
  const warm = await start();
  await warm.runCron();
  const record = await entry(warm);
  await issuer.outage('down');
  await issuer.resetRequests();
  const cold = await start({ kv: { [`jwks:${issuer.issuer}`]: JSON.stringify(record) } });
  const answer = await ask(cold, await issuer.token());
  assert.deepEqual([answer.status, answer.log.keySource], [200, 'kv']);
  assert.equal(await issuer.requests(), 0);
});

test('unknown kids ask the key server once, however many come', async () => {
  const gateway = await start({ kv: await stored(60) });
  const payload = await issuer.token().then((token) => Buffer.from(token.split('.')[1], 'base64url').toString());
  for (let index = 0; index < 200; index += 1) {
    const token = await issuer.sign({ header: { alg: 'RS256', typ: 'JWT', kid: `ins_${index}` }, payload });
    const { status, code } = await ask(gateway, token);
    assert.deepEqual([status, code], [401, 'jwk-kid-mismatch']);
  }
  assert.equal(await issuer.requests(), 1);
});

test('a hundred requests to a cold Worker are all answered, by one fetch', async () => {
  const gateway = await start();
  await issuer.outage('slow', 300);
  const tokens = await Promise.all(Array.from({ length: 100 }, (_, index) => issuer.token({ user: `user_${index}` })));
  const answers = await Promise.all(tokens.map((token) => ask(gateway, token)));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  assert.equal(await issuer.requests(), 1);
});

for (const mode of ['down', 'rubbish', 'error', 'empty']) {
  test(`with the key server ${mode} and no key, a good token is answered 503 and not 401`, async () => {
    await issuer.outage(mode);
    const gateway = await start();
    const answer = await ask(gateway, await issuer.token());
    assert.deepEqual([answer.status, answer.code, answer.retryAfter], [503, 'keys-unavailable', '1']);
    await issuer.outage('none');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal((await ask(gateway, await issuer.token())).status, 200, 'and accepted when it is back');
  });

  test(`with the key server ${mode}, a key of yesterday evening still counts, and a bad token still does not`, async () => {
    const kv = await stored(DAY - 600);
    await issuer.outage(mode);
    const gateway = await start({ kv });
    assert.equal((await ask(gateway, await issuer.token())).status, 200);
    const forged = await ask(gateway, await issuer.token({ key: 'unpublished' }));
    assert.deepEqual([forged.status, forged.code], [503, 'keys-unavailable'], 'it may be of a newer key');
    assert.equal((await ask(gateway, 'a.b.c')).code, 'token-invalid');
  });
}

test('a key server that answers too late is the same as one that is down', { timeout: 30_000 }, async () => {
  await issuer.outage('slow', 20_000);
  const gateway = await start();
  const answer = await ask(gateway, await issuer.token());
  assert.deepEqual([answer.status, answer.code], [503, 'keys-unavailable']);
});

test('a key older than a day no longer counts', async () => {
  const kv = await stored(DAY);
  await issuer.outage('down');
  const gateway = await start({ kv });
  assert.equal((await ask(gateway, await issuer.token())).code, 'keys-unavailable');
});

test('the PEM needs neither KV nor the key server', async () => {
  const { jwtKey } = await issuer.overview();
  const gateway = await start({ kv: false, vars: { CLERK_JWT_KEY: jwtKey.replaceAll('\n', '\\n') } });
  const answer = await ask(gateway, await issuer.token());
  assert.deepEqual([answer.status, answer.log.keySource], [200, 'pem']);
  assert.equal((await ask(gateway, await issuer.token({ key: 'unpublished' }))).code, 'token-invalid-signature');
  assert.equal(await issuer.requests(), 0);
});

test('the Backend API is asked with the secret key', async () => {
  const settings = { keys_from: 'backend-api' };
  const vars = { CLERK_API_URL: issuer.url, CLERK_SECRET_KEY: issuer.secretKey };
  const gateway = await start({ settings, vars });
  assert.equal((await ask(gateway, await issuer.token())).status, 200);
  const wrong = await start({ settings, vars: { ...vars, CLERK_SECRET_KEY: 'sk_test_other' } });
  assert.equal((await ask(wrong, await issuer.token())).code, 'keys-unavailable');
});
