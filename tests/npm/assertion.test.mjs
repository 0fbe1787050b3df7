// `verifyAssertion` of the packed package: what the built Worker signs it takes, attacks it refuses, and jose is asked beside it.

import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';

import { SignJWT, createLocalJWKSet, importJWK, jwtVerify } from 'jose';

import { startEchoOrigin, startGateways, startIssuer } from '../worker/support.mjs';
import { unpackPackage } from './package.mjs';

const OLD = randomBytes(32).toString('base64url');
const NEW = randomBytes(32).toString('base64url');
/** A secret made for these tests: a sentence. */
const WEBHOOK_SECRET = Buffer.from('a secret for the tests of assertions');
const HEADER = 'x-clerk-edge-assertion';
const KEYS_PATH = '/.well-known/clerk-edge/jwks.json';

let issuer;
let origin;
let keyServer;
let gateways;
let jwks;
let secret;
let edge;
/** Which gateway publishes its keys just now; undefined while nobody does. */
let published = 0;

before(async () => {
  unpackPackage();
  edge = await import('clerk-edge');
  issuer = await startIssuer();
  origin = await startEchoOrigin();
  keyServer = await startEchoOrigin(async (_request, response) => {
    if (published === undefined) return response.writeHead(500).end();
    return response.end(await (await gateways[published].fetch(KEYS_PATH)).text());
  });
  const routes = [
    { path: '/api/*' },
    { path: '/open/*', access: 'public' },
    { path: '/service', service: 'ORDERS' },
    { path: '/webhooks/clerk', webhook: 'clerk', origin: `${origin.url}/webhooks/clerk` },
  ];
  const vars = (ASSERTION_KEY) => ({ ASSERTION_KEY, CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${WEBHOOK_SECRET.toString('base64')}` });
  gateways = await startGateways([OLD, `${NEW} ${OLD}`, NEW].map((key) => ({ issuer, origin, routes, services: { ORDERS: origin.url }, vars: vars(key) })));
  jwks = await (await gateways[0].fetch(KEYS_PATH)).json();
  secret = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: jwks.keys[0].x, d: OLD }, 'EdDSA');
});
after(() => Promise.all([gateways?.[0].close(), issuer?.close(), origin?.close(), keyServer?.close()]));

const now = () => Math.floor(Date.now() / 1000);
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url'));

/** Sends a request through a gateway as a member of an organization; what the origin got. */
async function sent(path, { step = 0, signedIn = true, ...init } = {}) {
  const token = signedIn && (await issuer.token({ user: 'user_1', session: 'sess_1', organization: { id: 'org_1', slug: 'acme', role: 'admin', permissions: ['orders:read'] } }));
  const answer = await gateways[step].fetch(path, { ...init, headers: { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) } });
  assert.equal(answer.status, 200, await answer.text());
  return { ...origin.last(), token: origin.last().headers[HEADER] };
}

async function sentWebhook() {
  const [id, time, body] = [`msg_${randomBytes(8).toString('hex')}`, now(), '{"type":"user.created"}'];
  const signature = createHmac('sha256', WEBHOOK_SECRET).update(`${id}.${time}.${body}`).digest('base64');
  const headers = { 'content-type': 'application/json', 'svix-id': id, 'svix-timestamp': `${time}`, 'svix-signature': `v1,${signature}` };
  return { id, ...(await sent('/webhooks/clerk', { method: 'POST', body, headers, signedIn: false })) };
}

const verify = (token, use) => edge.verifyAssertion(token, { jwks, audience: origin.url, ...use });
const told = ({ ok, status, code }) => (ok ? 'ok' : `${status} ${code}`);

test('what the Worker asserts is a session that rules can be asked of', async () => {
  for (const [method, path] of [['GET', '/api/orders?page=2'], ['DELETE', "/api/orders/a%20b/%C3%A9/(x)'y=~1"]]) {
    const request = await sent(path, { method });
    const { ok, auth, webhook, requestId, check } = await verify(request.token, { request });
    assert.deepEqual([ok, webhook, requestId], [true, null, request.headers['x-request-id']]);
    const { claims, has, ...rest } = auth;
    assert.deepEqual(rest, { userId: 'user_1', sessionId: 'sess_1', orgId: 'org_1', orgSlug: 'acme', orgRole: 'org:admin', orgPermissions: ['org:orders:read'], actor: null });
    assert.equal(claims.htm, method);
    assert.deepEqual([has({ role: 'admin' }), has({ permission: 'orders:write' }), has({ plan: 'pro' })], [true, false, false]);
    assert.equal(check({ role: 'admin' }), undefined);
    assert.equal(told(check({ role: 'owner' })), '403 insufficient-role');
    assert.throws(() => has({ rule: 'admin' }), { name: 'ConfigurationError' });
  }
});

test('a request is known as a Request, as what Node has, and whatever Host it names', async () => {
  const { token, method, url } = await sent('/api/orders?page=2');
  for (const request of [
    new Request(`${origin.url}${url}`),
    { method, url, headers: { host: 'evil.example.net' }, rawHeaders: ['Host', 'evil.example.net'] },
    { method, url, originalUrl: url, headers: new Headers() },
    { method, url: `http://evil.example.net${url}` },
    { method, url: '/api/orders' },
  ]) {
    assert.equal(told(await verify(token, { request })), 'ok', request.url);
  }
});

