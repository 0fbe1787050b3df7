// examples/fastapi under uvicorn, behind the built Worker and without it: the one table of requests, attacks on what it
// believes, and two readings of the same claims, the Worker's and its own, beside each other.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';

import { SignJWT, importJWK } from 'jose';

import { preparePython, python, unless } from '../../scripts/lib/outside.mjs';
import { capture } from '../../scripts/lib/processes.mjs';
import { root } from '../../scripts/lib/toolchain.mjs';
import { requests } from '../npm/requests.mjs';
import { FRONT_END, startEchoOrigin, startGateways, startIssuer } from '../worker/support.mjs';

const OLD = randomBytes(32).toString('base64url');
const NEW = randomBytes(32).toString('base64url');
/** A secret made for these tests: a sentence. */
const WEBHOOK_SECRET = Buffer.from('a secret for the tests of fastapi');
const HEADER = 'x-clerk-edge-assertion';
const KEYS_PATH = '/.well-known/clerk-edge/jwks.json';
const EXAMPLE = join(root, 'examples', 'fastapi');

await preparePython();
const skip = unless(python(), 'Python', 'FastAPI behind the Worker and without it');

let issuer;
let keys;
let front;
let gateways;
let secret;
/** The two applications: `behind` believes assertions, `direct` believes Clerk's tokens. */
const urls = {};
/** Which gateway publishes its keys just now; undefined while nobody does. */
let published = 0;
const started = [];

