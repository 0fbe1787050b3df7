// Limits by the built Worker and a real rate-limit binding: who is counted, what is answered, and a counter that fails.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { startEchoOrigin, startGateway, startGateways, startIssuer } from './support.mjs';

const REQUESTS = 3;
const limit = (by, per_seconds = 60) => ({ requests: REQUESTS, per_seconds, by });

let issuer;
let origin;
let gateway;
let failing;

before(async () => {
  issuer = await startIssuer();
  origin = await startEchoOrigin();
  const options = {
    issuer,
    origin,
    settings: { cors: { origins: ['https://app.example.com'] } },
    routes: [
      { path: '/user/*', limit: limit('user') },
      { path: '/other/*', limit: limit('user') },
      { path: '/org/*', limit: limit('org') },
      { path: '/ip/*', access: 'public', limit: limit('ip') },
      { path: '/short/*', limit: limit('user', 10) },
      { path: '/admin', require: { role: 'org:admin' }, limit: limit('user') },
      { path: '/whoami', serve: 'whoami', limit: limit('user') },
    ],
  };
  const [real, ...rest] = await startGateways([options, ...['throws', 'stalls', 'rubbish'].map((limits) => ({ ...options, limits }))]);
  gateway = real;
  failing = rest;
});
after(() => Promise.all([gateway?.close(), issuer?.close(), origin?.close()]));

// The counter's periods are those of the clock, so what is counted here must not begin at the end of one.
beforeEach(async () => {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 15_000) await new Promise((resolve) => setTimeout(resolve, left + 100));
});

let users = 0;
/** A user whom nobody has counted yet. */
async function bearer(request = {}) {
  const user = request.user ?? `user_${(users += 1)}`;
  return { headers: { authorization: `Bearer ${await issuer.token({ lifetime_seconds: 600, ...request, user })}` } };
}

/** The statuses of so many requests, one after the other. */
async function statuses(path, init, count = REQUESTS + 1, to = gateway) {
  const list = [];
  for (let index = 0; index < count; index += 1) {
    const answer = await to.fetch(path, init);
    await answer.arrayBuffer();
    list.push(answer.status);
  }
  return list;
}

