// A Worker with a handler of its own (examples/own-handler), built and run: what the handler gets, and what never reaches it.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { root } from '../../scripts/lib/toolchain.mjs';
import { startGateway, startIssuer } from './support.mjs';

let issuer;
let gateway;
before(async () => {
  issuer = await startIssuer();
  gateway = await startGateway({
    issuer,
    build: join(root, 'examples', 'own-handler', 'build'),
    routes: [
      { path: '/orders', serve: 'orders', methods: ['GET', 'POST'], require: { permission: 'org:orders:read' } },
      { path: '/open', serve: 'orders', access: 'public' },
    ],
  });
});
after(() => Promise.all([issuer?.close(), gateway?.close()]));

const token = (permissions) => issuer.token({ user: 'user_1', organization: { id: 'org_1', role: 'member', permissions } });
const bearer = (token, init) => ({ ...init, headers: { authorization: `Bearer ${token}` } });

test('the handler receives the verified session and the body', async () => {
  const answer = await gateway.fetch('/orders', bearer(await token(['orders:read']), { method: 'POST', body: 'two of them' }));
  const body = await answer.json();
  assert.equal(answer.status, 200);
  assert.deepEqual([body.user, body.organization, body.orders[0].note], ['user_1', 'org_1', 'two of them']);
  assert.equal(body.requestId, answer.headers.get('x-request-id'));
  assert.equal(answer.headers.get('cache-control'), 'private, no-store');
});

test('what the gateway refuses never reaches the handler', async () => {
  for (const [init, status] of [[{}, 401], [bearer('a.b.c'), 401], [bearer(await token(['orders:write'])), 403], [bearer(await token(['orders:read']), { method: 'DELETE' }), 405]]) {
    assert.equal((await gateway.fetch('/orders', init)).status, status);
  }
});

test('a handler that fails is 502, and why is in the log alone', async () => {
  const answer = await gateway.fetch('/open');
  const text = await answer.text();
  assert.deepEqual([answer.status, JSON.parse(text).code], [502, 'handler-failed']);
  assert.doesNotMatch(text, /session/);
  assert.ok(gateway.logs.some((line) => line.handler === 'orders' && /requires no session/.test(line.error)));
});
