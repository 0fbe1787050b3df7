// Webhooks while KV, which remembers them, fails: a delivery is rather sent twice than lost, and never without its signature.

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { startKeyServer } from './key-server.mjs';
import { startStore } from './store-server.mjs';
import { startEchoOrigin, startGateway } from './support.mjs';

/** A secret made for these tests: a sentence. */
const KEY = Buffer.from('a secret for webhooks in an outage');
const PATH = '/webhooks/clerk';
const BODY = Buffer.from('{"type":"user.created","data":{"id":"user_1"}}');

let issuer;
let origin;
let open = [];

before(async () => {
  [issuer, origin] = await Promise.all([startKeyServer(), startEchoOrigin()]);
});
after(() => Promise.all([issuer.close(), origin.close()]));
beforeEach(() => {
  open = [];
});
afterEach(() => Promise.all(open.map((each) => each.close())));

const target = () => `${origin.url}/internal/clerk`;

/** Where a delivery is remembered: by its target and its id. */
const remembered = (id) => `webhook:${issuer.issuer}:${createHash('sha256').update(`${target()}\n${id}`).digest('hex')}`;

async function start(kv) {
  const gateway = await startGateway({
    issuer,
    vars: { CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${KEY.toString('base64')}` },
    routes: [{ path: PATH, webhook: 'clerk', origin: target() }],
    kv,
  });
  open.unshift(gateway);
  return gateway;
}

async function withStore(options) {
  const store = await startStore(options);
  const gateway = await start({ server: store.url });
  open.push(store);
  return { store, gateway };
}

/** Sends a delivery, and says how it was answered and whether it reached the target. */
async function send(gateway, id, key = KEY) {
  const time = Math.floor(Date.now() / 1000);
  const signature = `v1,${createHmac('sha256', key).update(`${id}.${time}.`).update(BODY).digest('base64')}`;
  const before = origin.requests.length;
  const headers = { 'svix-id': id, 'svix-timestamp': `${time}`, 'svix-signature': signature };
  const answer = await gateway.fetch(PATH, { method: 'POST', body: BODY, headers });
  await answer.text();
  return [answer.status, origin.requests.length - before];
}

const twice = async (gateway, id) => [await send(gateway, id), await send(gateway, id)];
const wasTold = (gateway) => gateway.logs.some(({ event }) => event === 'webhook-not-remembered');

for (const does of ['fails', 'breaks', 'stalls', 'stalls inside']) {
  test(`a delivery reaches its target when KV ${does}, and the forged one does not`, { timeout: 60_000 }, async () => {
    const { gateway } = await withStore({ reads: does, writes: does });
    assert.deepEqual(await twice(gateway, 'msg_1'), [[200, 1], [200, 1]]);
    assert.deepEqual(await send(gateway, 'msg_1', Buffer.from('another secret')), [400, 0]);
    assert.ok(origin.last().body.equals(BODY));
  });
}

test('a delivery reaches its target when KV refuses connections', { timeout: 60_000 }, async () => {
  const gateway = await start({ server: 'http://127.0.0.1:1' });
  assert.deepEqual(await twice(gateway, 'msg_1'), [[200, 1], [200, 1]]);
  assert.ok(wasTold(gateway));
});

test('KV that takes no writes remembers nothing, which is told', { timeout: 60_000 }, async () => {
  const { store, gateway } = await withStore({ writes: 'fails' });
  assert.deepEqual(await twice(gateway, 'msg_1'), [[200, 1], [200, 1]]);
  assert.ok(wasTold(gateway));
  store.writes = 'works';
  assert.deepEqual(await twice(gateway, 'msg_1'), [[200, 1], [200, 0]], 'and it mends by itself');
});

test('rubbish in KV is not the memory of a delivery', { timeout: 60_000 }, async () => {
  const rubbish = { html: '<html>', empty: '', bytes: Buffer.from([0, 255]), other: 'msg_elsewhere', longer: 'msg_longer ', huge: Buffer.alloc(5_000_000, 'x') };
  const entries = Object.fromEntries(Object.entries(rubbish).map(([name, value]) => [remembered(`msg_${name}`), value]));
  const { store, gateway } = await withStore({ entries: { ...entries, [remembered('msg_known')]: 'msg_known' } });
  for (const name of Object.keys(rubbish)) {
    assert.deepEqual(await twice(gateway, `msg_${name}`), [[200, 1], [200, 0]], name);
    assert.equal(String(store.held.get(remembered(`msg_${name}`))), `msg_${name}`);
  }
  assert.deepEqual(await send(gateway, 'msg_known'), [200, 0], 'what is remembered is');
});