test('it is good for its own request and audience alone', async () => {
  const { token, method, url } = await sent('/api/orders');
  for (const request of [{ method: 'POST', url }, { method: 'get', url }, { method, url: '/api/orders/' }, { method, url: '/Api/orders' }, { method, url: '/' }]) {
    assert.equal(told(await verify(token, { request })), '401 token-invalid-audience', request.url);
  }
  for (const audience of ['https://origin.example.com', `${origin.url}/`, 'service:ORDERS']) {
    assert.equal(told(await verify(token, { audience })), '401 token-invalid-audience', audience);
  }
});

test('a service has its binding for an audience, and the address that it sees', async () => {
  const { token } = await sent('/service?a=b');
  const { url } = gateways[0];
  assert.equal(told(await verify(token, { audience: 'service:ORDERS', request: new Request(`${url}/service?a=c`) })), 'ok');
  assert.equal(told(await verify(token, { audience: 'service:ORDERS', request: new Request(`${url}/other`) })), '401 token-invalid-audience');
});

test('nobody and webhooks are let in only where they are asked for', async () => {
  const anonymous = (await sent('/open/a', { signedIn: false })).token;
  const refused = await verify(anonymous);
  assert.deepEqual([told(refused), refused.challenge], ['401 credentials-missing', 'Bearer realm="clerk-edge"']);
  const anyone = await verify(anonymous, { sender: 'anyone' });
  assert.deepEqual([anyone.ok, anyone.auth, anyone.webhook, told(anyone.check({ role: 'admin' }))], [true, null, null, '401 credentials-missing']);
  assert.equal(told(await verify(anonymous, { sender: 'webhook' })), '401 token-type-mismatch');
  const { id, token } = await sentWebhook();
  for (const sender of [undefined, 'session', 'anyone']) assert.equal(told(await verify(token, { sender })), '401 token-type-mismatch', sender);
  const webhook = await verify(token, { sender: 'webhook' });
  assert.deepEqual([webhook.ok, webhook.auth, webhook.webhook], [true, null, { id }]);
  const user = (await sent('/api/orders')).token;
  assert.equal(told(await verify(user, { sender: 'webhook' })), '401 token-type-mismatch');
});

test('no assertion is no credentials, and rubbish is malformed', async () => {
  for (const token of [undefined, null, '', ['a.b.c']]) assert.equal(told(await verify(token)), '401 credentials-missing');
  for (const token of ['a', 'a.b.c', '..', 'e30.e30.', 'e30.e30.AA', `${'a'.repeat(20_000)}.b.c`, 'é.b.c', '\ud800']) {
    assert.match(told(await verify(token)), /^401 token-(invalid|type-mismatch)$/, token.slice(0, 20));
  }
});

