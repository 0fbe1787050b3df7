// Clerk's webhooks through the built Worker: which reach their target, how often, and byte by byte.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';

import { lineOf, rawRequest, startEchoOrigin, startGateways, startIssuer } from './support.mjs';

/** Secrets made for these tests: sentences. */
const KEY = Buffer.from('a secret for the tests of the Worker');
const NEW_KEY = Buffer.from('the secret after a rotation');
const PATH = '/webhooks/clerk';
const BODY = Buffer.from('{"type": "user.created",\r\n "data":  {"id":"user_1", "name":"\u00e9\u2028"}}\n');

let issuer;
let origin;
let gateway;
let withoutStore;
let withFailingStore;
let failing;
let status;

before(async () => {
  issuer = await startIssuer();
  origin = await startEchoOrigin(async (request, response, entry) => {
    entry.body = Buffer.concat(await request.toArray());
    if (status === 'reset') return request.socket.destroy();
    return response.writeHead(status, { 'x-own': 'kept' }).end(`origin ${status}`);
  });
  failing = await startEchoOrigin((_request, response) => response.writeHead(500).end());
  const options = {
    issuer,
    vars: { CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${KEY.toString('base64')} ${NEW_KEY.toString('base64')} ${issuer.webhookSecret}` },
    routes: [{ path: PATH, webhook: 'clerk', origin: `${origin.url}/internal/clerk-events` }],
  };
  [gateway, withoutStore] = await startGateways([options, { ...options, kv: false }]);
  [withFailingStore] = await startGateways([{ ...options, kv: { server: failing.url } }]);
});
after(async () => {
  await Promise.all([gateway?.close(), withFailingStore?.close(), issuer?.close(), origin?.close(), failing?.close()]);
});
beforeEach(() => {
  status = 200;
});

const seconds = () => Math.floor(Date.now() / 1000);
const sign = (id, time, body, key = KEY) => `v1,${createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64')}`;

let count = 0;
const newId = () => `msg_${(count += 1)}`;

/** What a delivery is sent with; `change` replaces headers, and takes one away with undefined. */
function delivery({ id = newId(), time = seconds(), body = BODY, key, family = 'svix', change = {} } = {}) {
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    [`${family}-id`]: id,
    [`${family}-timestamp`]: `${time}`,
    [`${family}-signature`]: sign(id, time, body, key),
    ...change,
  };
  for (const name of Object.keys(headers)) if (headers[name] === undefined) delete headers[name];
  return { method: 'POST', body, headers };
}

/** Sends, and says whether it reached the origin. */
async function send(init, { to = gateway, path = PATH } = {}) {
  const before = origin.requests.length;
  const answer = await to.fetch(path, init);
  return { answer, text: await answer.text(), reached: origin.requests.length - before };
}

async function refused(init, expected, code, options) {
  const { answer, text, reached } = await send(init, options);
  assert.equal(reached, 0, 'the origin saw a refused delivery');
  assert.deepEqual([answer.status, JSON.parse(text).code], [expected, code]);
  const log = await lineOf(gateway, answer);
  assert.deepEqual([log.decision, log.code, log.status], ['refuse', code, expected]);
}

test('a delivery reaches the very address of its target byte by byte', async () => {
  const { answer, text, reached } = await send(delivery({ id: 'msg_exact' }), { path: `${PATH}?a=b` });
  assert.deepEqual([answer.status, text, answer.headers.get('x-own'), reached], [200, 'origin 200', 'kept', 1]);
  const { method, url, headers, body } = origin.last();
  assert.deepEqual([method, url], ['POST', '/internal/clerk-events']);
  assert.ok(body.equals(BODY), body.toString());
  assert.equal(headers['content-type'], 'application/json; charset=utf-8');
  assert.equal(headers['x-clerk-webhook-id'], 'msg_exact');
  const log = await lineOf(gateway, answer);
  assert.deepEqual([log.decision, log.code, log.status, log.route], ['forward', null, 200, PATH]);
});

test('a body of any bytes is the same behind the gateway, up to the limit', async () => {
  for (const body of [Buffer.alloc(0), Buffer.from([0xef, 0xbb, 0xbf, 0, 255, 254, 0xc3]), Buffer.alloc(1024 * 1024, 'a')]) {
    assert.equal((await send(delivery({ body }))).reached, 1, `${body.length} bytes`);
    assert.ok(origin.last().body.equals(body), `${body.length} bytes`);
  }
});

test('a repeated id is answered 200 and not forwarded', async () => {
  const id = newId();
  assert.equal((await send(delivery({ id }))).reached, 1);
  for (const again of [delivery({ id }), delivery({ id, time: seconds() - 60, key: NEW_KEY }), delivery({ id, family: 'webhook' })]) {
    const { answer, reached } = await send(again);
    assert.deepEqual([answer.status, reached], [200, 0]);
    assert.equal((await lineOf(gateway, answer)).decision, 'repeat');
  }
  assert.equal((await send(delivery({ id: id.toUpperCase() }))).reached, 1, 'ids are exact');
  const { keys } = await gateway.kv.list({ prefix: `webhook:${issuer.issuer}:` });
  assert.ok(keys.length > 0);
  const days = keys.map(({ expiration }) => (expiration - seconds()) / 86_400);
  assert.ok(days.every((left) => left > 2.9 && left <= 3), `${days}`);
});

test('every type of event that the stand-in sends reaches its target once and only once', async () => {
  const { types } = await issuer.webhook();
  assert.ok(types.length >= 45, `${types}`);
  const url = `${gateway.url}${PATH}`;
  for (const type of types) {
    const before = origin.requests.length;
    const { id, ...first } = await issuer.webhook({ url, type });
    assert.deepEqual(first, { type, status: 200, body: 'origin 200' });
    const event = JSON.parse(origin.last().body);
    assert.deepEqual([event.object, event.type, typeof event.data.id], ['event', type, 'string']);
    const again = await issuer.webhook({ url, type, id });
    assert.deepEqual([again.id, again.status, origin.requests.length - before], [id, 200, 1], type);
  }
  const forged = await issuer.webhook({ url, type: 'user.created', secret: 'whsec_YW5vdGhlciBzZWNyZXQ=' });
  assert.deepEqual([forged.status, JSON.parse(forged.body).code], [400, 'webhook-signature-invalid']);
});

test('a delivery that failed is handed back as it failed and goes through again', async () => {
  const id = newId();
  for (const failure of [500, 404, 302]) {
    status = failure;
    const { answer, reached } = await send(delivery({ id }));
    assert.deepEqual([answer.status, reached], [failure, 1]);
  }
  status = 'reset';
  assert.equal((await send(delivery({ id }))).answer.status, 502);
  status = 204;
  assert.deepEqual([(await send(delivery({ id }))).reached, (await send(delivery({ id }))).reached], [1, 0]);
});

test('either family of headers and either secret will do, and never parts of both', async () => {
  assert.equal((await send(delivery({ family: 'webhook' }))).reached, 1);
  assert.equal((await send(delivery({ key: NEW_KEY }))).reached, 1);
  const mixed = delivery({ id: 'msg_mixed', change: { 'webhook-id': 'msg_mixed' } });
  await refused(mixed, 400, 'webhook-headers-missing');
  delete mixed.headers['svix-id'];
  await refused(mixed, 400, 'webhook-headers-missing');
});

test('what is not signed by us, just now, over these bytes is refused', async () => {
  const time = seconds();
  await refused(delivery({ key: Buffer.from('another secret') }), 400, 'webhook-signature-invalid');
  await refused({ ...delivery(), body: `${BODY} ` }, 400, 'webhook-signature-invalid');
  await refused({ ...delivery(), body: undefined }, 400, 'webhook-signature-invalid');
  await refused(delivery({ id: 'msg_short', time, change: { 'svix-signature': sign('msg_short', time, BODY).slice(0, 20) } }), 400, 'webhook-signature-invalid');
  await refused(delivery({ change: { 'svix-id': 'msg_other' } }), 400, 'webhook-signature-invalid');
  for (const away of [-310, 310]) await refused(delivery({ time: time + away }), 400, 'webhook-timestamp-out-of-range');
  for (const name of ['svix-id', 'svix-timestamp', 'svix-signature']) {
    await refused(delivery({ change: { [name]: undefined } }), 400, 'webhook-headers-missing');
    await refused(delivery({ change: { [name]: '' } }), 400, 'webhook-headers-missing');
  }
  const token = await issuer.token();
  await refused({ method: 'POST', body: BODY, headers: { authorization: `Bearer ${token}` } }, 400, 'webhook-headers-missing');
});

test('attack 23: a header that is there twice is refused', async () => {
  for (const name of ['svix-id', 'svix-timestamp', 'svix-signature']) {
    const { headers } = delivery({ id: 'msg_twice' });
    const lines = Object.entries(headers).flatMap(([held, value]) => Array(held === name ? 2 : 1).fill(`${held}: ${value}\r\n`));
    const before = origin.requests.length;
    const head = `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${BODY.length}\r\n${lines.join('')}\r\n`;
    const answer = await rawRequest(gateway.port, Buffer.concat([Buffer.from(head), BODY]));
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.body, /webhook-headers-missing/);
    assert.equal(origin.requests.length, before);
  }
});

test('a body over the limit is 413', async () => {
  await refused(delivery({ body: Buffer.alloc(1024 * 1024 + 1, 'a') }), 413, 'webhook-body-too-large');
  await refused(delivery({ body: Buffer.alloc(5 * 1024 * 1024, 'a') }), 413, 'webhook-body-too-large');
});

test('other methods are 405', async () => {
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const { answer, text, reached } = await send({ method, headers: delivery().headers });
    assert.deepEqual([answer.status, JSON.parse(text).code, answer.headers.get('allow'), reached], [405, 'method-not-allowed', 'POST', 0]);
  }
});

test('spoofed identity does not reach the target, and no identity is added', async () => {
  const token = await issuer.token({ user: 'user_1', lifetime_seconds: 600 });
  const change = {
    authorization: `Bearer ${token}`,
    cookie: `__session=${token}; theme=dark`,
    'x-clerk-user-id': 'spoofed',
    x_clerk_org_role: 'spoofed',
    'x-clerk-webhook-id': 'spoofed',
    'x-forwarded-for': 'spoofed',
  };
  assert.equal((await send(delivery({ id: 'msg_spoofed', change }))).reached, 1);
  const { headers, rawHeaders } = origin.last();
  assert.ok(!rawHeaders.some((text) => text.includes('spoofed') && text !== 'msg_spoofed'), `${rawHeaders}`);
  const ours = Object.keys(headers).filter((name) => name.startsWith('x-clerk'));
  assert.deepEqual([ours, headers['x-clerk-webhook-id']], [['x-clerk-webhook-id'], 'msg_spoofed']);
  assert.deepEqual([headers.authorization, headers.cookie], [undefined, 'theme=dark']);
});

test('without KV, and with KV failing, every delivery is forwarded', async () => {
  for (const to of [withoutStore, withFailingStore]) {
    const id = newId();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const { answer, reached } = await send(delivery({ id }), { to });
      assert.deepEqual([answer.status, reached], [200, 1]);
    }
  }
  await refused(delivery({ key: Buffer.from('another secret') }), 400, 'webhook-signature-invalid');
  assert.ok(withFailingStore.logs.some(({ event }) => event === 'webhook-not-remembered'), JSON.stringify(withFailingStore.logs));
});
