// The known attacks that need the built Worker to be tried: bytes on a socket, a platform's headers, caches, logs. The others
// are in tests/attacks; each test has its attack's number in its name.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { rawRequest, startEchoOrigin, startGateway, startGateways, startIssuer } from './support.mjs';

let issuer;
let origin;
let gateway;
let member;
let admin;

before(async () => {
  [issuer, origin] = await Promise.all([startIssuer(), startEchoOrigin()]);
  gateway = await startGateway({
    issuer,
    origin,
    routes: [
      { path: '/x' },
      { path: '/api/*' },
      { path: '/api/admin/*', require: { role: 'org:admin' } },
      { path: '/open/*', access: 'public' },
      { path: '/maybe/*', access: 'optional' },
      { path: '/read', access: 'public', methods: ['GET'] },
    ],
  });
  const organization = (role) => ({ id: 'org_1', slug: 'acme', role, permissions: ['invoices:read'] });
  member = await issuer.token({ user: 'user_member', lifetime_seconds: 3600, organization: organization('member') });
  admin = await issuer.token({ user: 'user_admin', lifetime_seconds: 3600, organization: organization('admin') });
});
after(() => Promise.all([issuer?.close(), gateway?.close(), origin?.close()]));

/** Sends a head of these lines, and says status, code and what of it reached the origin. */
async function send(target, { method = 'GET', lines = [], token, host = 'localhost' } = {}) {
  const head = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...(token ? [`Authorization: Bearer ${token}`] : []), ...lines];
  const before = origin.requests.length;
  const answer = await rawRequest(gateway.port, `${head.join('\r\n')}\r\nConnection: close\r\n\r\n`, { timeoutMs: 30_000 });
  const code = answer.body?.match(/"code":"([a-z-]+)"/)?.[1];
  const reached = origin.requests.slice(before);
  return { status: answer.status, code, reached, answer };
}

async function refused(target, options, status, code) {
  const got = await send(target, options);
  assert.deepEqual([got.status, got.code, got.reached.length], [status, code, 0], `${options.method ?? 'GET'} ${target} ${options.lines ?? ''}`);
}

/** What the origin got of one request, its headers as [name, value] in the order and spelling they came. */
async function forwarded(target, options) {
  const { status, reached } = await send(target, options);
  assert.deepEqual([status, reached.length], [200, 1], `${target} ${options.lines}`);
  const { rawHeaders, url, method } = reached[0];
  const headers = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1]]] : []));
  return { url, method, headers, values: (name) => headers.filter(([held]) => held === name).map(([, value]) => value) };
}

test('attack 05: a query or fragment behind an exact path is not part of it', async () => {
  for (const target of ['/x', '/x?', '/x??', '/x?y', '/x?/../open/y', '/x?#', '/x?path=/open/x', 'http://localhost/x?/open']) {
    await refused(target, {}, 401, 'credentials-missing');
  }
  for (const target of ['/x%23', '/x%3F', '/x%3f/../open/y']) await refused(target, {}, 400, 'path-invalid');
  const { url } = await forwarded('/x?path=/open&b=%2e%2e/', { token: member });
  assert.equal(url, '/x?path=/open&b=%2e%2e/');
});

test('attack 10: the host, however spelt, chooses no other route', async () => {
  for (const host of ['localhost', 'LOCALHOST', 'localhost.', 'localhost:443', 'evil.example.com', '127.0.0.1', '[::1]', 'localhost:1']) {
    await refused('/api/x', { host }, 401, 'credentials-missing');
    await refused('/api/admin/x', { host, token: member }, 403, 'insufficient-role');
    await refused('/nowhere', { host, token: admin }, 404, 'route-not-found');
    const { url, values } = await forwarded('/api/x', { host, token: member });
    assert.deepEqual([url, values('host')], ['/api/x', [`127.0.0.1:${origin.port}`]], host);
  }
});

test('attack 12: rubbish on the request line is 400 or decided, and never a fault', async () => {
  let seed = 12;
  const random = (below) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  const pieces = ['%00', '%zz', '%', '%c0%ae', '%ff', '\x01', '\x7f', '\xff', '\xc3', '..', '%2e', ';', '%2f', '\\', '%5c', '//', 'a', '%61', '?', '#', '%25', '\t', '|', '"', '<', '{'];
  const decided = new Set([400, 401, 404, 405]);
  for (let round = 0; round < 300; round += 1) {
    const target = `/${['api/', 'nowhere/', ''][random(3)]}${Array.from({ length: 1 + random(6) }, () => pieces[random(pieces.length)]).join('')}`;
    const { status, reached, answer } = await send(target);
    assert.ok(decided.has(status), `${JSON.stringify(target)}: ${status} ${answer.text.slice(0, 200)}`);
    assert.equal(reached.length, 0, target);
  }
});

