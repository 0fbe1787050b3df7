// What the built Worker lets through, what it refuses and how, and what an origin gets to see of a request.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { FRONT_END, lineOf, rawRequest, startEchoOrigin, startGateway, startIssuer } from './support.mjs';

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
      { path: '/api/*' },
      { path: '/api/admin/*', require: { role: 'org:admin' } },
      { path: '/api/read', methods: ['GET'] },
      { path: '/api/fresh', require: { reverification: { level: 'first_factor', after_minutes: 1 } } },
      { path: '/open/*', access: 'public' },
      { path: '/maybe/*', access: 'optional' },
      { path: '/files/*', access: 'public', allow_in_path: ['%2F'] },
      { path: '/v1/stripped/*', strip_prefix: '/v1', origin: `${origin.url}/base` },
      { path: '/tokens/*', forward_token: true },
      { path: '/me', access: 'optional', serve: 'whoami' },
      { path: '/health', access: 'public', serve: 'health' },
      { path: '/nowhere', access: 'public', origin: 'http://127.0.0.1:1' },
    ],
  });
  const organization = (role) => ({ id: 'org_1', slug: 'acme', role, permissions: ['invoices:read', 'invoices:create'] });
  member = await issuer.token({ user: 'user_member', lifetime_seconds: 600, organization: organization('member') });
  admin = await issuer.token({ user: 'user_admin', lifetime_seconds: 600, organization: organization('admin') });
});
after(() => Promise.all([issuer?.close(), gateway?.close(), origin?.close()]));

const bearer = (token, headers = {}) => ({ headers: { authorization: `Bearer ${token}`, ...headers } });
const cookie = (token, init = {}) => ({ ...init, headers: { cookie: `__session=${token}`, ...init.headers } });

async function refused(path, init, status, code, challenge) {
  const before = origin.requests.length;
  const answer = await gateway.fetch(path, init);
  const text = await answer.text();
  assert.equal(answer.status, status, `${path}: ${text}`);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.equal(answer.headers.get('vary'), 'Authorization, Cookie, Origin');
  if (init?.method !== 'HEAD') {
    const body = JSON.parse(text);
    assert.deepEqual([body.status, body.code, body.requestId], [status, code, answer.headers.get('x-request-id')]);
  }
  assert.match(answer.headers.get('www-authenticate') ?? '', challenge ?? /^$/);
  assert.equal(origin.requests.length, before, 'the origin saw a refused request');
  const log = await lineOf(gateway, answer);
  assert.deepEqual([log.decision, log.code, log.status], ['refuse', code, status]);
  return answer;
}

test('what no route has is 404 and does not reach an origin', async () => {
  for (const path of ['/', '/apis', '/API/x', '/other/api/x']) await refused(path, bearer(admin), 404, 'route-not-found');
});

test('a method that the route has not is 405 and says which it has', async () => {
  const answer = await refused('/api/read', { method: 'POST', ...bearer(member) }, 405, 'method-not-allowed');
  assert.equal(answer.headers.get('allow'), 'GET, HEAD');
  assert.equal((await gateway.fetch('/api/read', { method: 'HEAD', ...bearer(member) })).status, 200);
});

test('a request without a token is challenged, whatever its method and disguise', async () => {
  const bare = /^Bearer realm="clerk-edge"$/;
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    await refused('/api/x', { method }, 401, 'credentials-missing', bare);
  }
  const page = { accept: 'text/html', 'sec-fetch-dest': 'document', 'user-agent': 'GoogleHC/1.0', 'x-forwarded-uri': '/open/x' };
  await refused('/api/x?path=/open/x', { headers: page }, 401, 'credentials-missing', bare);
  await refused('/api/x?token=' + member, {}, 401, 'credentials-missing', bare);
});

