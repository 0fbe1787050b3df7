// The harness itself: whether what it promises the other tests is so.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { lineOf, rawRequest, startEchoOrigin, startGateway, startIssuer, until } from './support.mjs';

let issuer;
let origin;
const routes = [{ path: '/health', access: 'public', serve: 'health' }, { path: '/open/*', access: 'public' }, { path: '/api/*' }];

before(async () => {
  [issuer, origin] = await Promise.all([startIssuer(), startEchoOrigin()]);
});
after(() => Promise.all([issuer?.close(), origin?.close()]));

async function withGateway(options, work) {
  const gateway = await startGateway({ issuer, origin, routes, ...options });
  try {
    await work(gateway);
  } finally {
    await gateway.close();
  }
}

const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } });

test('a token of the stand-in goes through the gateway to the origin', () =>
  withGateway({}, async (gateway) => {
    const answer = await gateway.fetch('/api/orders?page=2', bearer(await issuer.token({ user: 'user_1' })));
    assert.equal(answer.status, 200);
    assert.equal(origin.last().url, '/api/orders?page=2');
    assert.equal(origin.last().headers['x-clerk-user-id'], 'user_1');
    assert.equal((await lineOf(gateway, answer)).subject, 'user_1');
    await until(async () => (await gateway.kv.list()).keys.length > 0, 'the key set in KV');
  }));

test('the clock of the Worker is the one that is asked for, and goes on from there', () =>
  withGateway({ fakeTime: 1_750_000_000 }, async (gateway) => {
    const token = await issuer.token({ issued_at: 1_750_000_000 });
    const answer = await gateway.fetch('/api/a', bearer(token));
    assert.equal(answer.status, 200);
    assert.match((await lineOf(gateway, answer)).time, /^2025-06-15T15:06:4\d/);
    assert.equal((await gateway.fetch('/api/a', bearer(await issuer.token()))).status, 401);
  }));

test('bytes reach the Worker as they are sent', () =>
  withGateway({}, async (gateway) => {
    const answer = await rawRequest(gateway.port, 'GET /open/%2F HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    assert.equal(answer.status, 400);
    assert.equal(JSON.parse(answer.body).code, 'path-invalid');
  }));

test('a KV namespace may fail, and a fetch to the outside may be taken', async () => {
  const failing = await startEchoOrigin((_request, response) => response.writeHead(500).end());
  const taken = [];
  const outbound = async (request) => {
    taken.push(request.url);
    return fetch(request.url, { headers: request.headers });
  };
  try {
    await withGateway({ kv: { server: failing.url }, outbound }, async (gateway) => {
      assert.equal((await gateway.fetch('/api/a', bearer(await issuer.token()))).status, 200);
      assert.ok(failing.requests.length > 0, 'KV was asked');
      assert.ok(taken.includes(issuer.keySetUrl), 'the key set was fetched');
    });
  } finally {
    await failing.close();
  }
});

test('an outage of the key server is told as one', async () => {
  await issuer.outage('down');
  try {
    await withGateway({}, async (gateway) => {
      assert.equal((await gateway.fetch('/api/a', bearer(await issuer.token()))).status, 503);
    });
  } finally {
    await issuer.outage('none');
  }
});