test('it says of every changed token what jose says', async () => {
  const { token } = await sent('/api/orders');
  const [header, payload] = token.split('.').slice(0, 2).map(decode);
  const { privateKey: stranger } = generateKeyPairSync('ed25519');
  const sign = (changes = {}, changed = {}, key = secret) => new SignJWT({ ...payload, ...changes }).setProtectedHeader({ ...header, ...changed }).sign(key);
  const hmac = (key) => {
    const message = `${encode({ ...header, alg: 'HS256' })}.${encode(payload)}`;
    return `${message}.${createHmac('sha256', key).update(message).digest('base64url')}`;
  };
  const [first, second, third] = token.split('.');
  const jose = async (text) => {
    const keys = createLocalJWKSet(jwks);
    const options = { algorithms: ['EdDSA'], typ: 'clerk-edge-assertion+jwt', issuer: 'clerk-edge', audience: origin.url, clockTolerance: 5, requiredClaims: ['exp', 'iat', 'jti'] };
    const { payload } = await jwtVerify(text, keys, options);
    if (typeof payload.sub !== 'string' || payload.webhook !== undefined) throw new Error('no user');
  };
  const cases = {
    'the token itself': [token, 'ok'],
    'signed again': [await sign(), 'ok'],
    expired: [await sign({ exp: now() - 10 }), '401 token-expired'],
    'expired within the tolerance': [await sign({ exp: now() - 1 }), 'ok'],
    'from the future': [await sign({ iat: now() + 60 }), '401 token-iat-in-the-future', 'jose looks at iat only for a greatest age'],
    'not active yet': [await sign({ nbf: now() + 60 }), '401 token-not-active-yet'],
    'without exp': [await sign({ exp: undefined }), '401 token-invalid'],
    'without iat': [await sign({ iat: undefined }), '401 token-invalid'],
    'without jti': [await sign({ jti: undefined }), '401 token-invalid'],
    'without aud': [await sign({ aud: undefined }), '401 token-invalid-audience'],
    'another audience': [await sign({ aud: 'https://origin.example.com' }), '401 token-invalid-audience'],
    'another issuer': [await sign({ iss: 'https://clerk.example.com' }), '401 token-invalid-issuer'],
    'for two origins': [await sign({ aud: [origin.url, 'https://b.example.com'] }), '401 token-invalid-audience', 'RFC 7519 lets a token have several'],
    'without a user': [await sign({ sub: undefined, sid: undefined }), '401 credentials-missing'],
    'a webhook and a user': [await sign({ webhook: { id: 'msg_1' } }), '401 token-invalid'],
    'another typ': [await sign({}, { typ: 'JWT' }), '401 token-type-mismatch'],
    'no typ': [await sign({}, { typ: undefined }), '401 token-type-mismatch'],
    'another kid': [await sign({}, { kid: 'another' }), '401 jwk-kid-mismatch'],
    'another key': [await sign({}, {}, stranger), '401 token-invalid-signature'],
    'no algorithm': [`${encode({ ...header, alg: 'none' })}.${second}.${third}`, '401 token-invalid-algorithm'],
    'HS256 with the public key': [hmac(Buffer.from(jwks.keys[0].x, 'base64url')), '401 token-invalid-algorithm'],
    'a raised role': [`${first}.${encode({ ...payload, org_role: 'org:owner' })}.${third}`, '401 token-invalid-signature'],
    'a changed signature': [`${first}.${second}.${third[0] === 'A' ? 'B' : 'A'}${third.slice(1)}`, '401 token-invalid-signature'],
    'a cut signature': [`${first}.${second}.${third.slice(0, -2)}`, '401 token-invalid-signature'],
  };
  for (const [name, [text, expected, whyJoseTakesIt]] of Object.entries(cases)) {
    assert.equal(told(await verify(text)), expected, name);
    assert.equal(await jose(text).then(() => true, () => false), expected === 'ok' || whyJoseTakesIt !== undefined, `jose: ${name}`);
  }
});

test('a session token is no assertion', async () => {
  assert.equal(told(await verify(await issuer.token({ user: 'user_1' }))), '401 token-type-mismatch');
});

test('keys by address are fetched once, follow a rotation, and an outage is no bad assertion', async () => {
  const clock = { now: Date.now() };
  const address = `${keyServer.url}/keys`;
  const verifier = edge.createAssertionVerifier({ jwks: new URL(address), audience: origin.url, clock: () => clock.now });
  const ask = async (token) => told(await verifier.verify(token));
  const byOld = (await sent('/api/orders')).token;
  const byNew = (await sent('/api/orders', { step: 1 })).token;

  published = undefined;
  const outage = await verifier.verify(byOld);
  assert.deepEqual([told(outage), outage.headers['retry-after']], ['503 keys-unavailable', '1']);
  assert.equal(await ask('a.b.c'), '401 token-invalid', 'which needs no key to be told');
  published = 0;
  clock.now += 1_000;
  const before = keyServer.requests.length;
  assert.deepEqual(await Promise.all([ask(byOld), ask(byOld), ask(byOld)]), ['ok', 'ok', 'ok']);
  assert.equal(keyServer.requests.length - before, 1, 'one fetch for all');

  published = 1;
  assert.equal(await ask(byNew), '401 jwk-kid-mismatch', 'asked a moment ago');
  assert.equal(keyServer.requests.length - before, 1, "a stranger's kid makes no requests");
  clock.now += 30_000;
  assert.equal(await ask(byNew), 'ok', 'the new key is fetched when an assertion names it');
  assert.equal(await ask(byOld), 'ok', 'the old one is still published');

  published = 2;
  clock.now += 3_600_000;
  const [late, lateByNew] = await Promise.all([0, 2].map((step) => sent('/api/orders', { step })));
  const fresh = edge.createAssertionVerifier({ jwks: address, audience: origin.url });
  assert.equal(told(await fresh.verify(lateByNew.token)), 'ok');
  assert.equal(told(await fresh.verify(late.token)), '401 jwk-kid-mismatch', 'the old key was removed');
  published = 0;
});

test('mistakes are told as what they are', async () => {
  const audience = origin.url;
  for (const [options, message] of [
    [{ jwks }, /^audience: missing/],
    [{ audience }, /^jwks: expected the gateway's key set/],
    [{ audience, jwks: 'http://keys.example.com/jwks.json' }, /^jwks: expected the gateway's key set/],
    [{ audience, jwks: { keys: [] } }, /^jwks: the key set has no usable key/],
    [{ audience: '', jwks }, /^audience: expected/],
    [{ audience, jwks, request_: {} }, /^request_: unknown option/],
    [{ audience, jwks, sender: 'user' }, /^sender: expected one of session, anyone, webhook/],
  ]) {
    await assert.rejects(edge.verifyAssertion('a.b.c', options), { name: 'ConfigurationError', message });
  }
});