before(async () => {
  if (skip) return;
  issuer = await startIssuer();
  keys = await startEchoOrigin(async (_request, response) => {
    if (published === undefined) return response.writeHead(500).end();
    return response.end(await (await gateways[published].fetch(KEYS_PATH)).text());
  });
  // The application's public address, between the gateway and it: a test sees what was sent, and can send it again.
  front = await startEchoOrigin(pass);
  const routes = [
    { path: '/*', access: 'optional', origin: front.url },
    { path: '/webhooks/me', webhook: 'clerk', origin: `${front.url}/me` },
  ];
  const vars = (ASSERTION_KEY) => ({ ASSERTION_KEY, CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${WEBHOOK_SECRET.toString('base64')}` });
  gateways = await startGateways([OLD, `${NEW} ${OLD}`, NEW].map((key) => ({ issuer, routes, vars: vars(key) })));
  const [{ x }] = (await (await gateways[0].fetch(KEYS_PATH)).json()).keys;
  secret = await importJWK({ kty: 'OKP', crv: 'Ed25519', x, d: OLD }, 'EdDSA');
  urls.behind = await startBehind();
  urls.direct = await startDirect(issuer);
});
after(async () => {
  for (const child of started) child.kill();
  await Promise.all([gateways?.[0].close(), issuer?.close(), keys?.close(), front?.close()]);
});

async function pass(request, response, entry) {
  entry.body = Buffer.concat(await request.toArray());
  const headers = { ...request.headers };
  for (const ended of ['connection', 'content-length', 'host', 'transfer-encoding']) delete headers[ended];
  const answer = await fetch(urls.behind + request.url, { method: request.method, headers, body: entry.body.length > 0 ? entry.body : undefined });
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
}

const startBehind = () => start({ KEYS_URL: `${keys.url}/jwks.json`, AUDIENCE: front.url });
const startDirect = ({ publishableKey }) => start({ CLERK_PUBLISHABLE_KEY: publishableKey, CLERK_AUTHORIZED_PARTIES: FRONT_END });

async function start(variables) {
  const env = { ...process.env, ...variables, PORT: '0', NO_PROXY: '*', no_proxy: '*', PYTHONDONTWRITEBYTECODE: '1' };
  const child = spawn(python(), [join(EXAMPLE, 'main.py')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`the application ended early: ${said}`)));
  ended.catch(() => {});
  const [url] = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
  return url;
}

async function ask(url, path = '/me', { token, ...init } = {}) {
  const headers = { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(url + path, { redirect: 'manual', ...init, headers });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : {} };
}

const told = ({ status, body }) => (status === 200 ? 'ok' : `${status} ${body.code}`);
const now = () => Math.floor(Date.now() / 1000);
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url'));

/** An assertion on a good `GET` of a path, straight to the application. */
const assert_ = (assertion, path = '/me', init) => ask(urls.behind, path, { ...init, headers: assertion === undefined ? {} : { [HEADER]: assertion } });

/** Has the Worker send a request, and returns the assertion on it. */
async function assertion(path = '/me', { step = 0, token, ...init } = {}) {
  await ask(gateways[step].url, path, { token, ...init });
  return front.last().headers[HEADER];
}

const member = (role = 'member', request = {}) => issuer.token({ user: 'user_1', session: 'sess_1', organization: { id: 'org_1', slug: 'acme', role, permissions: ['invoices:read'] }, ...request });

for (const [name, url] of [['behind the Worker', () => gateways[0].url], ['without it', () => urls.direct]]) {
  describe(`FastAPI ${name} answers the one table of requests`, { skip }, () => {
    for (const { title, path, method, scheme = 'Bearer', headers, token, expect } of requests) {
      test(title, async () => {
        const authorization = token && { authorization: `${scheme} ${await token(issuer)}` };
        const answer = await ask(url(), path, { method, headers: { ...headers, ...authorization } });
        assert.equal(answer.status, expect.status, JSON.stringify(answer.body));
        assert.deepEqual([answer.body.code, answer.body.userId], [expect.code, expect.userId]);
        assert.match(answer.headers.get('www-authenticate') ?? '', expect.challenge ?? /^$/);
        if (!expect.code) return;
        assert.match(answer.headers.get('content-type'), /^application\/problem\+json(;|$)/);
        assert.match(answer.headers.get('cache-control'), /no-store/);
      });
    }
  });

  test(`FastAPI ${name} asks roles, permissions and organizations of either version of claims`, { skip }, async () => {
    for (const version of [1, 2]) {
      const tokens = { member: await member('member', { version }), admin: await member('admin', { version }), billing: await member('billing', { version }), alone: await issuer.token({ user: 'user_2', version }) };
      for (const [path, who, expected] of [
        ['/admin', 'admin', 'ok'],
        ['/admin', 'billing', '403 insufficient-role'],
        ['/admin', 'alone', '403 insufficient-role'],
        ['/staff', 'admin', 'ok'],
        ['/staff', 'billing', 'ok'],
        ['/staff', 'member', '403 insufficient-role'],
        ['/invoices', 'member', 'ok'],
        ['/invoices', 'alone', '403 insufficient-permission'],
        ['/organization', 'member', 'ok'],
        ['/organization', 'alone', '403 insufficient-role'],
        ['/orgs/org_1', 'member', 'ok'],
        ['/orgs/acme', 'admin', '403 insufficient-role'],
        ['/orgs/org_2', 'admin', '403 insufficient-role'],
      ]) {
        const answer = await ask(url(), path, { token: tokens[who] });
        assert.equal(told(answer), expected, `version ${version} ${path} ${who}`);
        if (answer.status === 403) assert.doesNotMatch(JSON.stringify(answer.body), /member|admin|billing|org_1/);
      }
      assert.equal(told(await ask(url(), '/invoices', { token: await issuer.token({ user: 'user_1', version, organization: { id: 'org_1', role: 'member', permissions: ['invoices:write'] } }) })), '403 insufficient-permission');
    }
  });
}

test('its own reading of claims is the one that the Worker asserts', { skip }, async () => {
  const names = Array.from({ length: 70 }, (_, index) => `p${index}`).join(',');
  const o = { id: 'org_1', rol: 'admin', slg: 'acme' };
  const v2 = (fea, per, fpm, more) => ({ v: 2, ...(fea !== undefined && { fea }), o: { ...o, per, fpm }, ...more });
  let granted = 0;
  for (const claims of [
    v2('o:a,o:b', 'read,write', '1,2'),
    v2('u:x,o:a,ou:b,uo:c', 'read', '1,0,1'),
    v2('o:a', names, '9007199254740993'),
    v2('o:a', names, '590295810358705651712'),
    v2('o:a', names, '9'.repeat(100)),
    v2('o:a,o:b', 'read', '255'),
    v2('o:a', 'read', '1,1,1'),
    v2('o:a', 'read,,write', '7'),
    v2(' o:a , o:b ', ' read , write ', ' 3 , 1 '),
    v2('o:a,free', 'read', '1,1'),
    v2('x:a,o:b', 'read', '1'),
    v2('', 'read', '1'),
    v2(undefined, 'read', '1'),
    ...['-1', '1.5', '1x', '', '+1', '0x1', '1_0', '١', '1e3'].map((mask) => v2('o:a', 'read', mask)),
    v2('o:a', null, '1'),
    v2('o:a', 'read', null),
    v2('o:a', 'read', '1', { v: 2.0 }),
    v2('o:a', 'read', '1', { v: 1 }),
    v2('o:a', 'read', '1', { v: '2' }),
    v2('o:a', 'read', '1', { v: true }),
    { v: 2, o: null },
    { v: 2, org_id: 'org_1', org_role: 'org:admin' },
    { v: 1, org_id: 'org_1', org_role: 'admin', org_permissions: ['org:a:read'] },
    { org_id: 'org_1', org_role: null, org_slug: null, org_permissions: null },
    { org_id: '', org_role: 'org:admin' },
    { org_id: 'org_1', org_role: 1 },
    { org_id: 'org_1', org_permissions: 'org:a:read' },
    { org_id: ['org_1'] },
    { v: 2, o: 'org_1' },
    { v: 2, o: { id: '' } },
    { v: 2, o: { id: 1 } },
    { v: 2, o: { ...o, rol: 1 } },
    { sub: 'mch_1' },
    { sub: 'user_' },
    { sid: '' },
    { sid: null },
    { sts: 'pending' },
    { sts: 'else' },
    { azp: `${FRONT_END}/` },
    { exp: 1e300 },
    { exp: `${now() + 60}` },
    { nbf: now() + 60 },
    { iat: now() + 60 },
  ]) {
    const base = { iss: issuer.issuer, sub: 'user_1', sid: 'sess_1', azp: FRONT_END, iat: now(), exp: now() + 60 };
    const token = await issuer.sign({ header: { alg: 'RS256', typ: 'JWT', kid: issuer.kid }, payload: { ...base, ...claims } });
    const [behind, direct] = await Promise.all([gateways[0].url, urls.direct].map((url) => ask(url, '/me', { token })));
    assert.deepEqual([told(direct), direct.body.organization], [told(behind), behind.body.organization], JSON.stringify(claims));
    granted += direct.body.organization?.permissions.length ?? 0;
  }
  assert.ok(granted > 60, `only ${granted} permissions were granted`);
});

test('what Python would read otherwise is refused', { skip }, async () => {
  const header = { alg: 'RS256', typ: 'JWT', kid: issuer.kid };
  const payload = { iss: issuer.issuer, sub: 'user_1', sid: 'sess_1', azp: FRONT_END, iat: now(), exp: now() + 60 };
  const say = async (changed, raw = payload) => told(await ask(urls.direct, '/me', { token: await issuer.sign({ header: typeof changed === 'string' ? changed : { ...header, ...changed }, payload: raw }) }));
  assert.equal(await say({}), 'ok', 'what the rest of this test changes is good');
  for (const [changes, code] of [
    [{ alg: 'HS256' }, 'token-invalid-algorithm'],
    [{ alg: 'none' }, 'token-invalid-algorithm'],
    [{ alg: 'RS512' }, 'token-invalid-algorithm'],
    [{ alg: ['RS256'] }, 'token-invalid-algorithm'],
    [{ typ: 'at+jwt' }, 'token-type-mismatch'],
    [{ typ: 'clerk-edge-assertion+jwt' }, 'token-invalid'],
    [{ typ: ['JWT'] }, 'token-invalid'],
    [{ typ: null }, 'token-invalid'],
    [{ cat: 'cl_B7d4PD222AAA' }, 'token-type-mismatch'],
    [{ cat: 'cl_B7d4PD333AAA' }, 'token-type-mismatch'],
    [{ cat: null }, 'token-invalid'],
    [{ crit: ['exp'], exp: 1 }, 'token-invalid'],
    [{ crit: [] }, 'token-invalid'],
    [{ crit: ['b64'], b64: false }, 'token-invalid'],
    [{ kid: 'another' }, 'jwk-kid-mismatch'],
    [{ kid: undefined }, 'jwk-kid-mismatch'],
    [{ kid: 1 }, 'token-invalid'],
    ['{"alg":"RS256","alg":"RS256","kid":"a"}', 'token-invalid'],
    ['['.repeat(4_000), 'token-invalid'],
    ['[]', 'token-invalid'],
  ]) {
    assert.equal(await say(changes), `401 ${code}`, JSON.stringify(changes).slice(0, 80));
  }
  for (const raw of ['[]', 'null', '"x"', '1', '{', '['.repeat(4_000), JSON.stringify(payload).replace(/"exp":\d+/, '"exp":Infinity'), JSON.stringify(payload).replace(/"exp":\d+/, '"exp":NaN')]) {
    assert.equal(await say({}, raw), '401 token-invalid', raw.slice(0, 40));
  }
  for (const [value, expected] of [
    ['', '401 credentials-malformed'],
    ['Bearer', '401 credentials-malformed'],
    ['Bearer a b', '401 credentials-malformed'],
    ['Bearer ak_1', '401 token-type-mismatch'],
    ['Bearer a.b.c', '401 token-invalid'],
    ['Bearer \xe9.b.c', '401 credentials-malformed'],
    [`Bearer ${'a'.repeat(17_000)}.b.c`, '401 token-invalid'],
  ]) {
    assert.equal(told(await ask(urls.direct, '/me', { headers: { authorization: value } })), expected, value.slice(0, 40));
  }
  const preflight = { origin: FRONT_END, 'access-control-request-method': 'GET', authorization: 'Bearer a.b.c' };
  assert.equal(told(await ask(urls.direct, '/me', { method: 'OPTIONS', headers: preflight })), '401 token-invalid');
  assert.equal(told(await ask(urls.direct, '/me', { headers: { cookie: `__session=${await member()}` } })), '401 credentials-missing', 'no cookie is looked at');
});

test('an assertion is believed for its own request, audience, sender and minute, and by its own key alone', { skip }, async () => {
  const good = await assertion('/me?page=2', { token: await member() });
  assert.equal(told(await assert_(good)), 'ok');
  for (const [path, init] of [['/me', { method: 'POST' }], ['/admin'], ['/maybe'], ['/orgs/org_1']]) {
    assert.equal(told(await assert_(good, path, init)), '401 token-invalid-audience', path);
  }
  const [header, payload] = good.split('.').slice(0, 2).map(decode);
  const sign = (changes = {}, changed = {}, key = secret) => new SignJWT({ ...payload, ...changes }).setProtectedHeader({ ...header, ...changed }).sign(key);
  const says = async (...parts) => told(await assert_(await sign(...parts)));
  const { privateKey: stranger } = generateKeyPairSync('ed25519');
  for (const [expected, ...parts] of [
    ['ok'],
    ['401 token-invalid-signature', {}, {}, stranger],
    ['401 jwk-kid-mismatch', {}, { kid: 'another' }],
    ['401 jwk-kid-mismatch', {}, { kid: undefined }],
    ['401 token-type-mismatch', {}, { typ: 'JWT' }],
    ['401 token-type-mismatch', {}, { typ: undefined }],
    ['401 token-expired', { exp: now() - 10 }],
    ['401 token-invalid', { exp: undefined }],
    ['401 token-iat-in-the-future', { iat: now() + 60 }],
    ['401 token-not-active-yet', { nbf: now() + 60 }],
    ['401 token-invalid-audience', { aud: 'https://origin.example.com' }],
    ['401 token-invalid-audience', { aud: `${payload.aud}/` }],
    ['401 token-invalid-audience', { aud: [payload.aud] }],
    ['401 token-invalid-audience', { aud: undefined }],
    ['401 token-invalid-issuer', { iss: 'https://clerk.example.com' }],
    ['401 token-invalid-issuer', { iss: undefined }],
    ['401 token-invalid', { jti: undefined }],
    ['401 token-invalid', { htm: undefined }],
    ['401 token-invalid', { htu: undefined }],
    ['401 credentials-missing', { sub: undefined, sid: undefined }],
    ['401 token-invalid-subject', { sub: undefined }],
    ['401 token-type-mismatch', { sid: undefined }],
    ['401 token-type-mismatch', { webhook: { id: 'msg_1' } }],
    ['401 token-type-mismatch', { sub: undefined, sid: undefined, webhook: null }],
  ]) {
    assert.equal(await says(...parts), expected, JSON.stringify(parts));
  }
  const [first, second, third] = good.split('.');
  for (const [text, expected] of [
    [undefined, '401 credentials-missing'],
    ['', '401 token-invalid'],
    ['a.b.c', '401 token-invalid'],
    [`${first}.${encode({ ...payload, org_role: 'org:admin' })}.${third}`, '401 token-invalid-signature'],
    [`${encode({ ...header, alg: 'none' })}.${second}.${third}`, '401 token-invalid-algorithm'],
    [`${encode({ ...header, alg: 'HS256' })}.${second}.${third}`, '401 token-invalid-algorithm'],
    [await member(), '401 token-type-mismatch'],
  ]) {
    assert.equal(told(await assert_(text)), expected, text);
    // Where nobody needs to be signed in, a bad assertion is still no anonymous one.
    assert.equal(told(await assert_(text, '/maybe')), expected, text);
  }
  assert.equal(told(await ask(urls.behind, '/me', { token: await member() })), '401 credentials-missing', "Clerk's token goes around the gateway");
  assert.equal(told(await ask(urls.behind, '/me', { headers: { 'x-clerk-user-id': 'user_root' } })), '401 credentials-missing');
  assert.equal(told(await ask(urls.direct, '/me', { headers: { [HEADER]: good } })), '401 credentials-missing');
});

test('nobody is nobody, and a webhook is no user', { skip }, async () => {
  const anonymous = await assertion('/maybe');
  assert.deepEqual((await assert_(anonymous, '/maybe')).body, { userId: null });
  assert.equal(told(await assert_(await assertion('/me'))), '401 credentials-missing');
  const [id, time, body] = [`msg_${randomBytes(8).toString('hex')}`, now(), '{"type":"user.created"}'];
  const signature = createHmac('sha256', WEBHOOK_SECRET).update(`${id}.${time}.${body}`).digest('base64');
  const headers = { 'content-type': 'application/json', 'svix-id': id, 'svix-timestamp': `${time}`, 'svix-signature': `v1,${signature}` };
  assert.equal(told(await ask(gateways[0].url, '/webhooks/me', { method: 'POST', body, headers })), '401 token-type-mismatch');
  assert.deepEqual(decode(front.last().headers[HEADER].split('.')[1]).webhook, { id });
});

test('what a client sends for an assertion never arrives', { skip }, async () => {
  const kept = await assertion('/me', { token: await member() });
  for (const spelling of [HEADER, 'X_Clerk_Edge_Assertion']) {
    assert.equal(told(await ask(gateways[0].url, '/me', { headers: { [spelling]: kept } })), '401 credentials-missing', spelling);
  }
});

test('an outage of either key server is 503 and no bad token, and ends when it ends', { skip }, async () => {
  published = undefined;
  const behind = await startBehind();
  const good = await assertion('/me', { token: await member() });
  const once_ = await ask(behind, '/me', { headers: { [HEADER]: good } });
  assert.deepEqual([told(once_), once_.headers.get('retry-after'), once_.headers.get('www-authenticate')], ['503 keys-unavailable', '1', null]);
  assert.equal(told(await ask(behind, '/me', { headers: { [HEADER]: 'a.b.c' } })), '401 token-invalid');
  published = 0;
  await eventually(async () => assert.equal(told(await ask(behind, '/me', { headers: { [HEADER]: await assertion('/me', { token: await member() }) } })), 'ok'));

  const other = await startIssuer();
  try {
    for (const mode of ['down', 'rubbish']) {
      await other.outage(mode);
      const direct = await startDirect(other);
      const token = await other.token({ user: 'user_1' });
      assert.equal(told(await ask(direct, '/me', { token })), '503 keys-unavailable', mode);
      await other.outage('none');
      await eventually(async () => assert.equal(told(await ask(direct, '/me', { token: await other.token({ user: 'user_1' }) })), 'ok'));
    }
    await other.outage('slow', 300);
    const direct = await startDirect(other);
    const token = await other.token({ user: 'user_1' });
    await other.resetRequests();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(direct, '/me', { token })));
    assert.deepEqual([new Set(answers.map(told)), await other.requests()], [new Set(['ok']), 1], 'all wait for one fetch');
  } finally {
    await other.close();
  }
});

test('a rotation is followed, with a new name and with the same', { skip }, async () => {
  published = 1;
  const behind = await startBehind();
  const say = async (step) => told(await ask(behind, '/me', { headers: { [HEADER]: await assertion('/me', { step, token: await member() }) } }));
  assert.deepEqual([await say(0), await say(1), await say(2)], ['ok', 'ok', 'ok'], 'both keys are known');
  published = 2;
  const later = await startBehind();
  const removed = await ask(later, '/me', { headers: { [HEADER]: await assertion('/me', { token: await member() }) } });
  assert.equal(told(removed), '401 jwk-kid-mismatch', 'the old key was removed');
  published = 0;
  assert.equal(await capture(python(), [join(root, 'tests', 'origins', 'fastapi_keys.py')], { env: { ...process.env, PYTHONPATH: EXAMPLE, NO_PROXY: '*', PYTHONDONTWRITEBYTECODE: '1' } }).then((said) => said?.trim()), 'ok');
});

test('the example pins what is tested here', { skip }, () => {
  const pins = (file) => readFileSync(file, 'utf8').split('\n').filter((line) => line.includes('=='));
  const tested = pins(join(root, 'tests', 'requirements.txt'));
  assert.deepEqual(pins(join(EXAMPLE, 'requirements.txt')).filter((pin) => !tested.includes(pin)), []);
});

/** Until it holds, for a while. */
async function eventually(check) {
  for (let left = 30; ; left -= 1) {
    try {
      return await check();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
