// CORS by the built Worker: what a browser is told, and what of it an origin sees. A real browser asks in tests/browser.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { rawRequest, startEchoOrigin, startGateway, startIssuer } from './support.mjs';

const APP = 'https://app.example.com';
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

let issuer;
let origin;
let gateway;
let authorization;

before(async () => {
  issuer = await startIssuer();
  origin = await startEchoOrigin(answerByPath);
  gateway = await startGateway({
    issuer,
    origin,
    settings: { cors: { origins: [APP, 'https://*.preview.example.com'], credentials: true } },
    routes: [
      { path: '/api/*' },
      { path: '/slow', access: 'public', timeout_seconds: 1 },
      { path: '/whoami', serve: 'whoami', access: 'optional', methods: ['GET'] },
      { path: '/open', access: 'public', cors: { origins: ['*'], max_age_seconds: 5, expose_headers: ['X-Own'] } },
      { path: '/own', access: 'public', cors: false },
      { path: '/webhook', webhook: 'clerk' },
    ],
    vars: { CLERK_WEBHOOK_SIGNING_SECRET: 'whsec_YSBzZWNyZXQgZm9yIHRlc3Rz' },
  });
  authorization = `Bearer ${await issuer.token({ user: 'user_1', lifetime_seconds: 600 })}`;
});
after(() => Promise.all([gateway?.close(), issuer?.close(), origin?.close()]));

/** An origin with a policy of its own, which is everything that the gateway's is not. */
function answerByPath(request, response) {
  if (request.url === '/slow') return;
  if (request.url === '/api/reset') return request.socket.destroy();
  response.writeHead(200, {
    'access-control-allow-origin': '*',
    'access-control-allow-credentials': 'false',
    'access-control-allow-methods': 'BREW',
    'access-control-allow-private-network': 'true',
    'access-control-expose-headers': '*',
    vary: 'Accept',
    'x-own': 'kept',
  });
  return response.end('origin');
}

/** What an answer says to pages, by the ends of the names. */
function told(answer) {
  const entries = [...answer.headers].filter(([name]) => name.startsWith('access-control-'));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice('access-control-'.length), value]));
}

const ask = (path, from, method, headers) =>
  gateway.fetch(path, { method: 'OPTIONS', headers: { origin: from, 'access-control-request-method': method, ...headers } });

async function code(answer) {
  return [answer.status, (await answer.json()).code];
}

test('a preflight is answered without a token, without a body and without the origin', async () => {
  const before = origin.requests.length;
  const answer = await ask('/api/x?y=z', APP, 'PUT', { 'access-control-request-headers': 'authorization,x-canary' });
  assert.deepEqual([answer.status, await answer.text(), answer.headers.get('content-type')], [204, '', null]);
  assert.deepEqual(told(answer), {
    'allow-origin': APP,
    'allow-credentials': 'true',
    'allow-methods': METHODS,
    'allow-headers': 'authorization, content-type, idempotency-key, if-match, if-none-match',
    'max-age': '600',
  });
  assert.equal(answer.headers.get('vary'), 'Origin, Access-Control-Request-Method');
  const open = await ask('/open', 'https://anyone.example', 'GET');
  assert.deepEqual([open.status, told(open)['allow-origin'], told(open)['allow-credentials'], told(open)['max-age']], [204, '*', undefined, '5']);
  assert.equal(origin.requests.length, before, 'no preflight reaches the origin');
  const log = gateway.logs.find(({ requestId }) => requestId === answer.headers.get('x-request-id'));
  assert.deepEqual([log.decision, log.code, log.status, log.route], ['preflight', null, 204, '/api/*']);
});

test('a preflight that is refused allows nothing', async () => {
  for (const [path, from, method, expected] of [
    ['/api/x', 'https://evil.org', 'GET', [403, 'origin-not-allowed']],
    ['/api/x', 'null', 'GET', [403, 'origin-not-allowed']],
    ['/open', 'null', 'GET', [403, 'origin-not-allowed']],
    ['/api/x', 'https://evil-app.example.com', 'GET', [403, 'origin-not-allowed']],
    ['/api/x', `${APP}.evil`, 'GET', [403, 'origin-not-allowed']],
    ['/api/x', APP, 'patch', [405, 'method-not-allowed']],
    ['/nothing', APP, 'GET', [404, 'route-not-found']],
  ]) {
    const answer = await ask(path, from, method);
    assert.deepEqual([told(answer)['allow-methods'], told(answer)['allow-headers']], [undefined, undefined]);
    if (answer.status === 403) assert.deepEqual(told(answer), {});
    assert.deepEqual(await code(answer), expected, `${path} ${from} ${method}`);
  }
});