/** The lines since `start` that tell of requests that were not counted, once there are so many. */
async function events(to, start, count) {
  const told = () => to.logs.slice(start).filter(({ event }) => event === 'limit-not-counted');
  for (let waited = 0; told().length < count && waited < 100; waited += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  return told();
}

const EXHAUSTED = [200, 200, 200, 429];

test('a user over the limit is told so, and for how long, and the origin hears nothing', async () => {
  const user = await bearer();
  assert.deepEqual(await statuses('/user/a', user, REQUESTS), [200, 200, 200]);
  const before = origin.requests.length;
  const answer = await gateway.fetch('/user/a', { headers: { ...user.headers, origin: 'https://app.example.com' } });
  const { requestId, ...body } = await answer.json();
  assert.deepEqual(body, {
    type: 'urn:clerk-edge:problem:rate-limited',
    title: 'There were too many requests',
    status: 429,
    code: 'rate-limited',
  });
  assert.deepEqual([answer.status, answer.headers.get('retry-after'), answer.headers.get('cache-control')], [429, '60', 'no-store']);
  assert.equal(answer.headers.get('access-control-allow-origin'), 'https://app.example.com', 'a page can read it');
  assert.match(answer.headers.get('access-control-expose-headers'), /retry-after/);
  assert.equal(origin.requests.length, before);
  const log = gateway.logs.find((line) => line.requestId === requestId);
  assert.deepEqual([log.decision, log.code, log.status, log.route], ['refuse', 'rate-limited', 429, '/user/*']);
});

test('two users and two routes are counted apart', async () => {
  const [first, second] = [await bearer(), await bearer()];
  assert.deepEqual(await statuses('/user/a', first), EXHAUSTED);
  assert.deepEqual(await statuses('/user/b', second), EXHAUSTED);
  assert.deepEqual(await statuses('/other/a', first), EXHAUSTED);
  assert.deepEqual(await statuses('/whoami', first), EXHAUSTED);
});

test('the members of an organization share its limit', async () => {
  const member = (id) => bearer({ organization: { id, role: 'member', permissions: [] } });
  assert.deepEqual(await statuses('/org/a', await member('org_1')), EXHAUSTED);
  assert.deepEqual(await statuses('/org/a', await member('org_1'), 1), [429]);
  assert.deepEqual(await statuses('/org/a', await member('org_2')), EXHAUSTED);
  assert.deepEqual(await statuses('/org/a', await bearer()), EXHAUSTED);
});

test('an address is counted as the platform names it', async () => {
  const from = (ip, headers) => ({ headers: { 'cf-connecting-ip': ip, ...headers } });
  assert.deepEqual(await statuses('/ip/a', from('203.0.113.7')), EXHAUSTED);
  assert.deepEqual(await statuses('/ip/a', from('203.0.113.7', { 'x-forwarded-for': '198.51.100.1' }), 1), [429]);
  assert.deepEqual(await statuses('/ip/a', from('203.0.113.8')), EXHAUSTED);
  assert.deepEqual(await statuses('/ip/a', from('2001:db8::1')), EXHAUSTED);
  assert.deepEqual(await statuses('/ip/a', from('2001:db8::2'), 1), [429]);
});

test('what is refused anyway is not counted', async () => {
  const user = await bearer();
  assert.deepEqual(await statuses('/admin', user), [403, 403, 403, 403]);
  assert.deepEqual(await statuses('/user/a', { headers: { authorization: `${user.headers.authorization}x` } }), [401, 401, 401, 401]);
  assert.deepEqual(await statuses('/user/a', user), EXHAUSTED);
});

test('a caller over the limit gets through again in the next period', { timeout: 40_000 }, async () => {
  const user = await bearer();
  const list = await statuses('/short/a', user, 2 * REQUESTS + 1);
  assert.ok(list.includes(429), `${list}`);
  let status = 429;
  for (let second = 0; status === 429 && second < 20; second += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    [status] = await statuses('/short/a', user, 1);
  }
  assert.equal(status, 200);
});

test('a counter that fails or stalls refuses nobody, and the log says so', { timeout: 60_000 }, async () => {
  for (const [index, expected] of [/the counter is down/, /no answer within 0\.5 s/, /./].entries()) {
    const to = failing[index];
    const before = to.logs.length;
    const user = await bearer();
    assert.deepEqual(await statuses('/user/a', user, REQUESTS + 1, to), [200, 200, 200, 200]);
    assert.deepEqual(await statuses('/user/a', {}, 1, to), [401], 'a token is needed as ever');
    const told = await events(to, before, REQUESTS + 1);
    assert.equal(told.length, REQUESTS + 1, 'once for each request');
    for (const { error, requestId } of told) {
      assert.match(error, expected);
      assert.ok(to.logs.some((line) => line.requestId === requestId && line.status === 200));
    }
  }
});

test('a limit without its binding is a mistake that says what to add', async () => {
  const broken = await startGateway({ issuer, origin, limits: false, routes: [{ path: '/user/*', limit: limit('user') }] });
  try {
    assert.equal((await broken.fetch('/user/a', await bearer())).status, 503);
    const [{ mistakes }] = broken.logs.filter(({ event }) => event === 'configuration-invalid');
    assert.deepEqual(mistakes, [
      'GATEWAY.routes[0].limit: expected the binding that counts; add to wrangler.toml:\n[[ratelimits]]\nname = "RATE_LIMIT_3_PER_60"\nnamespace_id = "360" # a number that no other limit of your account has\nsimple = { limit = 3, period = 60 }',
    ]);
  } finally {
    await broken.close();
  }
});