const OWNED = [
  'x-clerk-user-id', 'x-clerk-session-id', 'x-clerk-org-id', 'x-clerk-org-slug', 'x-clerk-org-role', 'x-clerk-org-permissions', 'x-clerk-edge-assertion',
  'x-clerk-webhook-id', 'x-clerk-claims-truncated', 'x-request-id', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-user',
];

test('attack 14: of every alias of a name of ours the origin gets one value, and that is ours', async () => {
  const separators = ['_', '.', '-', '', '~', '|', "'", '!', '*', '+', '^', '`', '$', '&', '#', '%'];
  for (const separator of separators) {
    const aliases = OWNED.flatMap((name) => [name, name.toUpperCase()].map((spelt) => spelt.replaceAll('-', separator)));
    for (const [target, token] of [['/open/x', undefined], ['/api/x', member]]) {
      const { headers, values } = await forwarded(target, { token, lines: aliases.map((name) => `${name}: spoofed`) });
      assert.deepEqual(headers.filter(([, value]) => value.includes('spoofed')), [], separator);
      assert.deepEqual(values('x-clerk-user-id'), token ? ['user_member'] : [], separator);
      assert.equal(values('x-request-id').length, 1);
    }
  }
});

test('attack 16: a name that is sent several times arrives once', async () => {
  const lines = OWNED.flatMap((name) => [`${name}: spoofed`, `${name.toUpperCase()}: spoofed`, `${name.replaceAll('-', '_')}: spoofed`]);
  const { headers } = await forwarded('/api/x', { token: member, lines });
  const names = headers.map(([name]) => name);
  assert.deepEqual(names.filter((name, index) => names.indexOf(name) !== index), []);
  assert.deepEqual(headers.filter(([, value]) => value.includes('spoofed')), []);
});

test('attack 17: a Connection header takes nothing of ours away', async () => {
  for (const listed of ['x-clerk-user-id', 'X-Clerk-User-Id, authorization, x-request-id', 'keep-alive, x-forwarded-host', 'host, cookie']) {
    const { values } = await forwarded('/api/x', { token: member, lines: [`Connection: ${listed}`, 'TE: trailers', 'Keep-Alive: 5', 'Proxy-Connection: close'] });
    assert.deepEqual([values('x-clerk-user-id'), values('x-forwarded-host'), values('x-request-id').length], [['user_member'], ['localhost'], 1], listed);
    for (const name of ['te', 'keep-alive', 'proxy-connection']) assert.deepEqual(values(name), [], name);
  }
});

test('attack 20: a framework’s internal header skips nothing and reaches nobody', async () => {
  const names = ['x-middleware-subrequest', 'x-middleware-rewrite', 'x-middleware-next', 'x-middleware-prefetch', 'x-nextjs-data', 'x-nextjs-matched-path', 'x-clerk-auth-status', 'x-clerk-auth-token', 'x-clerk-auth-reason'];
  for (const name of names) {
    const lines = [`${name}: src/middleware:middleware:middleware:middleware:middleware`];
    await refused('/api/x', { lines }, 401, 'credentials-missing');
    for (const [target, token] of [['/open/x', undefined], ['/api/x', member]]) {
      assert.deepEqual((await forwarded(target, { token, lines })).values(name), [], name);
    }
  }
});

test('attack 23: two values of Authorization are refused, on one line or on two', async () => {
  const values = [[`Bearer ${member}`, `Bearer ${member}`], [`Bearer ${member}`, 'Bearer b'], ['Bearer a', `Bearer ${admin}`], [`Bearer a, Bearer ${admin}`], [`Bearer ${admin},`], ['Basic dTpw', `Bearer ${member}`]];
  for (const list of values) {
    const lines = list.map((value) => `Authorization: ${value}`);
    for (const target of ['/api/x', '/maybe/x']) await refused(target, { lines }, 400, 'credentials-ambiguous');
  }
});