test('each bad token is refused by its own code', async () => {
  const invalid = /^Bearer realm="clerk-edge", error="invalid_token", error_description="[^"]+"$/;
  const parts = member.split('.');
  const swapped = (text) => (text.startsWith('A') ? `B${text.slice(1)}` : `A${text.slice(1)}`);
  for (const [token, code] of [
    ['null', 'credentials-malformed'],
    ['a.b.c', 'token-invalid'],
    [`${parts[0]}.${parts[1]}.${swapped(parts[2])}`, 'token-invalid-signature'],
    [await issuer.token({ key: 'unpublished' }), 'token-invalid-signature'],
    [await issuer.token({ header: { alg: 'RS512' } }), 'token-invalid-algorithm'],
    [await issuer.token({ lifetime_seconds: -60 }), 'token-expired'],
    [await issuer.token({ claims: { nbf: 4_000_000_000 } }), 'token-not-active-yet'],
    [await issuer.token({ claims: { iat: 4_000_000_000 } }), 'token-iat-in-the-future'],
    [await issuer.token({ claims: { iss: 'https://clerk.other.com' } }), 'token-invalid-issuer'],
    [await issuer.token({ claims: { sub: 'admin' } }), 'token-invalid-subject'],
    [await issuer.token({ authorized_party: 'https://evil.example.com' }), 'token-invalid-authorized-parties'],
    [await issuer.token({ category: 'template' }), 'token-type-mismatch'],
    [await issuer.token({ category: 'm2m' }), 'token-type-mismatch'],
    [await issuer.token({ claims: { sid: null } }), 'token-type-mismatch'],
    ['ak_0123456789', 'token-type-mismatch'],
    [await issuer.token({ status: 'pending' }), 'session-pending'],
  ]) {
    await refused('/api/x', bearer(token), 401, code, invalid);
    await refused('/maybe/x', bearer(token), 401, code, invalid);
  }
});

test('other schemes and two tokens are refused', async () => {
  for (const value of ['Basic dTpw', 'DPoP a.b.c', member, 'Bearer']) {
    await refused('/api/x', { headers: { authorization: value } }, 401, 'credentials-malformed', /invalid_token/);
  }
  const two = `GET /api/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${member}\r\nAuthorization: Bearer ${admin}\r\nConnection: close\r\n\r\n`;
  const answer = await rawRequest(gateway.port, two);
  assert.deepEqual([answer.status, JSON.parse(answer.body).code], [400, 'credentials-ambiguous']);
});

test('the scheme has no case', async () => {
  for (const scheme of ['bearer', 'BEARER', 'Bearer']) {
    assert.equal((await gateway.fetch('/api/x', { headers: { authorization: `${scheme} ${member}` } })).status, 200);
  }
});

test('a missing right is 403 and the answer does not tell the rights there are', async () => {
  const challenge = /^Bearer realm="clerk-edge", error="insufficient_scope"/;
  const answer = await refused('/api/admin/x', bearer(member), 403, 'insufficient-role', challenge);
  assert.doesNotMatch(JSON.stringify([...answer.headers]), /member/);
  assert.equal((await gateway.fetch('/api/admin/x', bearer(admin))).status, 200);
});

test('a stale session is told in the form that Clerk’s client understands', async () => {
  const stale = await issuer.token({ claims: { fva: [1, -1] } });
  const answer = await gateway.fetch('/api/fresh', bearer(stale));
  const { code, clerk_error } = await answer.json();
  assert.deepEqual([answer.status, code], [403, 'reverification-required']);
  assert.deepEqual(clerk_error, {
    type: 'forbidden',
    reason: 'reverification-error',
    metadata: { reverification: { level: 'first_factor', afterMinutes: 1 } },
  });
  assert.equal((await gateway.fetch('/api/fresh', bearer(await issuer.token({ claims: { fva: [0, -1] } })))).status, 200);
});

test('a cookie counts for reading, and for writing with proof of the same site', async () => {
  assert.equal((await gateway.fetch('/api/x', cookie(member))).status, 200);
  const post = (headers) => cookie(member, { method: 'POST', headers });
  await refused('/api/x', post({}), 403, 'cross-site-request');
  await refused('/api/x', post({ origin: 'https://evil.example.com' }), 403, 'cross-site-request');
  await refused('/api/x', post({ 'sec-fetch-site': 'cross-site', origin: FRONT_END }), 403, 'cross-site-request');
  for (const headers of [{ 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'same-site' }, { origin: FRONT_END }, { origin: gateway.url }]) {
    assert.equal((await gateway.fetch('/api/x', post(headers))).status, 200, JSON.stringify(headers));
  }
  const suffixed = { cookie: `__session_${await suffix()}=${member}; __client_uat_${await suffix()}=1` };
  assert.equal((await gateway.fetch('/api/x', { headers: suffixed })).status, 200);
});

