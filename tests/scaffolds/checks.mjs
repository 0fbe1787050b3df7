// A handful of requests that say whether the parts of a project are wired, whatever its framework: one list for all of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FRONT_END, request } from './support.mjs';

/** CORS, guards, roles and webhooks. `running()` is a server and the stand-in that it trusts. */
export function checkServer(running, framework) {
  const send = (path, init) => request(running().server.url, path, init);
  const bearer = async (request) => ({ Authorization: `Bearer ${await running().issuer.token({ authorized_party: FRONT_END, ...request })}` });

  test('asks for a session, with a challenge that a page may read', async () => {
    const { status, headers, json } = await send('/api/protected', { headers: { Origin: FRONT_END } });
    assert.deepEqual([status, json.code], [401, 'credentials-missing']);
    assert.match(headers.get('WWW-Authenticate'), /^Bearer /);
    assert.equal(headers.get('Access-Control-Allow-Origin'), FRONT_END);
    assert.match(headers.get('Access-Control-Expose-Headers'), /WWW-Authenticate/i);
  });

  test('answers a preflight of its front end, and of no other', async () => {
    const asking = (origin) => ({ Origin: origin, 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'authorization' });
    const { status, headers } = await send('/api/protected', { method: 'OPTIONS', headers: asking(FRONT_END) });
    assert.ok(status === 200 || status === 204, `${status}`);
    assert.equal(headers.get('Access-Control-Allow-Origin'), FRONT_END);
    assert.match(headers.get('Access-Control-Allow-Headers'), /authorization/i);
    const foreign = await send('/api/protected', { method: 'OPTIONS', headers: asking('https://evil.example') });
    assert.notEqual(foreign.headers.get('Access-Control-Allow-Origin'), 'https://evil.example');
    assert.notEqual(foreign.headers.get('Access-Control-Allow-Origin'), '*');
  });

  test('lets a session in, and keeps what it answers out of caches', async () => {
    const { status, headers, json } = await send('/api/protected', { headers: await bearer({ user: 'user_1' }) });
    assert.deepEqual([status, json.userId], [200, 'user_1']);
    assert.match(headers.get('Cache-Control'), /no-store/);
    assert.match(headers.get('Vary'), /authorization/i);
  });

  test('lets nobody in where a method or a path is not its own', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      assert.ok([401, 404, 405].includes((await send('/api/protected', { method })).status), method);
    }
    for (const path of ['/api/protected/', '//api/protected', '/API/protected', '/api/%70rotected']) {
      assert.notEqual((await send(path)).status, 200, path);
    }
  });

  test('lets administrators in', async () => {
    const organization = (role) => bearer({ organization: { id: 'org_1', role } });
    assert.equal((await send('/api/admin', { headers: await organization('member') })).status, 403);
    assert.equal((await send('/api/admin', { headers: await organization('admin') })).status, 200);
    assert.equal((await send('/api/orgs/org_1', { headers: await organization('member') })).status, 200);
    assert.equal((await send('/api/orgs/org_2', { headers: await organization('member') })).status, 403);
  });

  test('takes a webhook once', async () => {
    const { server, issuer } = running();
    assert.equal((await send('/api/webhooks/clerk', { method: 'POST', body: '{}' })).status, 400);
    const delivery = { url: `${server.url}/api/webhooks/clerk`, type: 'user.created', id: 'msg_1' };
    assert.equal((await issuer.webhook(delivery)).status, 204);
    assert.equal((await issuer.webhook(delivery)).status, 204);
    assert.equal((await issuer.webhook({ ...delivery, secret: 'whsec_YW5vdGhlciBzZWNyZXQ=' })).status, 400);
    assert.equal(server.said.filter((line) => line.startsWith('save the user ')).length, 1, server.said.join('\n'));
  });

  test('tells nothing of itself on what it does not have', async () => {
    const { status, headers, text } = await send('/api/nothing');
    assert.equal(status, 404);
    // Of Next.js the project's own configuration says whether it does.
    if (framework !== 'nextjs') assert.equal(headers.get('X-Powered-By'), null);
    assert.doesNotMatch(text, /node_modules|at .*\.js:/);
  });
}