test('attack 24: the header’s token decides and the cookie’s does not reach the origin', async () => {
  const cookies = (token) => [`Cookie: theme=dark; __session=${token}`];
  const { values } = await forwarded('/api/x', { token: member, lines: cookies(admin) });
  assert.deepEqual([values('x-clerk-user-id'), values('cookie'), values('authorization')], [['user_member'], ['theme=dark'], []]);
  await refused('/api/admin/x', { token: member, lines: cookies(admin) }, 403, 'insufficient-role');
  await refused('/api/x', { token: 'a.b.c', lines: cookies(admin) }, 401, 'token-invalid');
  await refused('/maybe/x', { token: 'a.b.c', lines: cookies(admin) }, 401, 'token-invalid');
});

test('attack 34: a key server that fails is told to concurrent requests with two tokens each, and is no fault', { timeout: 60_000 }, async () => {
  const own = await startIssuer();
  await own.outage('error');
  const cold = await startGateway({ issuer: own, origin, routes: [{ path: '/api/*' }] });
  try {
    const [first, second] = await Promise.all([own.token({ user: 'user_1', lifetime_seconds: 600 }), own.token({ user: 'user_2', lifetime_seconds: 600 })]);
    const ask = (header, cookie) => cold.fetch('/api/x', { headers: { authorization: `Bearer ${header}`, cookie: `__session=${cookie}` } });
    const all = () => Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 ? ask(first, second) : ask(second, first))));
    for (const answer of await all()) assert.deepEqual([answer.status, (await answer.json()).code], [503, 'keys-unavailable']);
    assert.ok((await own.requests()) <= 2, 'one failure is not forty');
    await own.outage('none');
    let answers;
    for (let tries = 0; tries < 40; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      answers = await all();
      if (answers.every(({ status }) => status === 200)) break;
    }
    const users = await Promise.all(answers.map(async (answer) => (await answer.json()).headers?.['x-clerk-user-id']));
    assert.deepEqual(users, users.map((_, index) => (index % 2 ? 'user_1' : 'user_2')));
  } finally {
    await cold.close();
    await own.close();
  }
});

test('attack 38: a token in the query is no credential and stands in no log', async () => {
  for (const name of ['access_token', 'token', 'jwt', '__session', '__clerk_session']) await refused(`/api/x?${name}=${member}`, {}, 401, 'credentials-missing');
  await refused(`/api/${member}%00`, {}, 400, 'path-invalid');
  await refused(`/nowhere?${member}`, { lines: [`Referer: http://localhost/?t=${member}`, `X-Token: ${member}`] }, 404, 'route-not-found');
  await forwarded(`/open/x?access_token=${member}`, { lines: [`Cookie: __session=${member}`] });
  assert.ok(gateway.logs.length > 0);
  assert.doesNotMatch(JSON.stringify(gateway.logs), /eyJ/);
});

test('attack 41: a method has its own policy, and no header makes it another one', async () => {
  const overrides = ['X-HTTP-Method-Override: DELETE', 'X-HTTP-Method: DELETE', 'X-Method-Override: DELETE', 'X_HTTP_Method_Override: DELETE'];
  for (const method of ['GET', 'HEAD']) {
    const got = await forwarded('/read?_method=DELETE', { method, lines: overrides });
    assert.equal(got.method, method);
    assert.deepEqual(got.headers.filter(([, value]) => value === 'DELETE'), []);
  }
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    await refused('/read', { method, lines: ['X-HTTP-Method-Override: GET', 'Content-Length: 0'] }, 405, 'method-not-allowed');
  }
  for (const method of ['get', 'Get', 'gET', 'TRACE', 'PROPFIND', 'BREW', 'HEADX', 'head', 'post']) {
    const { status, reached } = await send('/read', { method });
    assert.ok([400, 405, 501].includes(status), `${method}: ${status}`);
    assert.equal(reached.length, 0, method);
  }
});