test('a bad header does not fall through to a good cookie', async () => {
  await refused('/api/x', { headers: { authorization: 'Bearer a.b.c', cookie: `__session=${member}` } }, 401, 'token-invalid', /invalid_token/);
});

test('a missing azp needs proof of the own origin', async () => {
  const token = await issuer.token({ authorized_party: undefined, claims: { azp: null } });
  await refused('/api/x', bearer(token), 401, 'token-invalid-authorized-parties', /invalid_token/);
  assert.equal((await gateway.fetch('/api/x', bearer(token, { 'sec-fetch-site': 'same-origin' }))).status, 200);
  assert.equal((await gateway.fetch('/api/x', bearer(token, { origin: FRONT_END }))).status, 200);
});

test('the origin gets the identity once, as the gateway says it', async () => {
  const spoofed = {
    'x-clerk-user-id': 'user_evil', 'X_Clerk_User_Id': 'user_evil', 'x.clerk.org.role': 'org:admin', 'x-forwarded-for': '6.6.6.6',
    'x-forwarded-host': 'evil.example.com', forwarded: 'for=6.6.6.6', 'x-real-ip': '6.6.6.6', 'x-original-url': '/api/admin', 'x-http-method-override': 'DELETE',
    'x-middleware-subrequest': 'middleware', 'x-nextjs-data': '1', 'x-request-id': 'theirs', 'x-custom': 'kept', cookie: 'theme=dark; __session=old; __clerk_db_jwt=x',
  };
  const answer = await gateway.fetch('/api/x?a=1&b=%20', bearer(member, spoofed));
  assert.equal(answer.status, 200);
  const { rawHeaders, headers, url } = origin.last();
  assert.equal(url, '/api/x?a=1&b=%20');
  const ours = Object.fromEntries(Object.entries(headers).filter(([name]) => /clerk|forwarded|real|original|override|middleware|nextjs|request-id|custom|cookie|authorization/.test(name)));
  assert.deepEqual(ours, {
    'x-clerk-user-id': 'user_member', 'x-clerk-session-id': headers['x-clerk-session-id'], 'x-clerk-org-id': 'org_1', 'x-clerk-org-slug': 'acme',
    'x-clerk-org-role': 'org:member', 'x-clerk-org-permissions': 'org:invoices:read,org:invoices:create', 'x-custom': 'kept', cookie: 'theme=dark',
    'x-forwarded-host': new URL(gateway.url).host, 'x-forwarded-proto': 'http', 'x-request-id': answer.headers.get('x-request-id'),
    ...(headers['x-forwarded-for'] && { 'x-forwarded-for': '127.0.0.1' }),
  });
  assert.doesNotMatch(JSON.stringify(rawHeaders), /evil|6\.6\.6\.6|theirs/);
});

test('spoofed identity is dropped on public routes too, and hop-by-hop headers everywhere', async () => {
  const request = [
    'GET /open/x HTTP/1.1', 'Host: a', 'X-Clerk-User-Id: user_evil', 'x_clerk_org_role: org:admin', 'X.Clerk.User.Id: user_evil',
    'Connection: close, x-secret', 'X-Secret: 1', 'Keep-Alive: 5', 'TE: trailers', 'Proxy-Authorization: Basic x', 'Accept: text/plain', '', '',
  ];
  assert.equal((await rawRequest(gateway.port, request.join('\r\n'))).status, 200);
  const { headers } = origin.last();
  for (const name of Object.keys(headers)) assert.doesNotMatch(name, /clerk|secret|keep-alive|^te$|proxy/, name);
  assert.equal(headers.accept, 'text/plain');
});

test('the caller’s token reaches the origin only where the route says so', async () => {
  await gateway.fetch('/api/x', bearer(member));
  assert.equal(origin.last().headers.authorization, undefined);
  await gateway.fetch('/tokens/x', bearer(member));
  assert.equal(origin.last().headers.authorization, `Bearer ${member}`);
});

test('an optional route is anonymous without a token and knows the user with one', async () => {
  assert.equal((await gateway.fetch('/maybe/x')).status, 200);
  assert.equal(origin.last().headers['x-clerk-user-id'], undefined);
  assert.equal((await gateway.fetch('/maybe/x', bearer(member))).status, 200);
  assert.equal(origin.last().headers['x-clerk-user-id'], 'user_member');
});