test('attack 40: OPTIONS without the headers of a preflight needs a token', async () => {
  const before = origin.requests.length;
  for (const headers of [{}, { origin: APP }, { 'access-control-request-method': 'GET' }]) {
    assert.deepEqual(await code(await gateway.fetch('/api/x', { method: 'OPTIONS', headers })), [401, 'credentials-missing']);
  }
  for (const twice of [`Origin: ${APP}`, 'Access-Control-Request-Method: GET']) {
    const head = `OPTIONS /api/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nOrigin: ${APP}\r\nAccess-Control-Request-Method: GET\r\n${twice}\r\n\r\n`;
    assert.equal((await rawRequest(gateway.port, head)).status, 401, twice);
  }
  assert.equal(origin.requests.length, before);
  const answer = await gateway.fetch('/api/x', { method: 'OPTIONS', headers: { authorization } });
  assert.deepEqual([answer.status, origin.last().method], [200, 'OPTIONS']);
});

test('an answer has one voice: the origin’s own policy is taken off', async () => {
  const answer = await gateway.fetch('/api/x', { headers: { authorization, origin: APP } });
  assert.equal(await answer.text(), 'origin');
  assert.deepEqual(told(answer), {
    'allow-origin': APP,
    'allow-credentials': 'true',
    'expose-headers': 'retry-after, www-authenticate, x-request-id',
  });
  assert.equal(answer.headers.get('vary'), 'Accept, Authorization, Cookie, Origin');
  const open = await gateway.fetch('/open', { headers: { origin: 'https://anyone.example' } });
  assert.deepEqual(told(open), { 'allow-origin': '*', 'expose-headers': 'x-own' });
  assert.equal(open.headers.get('vary'), 'Accept, Origin');
});

test('a foreign origin is served like anyone and told nothing', async () => {
  const twice = `${APP}, ${APP}`;
  for (const from of ['https://evil.org', 'null', twice, 'https://evil-preview.example.com', 'http://app.example.com']) {
    const answer = await gateway.fetch('/api/x', { headers: { authorization, origin: from } });
    assert.deepEqual([answer.status, await answer.text(), told(answer)], [200, 'origin', {}], from);
    assert.match(answer.headers.get('vary'), /Origin/);
  }
  assert.deepEqual(told(await gateway.fetch('/api/x', { headers: { authorization } })), {}, 'and so is who names none');
});

test('a refusal can be read by whoever could read the answer', async () => {
  for (const [path, init, expected] of [
    ['/api/x', {}, [401, 'credentials-missing']],
    ['/api/x', { headers: { authorization: 'Bearer a.b.c' } }, [401, 'token-invalid']],
    ['/api/a%2Fb', {}, [400, 'path-invalid']],
    ['/nothing', {}, [404, 'route-not-found']],
    ['/whoami', { method: 'PUT' }, [405, 'method-not-allowed']],
    ['/api/reset', { headers: { authorization } }, [502, 'origin-unreachable']],
    ['/slow', {}, [504, 'origin-timeout']],
  ]) {
    const answer = await gateway.fetch(path, { ...init, headers: { ...init.headers, origin: APP } });
    assert.equal(told(answer)['allow-origin'], APP, path);
    assert.equal(answer.headers.get('vary'), 'Authorization, Cookie, Origin');
    assert.deepEqual(await code(answer), expected);
    const foreign = await gateway.fetch(path, { ...init, headers: { ...init.headers, origin: 'https://evil.org' } });
    assert.deepEqual([foreign.status, told(foreign)], [expected[0], {}]);
  }
});

test('a handler’s answer is shared as an origin’s is', async () => {
  const answer = await gateway.fetch('/whoami', { headers: { origin: 'https://pr-7.preview.example.com' } });
  assert.deepEqual([await answer.json(), told(answer)['allow-origin']], [{ userId: null }, 'https://pr-7.preview.example.com']);
});

test('a route without CORS leaves it to its origin, and a webhook has none', async () => {
  const own = { 'allow-origin': '*', 'allow-credentials': 'false', 'allow-methods': 'BREW', 'allow-private-network': 'true', 'expose-headers': '*' };
  const answer = await gateway.fetch('/own', { headers: { origin: APP } });
  assert.deepEqual([told(answer), answer.headers.get('vary')], [own, 'Accept']);
  const before = origin.requests.length;
  const asked = await ask('/own', APP, 'PUT');
  assert.deepEqual([asked.status, told(asked), origin.requests.length], [200, own, before + 1]);
  assert.equal(origin.last().method, 'OPTIONS');
  assert.deepEqual(told(await gateway.fetch('/webhook', { method: 'POST', headers: { origin: APP } })), {});
});

test('a gateway whose configuration is wrong tells pages nothing', async () => {
  const broken = await startGateway({
    issuer,
    settings: { cors: { origins: ['*'], credentials: true } },
    routes: [{ path: '/api/*', serve: 'whoami' }],
  });
  try {
    for (const init of [{ headers: { origin: APP } }, { method: 'OPTIONS', headers: { origin: APP, 'access-control-request-method': 'GET' } }]) {
      const answer = await broken.fetch('/api/x', init);
      assert.deepEqual([told(answer), await code(answer)], [{}, [503, 'configuration-invalid']]);
    }
    const [{ mistakes }] = broken.logs.filter(({ event }) => event === 'configuration-invalid');
    assert.match(mistakes[0], /^GATEWAY\.cors\.origins: expected origins by name/);
  } finally {
    await broken.close();
  }
});