test('attack 42: an upgrade opens no tunnel on a route that did not ask for one', async () => {
  for (const upgrade of ['h2c', 'websocket, h2c', 'h2c, websocket', 'HTTP/2.0', 'TLS/1.0', 'websocket/13', '', 'websocket']) {
    for (const [target, method] of [['/open/x', 'GET'], ['/api/x', 'GET'], ['/open/x', 'POST'], ['/nowhere', 'GET']]) {
      const lines = ['Connection: Upgrade, HTTP2-Settings', `Upgrade: ${upgrade}`, 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Content-Length: 0'];
      const { status, reached } = await send(target, { method, lines });
      assert.notEqual(status, 101, `${method} ${target} ${upgrade}`);
      assert.ok(status < 500, `${method} ${target} ${upgrade}: ${status}`);
      for (const { headers } of reached) assert.deepEqual([headers.upgrade, headers['http2-settings']], [undefined, undefined], upgrade);
      assert.ok(target === '/open/x' || reached.length === 0, 'what is refused reaches nobody');
    }
  }
});

test('attack 47: of two users at one address each gets the own answer, whatever the origin says of caches', async () => {
  let count = 0;
  const own = await startEchoOrigin((request, response) => {
    count += 1;
    const control = new URL(request.url, 'http://a').searchParams.get('control');
    if (control) response.setHeader('cache-control', control);
    response.setHeader('etag', '"same-for-all"');
    response.end(`for ${request.headers['x-clerk-user-id']}, the ${count}th`);
  });
  const cached = await startGateway({ issuer, origin: own, routes: [{ path: '/api/*' }, { path: '/maybe/*', access: 'optional' }] });
  try {
    for (const control of ['', 'public, max-age=3600', 'public, s-maxage=3600, immutable', 'max-age=3600']) {
      for (const path of ['/api/profile', '/api/profile.css', '/api/profile/x.js', '/maybe/profile']) {
        const before = count;
        for (const [user, token] of [['user_member', member], ['user_admin', admin], ['user_member', member]]) {
          const answer = await cached.fetch(`${path}${control && `?control=${encodeURIComponent(control)}`}`, { headers: { authorization: `Bearer ${token}` } });
          const text = await answer.text();
          assert.deepEqual([answer.status, text.split(',')[0]], [200, `for ${user}`]);
          assert.equal(answer.headers.get('cache-control'), control || 'private, no-store');
          assert.match(answer.headers.get('vary'), /Authorization, Cookie/);
        }
        assert.equal(count, before + 3, 'each request reached the origin');
        const anonymous = await cached.fetch(path);
        assert.equal((await anonymous.text()).includes('for user_'), false);
      }
    }
  } finally {
    await cached.close();
    await own.close();
  }
});

test('attack 51: a configuration with one mistake answers 503 everywhere but health', { timeout: 120_000 }, async () => {
  const route = (extra) => [{ path: '/api/*', access: 'public', ...extra }];
  const corrupt = {
    'a misspelt access': { routes: route({ access: 'Public' }) },
    'a misspelt requirement': { routes: route({ access: 'required', require: { roles: 'org:admin' } }) },
    'an unknown key': { routes: route({}), settings: { allow_all: true } },
    'a pattern that is an expression': { routes: route({ path: '/api(.*)' }) },
    'an unknown binding': { routes: [{ path: '/api/*', access: 'public', service: 'NOBODY' }] },
    'a mistake in another route': { routes: [...route({}), { path: '/other', methods: [], serve: 'whoami' }] },
    'a wrong key': { routes: route({}), vars: { CLERK_PUBLISHABLE_KEY: 'pk_test_wrong' } },
    'rubbish for a configuration': { vars: { GATEWAY: '{"routes": [' } },
  };
  const gateways = await startGateways(Object.values(corrupt).map((options) => ({ issuer, origin, routes: [], ...options })));
  try {
    const before = origin.requests.length;
    for (const [index, what] of Object.keys(corrupt).entries()) {
      for (const [path, method] of [['/', 'GET'], ['/api/x', 'GET'], ['/api/x', 'POST'], ['/api/x', 'OPTIONS'], ['/other', 'GET'], ['/.well-known/clerk-edge/health', 'POST'], ['/.well-known/clerk-edge/healthy', 'GET']]) {
        const answer = await gateways[index].fetch(path, { method, headers: { authorization: `Bearer ${admin}` } });
        assert.deepEqual([answer.status, (await answer.json()).code], [503, 'configuration-invalid'], `${what}: ${method} ${path}`);
      }
      const health = await gateways[index].fetch('/.well-known/clerk-edge/health');
      assert.deepEqual([health.status, await health.json()], [200, { status: 'configuration-invalid' }], what);
    }
    assert.equal(origin.requests.length, before, 'the origin saw nothing');
  } finally {
    await gateways[0].close();
  }
});