test('every spelling of a path is one path, matched and forwarded alike', async () => {
  const send = async (target, token = admin) => {
    const answer = await rawRequest(gateway.port, `GET ${target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`);
    return answer.status;
  };
  for (const target of ['/api/admin/x', '//api//admin/x', '/api/%61dmin/x', '/%61%70%69/admin//x']) {
    assert.equal(await send(target), 200, target);
    assert.equal(origin.last().url, '/api/admin/x', target);
    assert.equal(await send(target, member), 403, target);
  }
  for (const target of [
    '/api/admin%2Fx', '/api%5Cadmin', '/api/admin;a=1/x', '/api/admin%3bx', '/api/%00', '/api/%zz', '/api/%25%32e', '/api/%252e%252e/x', '/open/..%2fapi/admin',
    '/open/..;/api', '/api/./admin/x', '/open/../api/admin/x', '/api/%2e/admin/x', '/open/%2e%2e/api/admin', '/api\\admin/x', '/api/Admin/x', '/api/%c0%ae', '/api/a%3Fb', '/api/a%23b', '/api/a%0d%0ab',
  ]) {
    const before = origin.requests.length;
    assert.equal(await send(target), 400, target);
    assert.equal(origin.requests.length, before, target);
  }
  assert.equal(await send('/files/a%2Fb'), 200);
  assert.equal(origin.last().url, '/files/a%2Fb');
});

test('a prefix is taken off and the origin’s own is put before', async () => {
  for (const [path, expected] of [['/v1/stripped/a?b=c', '/base/stripped/a?b=c'], ['/v1/stripped', '/base/stripped'], ['/v1/stripped/', '/base/stripped/']]) {
    await gateway.fetch(path, bearer(member));
    assert.equal(origin.last().url, expected);
  }
});

test('the edge serves who the caller is, and its health by path and method alone', async () => {
  const me = await (await gateway.fetch('/me', bearer(member))).json();
  assert.deepEqual([me.userId, me.organization.role, me.claims.sub], ['user_member', 'org:member', 'user_member']);
  assert.deepEqual(await (await gateway.fetch('/me')).json(), { userId: null });
  for (const path of ['/health', '/.well-known/clerk-edge/health']) {
    const answer = await gateway.fetch(path);
    assert.deepEqual([answer.status, await answer.json()], [200, { status: 'ok' }]);
  }
  await refused('/.well-known/clerk-edge/health', { method: 'POST' }, 404, 'route-not-found');
});

test('an answer to a session is not for a shared cache', async () => {
  const answer = await gateway.fetch('/api/x', bearer(member));
  assert.equal(answer.headers.get('cache-control'), 'private, no-store');
  assert.match(answer.headers.get('vary'), /Authorization, Cookie/);
  assert.equal((await gateway.fetch('/open/x')).headers.get('cache-control'), null);
});

test('an origin that is not there is 502', async () => {
  const answer = await gateway.fetch('/nowhere');
  assert.deepEqual([answer.status, (await answer.json()).code], [502, 'origin-unreachable']);
});

test('the log has one line a request, with neither token nor query', async () => {
  const before = gateway.logs.length;
  await gateway.fetch('/api/%78?secret=1', bearer(member));
  const lines = gateway.logs.slice(before);
  assert.equal(lines.length, 1);
  const [line] = lines;
  assert.deepEqual(Object.keys(line), [
    'time', 'requestId', 'method', 'path', 'route', 'decision', 'code', 'status', 'subject', 'keySource', 'cacheHit', 'milliseconds',
  ]);
  assert.deepEqual(
    [line.method, line.path, line.route, line.decision, line.code, line.status, line.subject, line.keySource],
    ['GET', '/api/x', '/api/*', 'forward', null, 200, 'user_member', 'memory'],
  );
  const all = JSON.stringify(gateway.logs);
  assert.doesNotMatch(all, /eyJ|secret=1/);
});

async function suffix() {
  const { createHash } = await import('node:crypto');
  return createHash('sha1').update(issuer.publishableKey).digest('base64url').slice(0, 8);
}
