// The checks of assertions that README.md shows, run as the origins in examples/origins behind the built Worker: what it
// signs they take, and what anyone else could send them they refuse.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

import { SignJWT, importJWK } from 'jose';

import { preparePython, python, unless } from '../../scripts/lib/outside.mjs';
import { run } from '../../scripts/lib/processes.mjs';
import { paths, root, rustEnv } from '../../scripts/lib/toolchain.mjs';
import { startEchoOrigin, startGateways, startIssuer } from '../worker/support.mjs';

const OLD = randomBytes(32).toString('base64url');
const NEW = randomBytes(32).toString('base64url');
/** A secret made for these tests: a sentence. */
const WEBHOOK_SECRET = Buffer.from('a secret for the tests of origins');

const HEADER = 'x-clerk-edge-assertion';
const KEYS_PATH = '/.well-known/clerk-edge/jwks.json';
/** The steps of a rotation, each a gateway. */
const STEPS = [OLD, `${OLD} ${NEW}`, `${NEW} ${OLD}`, NEW];

const program = (...parts) => join(root, 'examples', 'origins', ...parts);
const targetFolder = dirname(dirname(paths.cli));
const origins = {
  node: { command: () => [process.execPath, program('node', 'server.mjs')] },
  python: { command: () => [python(), program('python', 'server.py')] },
  rust: { command: () => [join(targetFolder, 'debug', 'checked-origin')] },
};
await preparePython();
origins.python.skip = unless(python(), 'Python', 'the check of assertions in Python');

let issuer;
let keys;
let gateways;
/** Which gateway publishes the keys just now; undefined while nobody does. */
let published = 0;
let secret;
const started = [];

before(async () => {
  await run('cargo', ['build', '-p', 'checked-origin', '--no-default-features'], { cwd: root, env: rustEnv(), quiet: true });
  issuer = await startIssuer();
  keys = await startEchoOrigin(async (_request, response) => {
    if (published === undefined) return response.writeHead(500).end();
    return response.end(await (await gateways[published].fetch(KEYS_PATH)).text());
  });
  // Between the gateway and each origin, as its public address: so that a test sees what was sent, and can send it again.
  for (const name of Object.keys(origins)) origins[name].front = await startEchoOrigin((...parts) => pass(origins[name], ...parts));
  gateways = await startGateways(STEPS.map((key) => ({ issuer, vars: variables(key), routes: Object.keys(origins).flatMap(routes) })));
  const [{ x }] = (await (await gateways[0].fetch(KEYS_PATH)).json()).keys;
  secret = await importJWK({ kty: 'OKP', crv: 'Ed25519', x, d: OLD }, 'EdDSA');
});
after(async () => {
  for (const child of started) child.kill();
  const fronts = Object.values(origins).map(({ front }) => front?.close());
  await Promise.all([gateways?.[0].close(), issuer?.close(), keys?.close(), ...fronts]);
});

function variables(key) {
  return { ASSERTION_KEY: key, CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${WEBHOOK_SECRET.toString('base64')}` };
}

/** The same paths behind a prefix for each origin; below `anonymous` all of them without a session. */
function routes(name) {
  const origin = origins[name].front.url;
  return [
    { path: `/${name}/*`, strip_prefix: `/${name}`, origin },
    { path: `/${name}/public/*`, strip_prefix: `/${name}`, access: 'public', origin },
    { path: `/${name}/anonymous/*`, strip_prefix: `/${name}/anonymous`, access: 'public', origin },
    { path: `/${name}/webhooks/clerk`, webhook: 'clerk', origin: `${origin}/webhooks/clerk` },
    { path: `/${name}/webhooks/orders`, webhook: 'clerk', origin: `${origin}/orders` },
  ];
}

/** Hands a request on to the origin as it came, and the answer back. */
async function pass({ url }, request, response, entry) {
  entry.body = Buffer.concat(await request.toArray());
  const headers = { ...request.headers };
  for (const ended of ['connection', 'content-length', 'host', 'transfer-encoding']) delete headers[ended];
  const answer = await fetch(url + request.url, { method: request.method, headers, body: entry.body.length > 0 ? entry.body : undefined });
  response.writeHead(answer.status).end(await answer.text());
}

/** Starts an origin and puts it behind its front. */
async function start(name) {
  const { command, front } = origins[name];
  const [file, ...args] = command();
  const env = { ...process.env, KEYS_URL: `${keys.url}/jwks.json`, AUDIENCE: front.url, PORT: '0', NO_PROXY: '*', no_proxy: '*' };
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`the origin ended early: ${said}`)));
  ended.catch(() => {});
  [origins[name].url] = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
}

/** Asks through a gateway, signed in unless `token` is undefined. */
async function ask(name, path, { step = 0, token, ...init } = {}) {
  const headers = { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await gateways[step].fetch(`/${name}${path}`, { ...init, headers });
  const text = await answer.text();
  return { status: answer.status, claims: answer.ok ? JSON.parse(text) : undefined };
}

const member = () => issuer.token({ user: 'user_1', session: 'sess_1', organization: { id: 'org_1', slug: 'acme', role: 'member', permissions: ['orders:read'] } });

/** Asks an origin past every gateway; what it says to that assertion. */
async function direct(name, path, assertion, method = 'GET') {
  const headers = assertion === undefined ? {} : { [HEADER]: assertion };
  const answer = await fetch(origins[name].url + path, { method, headers });
  await answer.text();
  return answer.status;
}

const lastAssertion = (name) => origins[name].front.last().headers[HEADER];
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url'));
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);

/** A delivery of Clerk's, signed. */
function delivery() {
  const [id, time, body] = [`msg_${randomBytes(8).toString('hex')}`, now(), '{"type":"user.created"}'];
  const signature = createHmac('sha256', WEBHOOK_SECRET).update(`${id}.${time}.${body}`).digest('base64');
  const headers = { 'content-type': 'application/json', 'svix-id': id, 'svix-timestamp': `${time}`, 'svix-signature': `v1,${signature}` };
  return { id, init: { method: 'POST', body, headers } };
}

for (const [name, { skip }] of Object.entries(origins)) {
  test(`attack 22: the origin in ${name}`, { skip }, async (t) => {
    await start(name);

    await t.test('takes a good request, and is told of the caller', async () => {
      const token = await member();
      for (const path of ['/orders', "/orders/a%20b/%C3%A9/(x)'y=~1?page=2&q=%3F", '/']) {
        const { status, claims } = await ask(name, path, { token });
        assert.equal(status, 200, path);
        assert.deepEqual([claims.sub, claims.sid, claims.org_id, claims.org_role], ['user_1', 'sess_1', 'org_1', 'org:member']);
        assert.deepEqual(claims.org_permissions, ['org:orders:read']);
      }
      assert.equal((await ask(name, '/orders/1', { token, method: 'DELETE' })).status, 200);
      assert.equal((await ask(name, '/orders/1', { token, method: 'POST', body: 'two of them' })).status, 200);
    });

    await t.test('refuses one without an assertion, or with rubbish for one', async () => {
      for (const assertion of [undefined, '', 'a', 'a.b.c', '..', 'e30.e30.', 'null', `${'a'.repeat(4000)}.b.c`]) {
        assert.equal(await direct(name, '/orders', assertion), 401, assertion);
        assert.equal(await direct(name, '/public/a', assertion), 401, assertion);
      }
    });

    await t.test('takes an assertion for its own request alone', async () => {
      assert.equal((await ask(name, '/orders?page=2', { token: await member() })).status, 200);
      const assertion = lastAssertion(name);
      assert.equal(await direct(name, '/orders', assertion), 200, 'the very request');
      assert.equal(await direct(name, '/orders', assertion, 'POST'), 401);
      for (const path of ['/orders/', '/Orders', '/orders/1', '/', '//orders', '/public/orders']) {
        assert.equal(await direct(name, path, assertion), 401, path);
      }
    });

    await t.test('refuses what is signed by another key, for another audience, or no more', async () => {
      const [header, payload] = lastAssertion(name).split('.').slice(0, 2).map(decode);
      const sign = (changes = {}, changed = {}, key = secret) =>
        new SignJWT({ ...payload, ...changes }).setProtectedHeader({ ...header, ...changed }).sign(key);
      const says = async (...parts) => direct(name, '/orders', await sign(...parts));
      assert.equal(await says(), 200, 'what the rest of this test changes is good');
      const { privateKey: stranger } = generateKeyPairSync('ed25519');
      assert.equal(await says({}, {}, stranger), 401);
      assert.equal(await says({}, { kid: 'another' }), 401);
      assert.equal(await says({}, { typ: 'JWT' }), 401);
      assert.equal(await says({}, { typ: undefined }), 401);
      for (const changes of [
        { exp: now() - 10 },
        { exp: undefined },
        { aud: 'https://origin.example.com' },
        { aud: `${payload.aud}/` },
        { aud: undefined },
        { iss: 'https://clerk.example.com' },
        { iss: undefined },
        { jti: undefined },
        { htm: undefined },
        { htu: undefined },
        { sub: undefined },
        { sub: null },
        { webhook: { id: 'msg_1' } },
        { sub: undefined, webhook: { id: 'msg_1' } },
      ]) {
        assert.equal(await says(changes), 401, JSON.stringify(changes));
      }
    });

    await t.test('refuses alg none, and HS256 with the public key as its secret', async () => {
      const [header, payload] = lastAssertion(name).split('.').slice(0, 2).map(decode);
      const { keys: [jwk] } = await (await gateways[0].fetch(KEYS_PATH)).json();
      for (const alg of ['none', 'None', 'NONE', '']) {
        const message = `${encode({ ...header, alg })}.${encode(payload)}`;
        for (const signature of ['', lastAssertion(name).split('.')[2]]) assert.equal(await direct(name, '/orders', `${message}.${signature}`), 401, alg);
      }
      const message = `${encode({ ...header, alg: 'HS256' })}.${encode(payload)}`;
      for (const key of [Buffer.from(jwk.x, 'base64url'), jwk.x, JSON.stringify(jwk)]) {
        const signature = createHmac('sha256', key).update(message).digest('base64url');
        assert.equal(await direct(name, '/orders', `${message}.${signature}`), 401);
      }
    });

    await t.test("refuses a changed claim, and another assertion's signature", async () => {
      const [header, payload, signature] = lastAssertion(name).split('.');
      const raised = encode({ ...decode(payload), org_role: 'org:admin' });
      assert.equal(await direct(name, '/orders', `${header}.${raised}.${signature}`), 401);
      assert.equal(await direct(name, '/orders', `${header}.${payload}.${signature}`), 200);
      const flipped = `${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`;
      assert.equal(await direct(name, '/orders', `${header}.${payload}.${flipped}`), 401);
    });

    await t.test('is sent no assertion that a client made up or kept', async () => {
      const kept = lastAssertion(name);
      for (const spelling of [HEADER, 'X_Clerk_Edge_Assertion', 'x.clerk.edge.assertion']) {
        const { status } = await ask(name, '/anonymous/orders', { headers: { [spelling]: kept } });
        assert.equal(status, 401, spelling);
        assert.notEqual(lastAssertion(name), kept);
        assert.equal(decode(lastAssertion(name).split('.')[1]).sub, undefined);
      }
      assert.equal((await ask(name, '/public/a', { headers: { [HEADER]: 'spoofed' } })).status, 200);
    });

    await t.test('takes an anonymous request where anyone may come, and nowhere else', async () => {
      const { status, claims } = await ask(name, '/public/a');
      assert.deepEqual([status, claims.sub ?? null], [200, null]);
      assert.equal((await ask(name, '/anonymous/orders')).status, 401);
      assert.equal(decode(lastAssertion(name).split('.')[1]).htu, `${origins[name].front.url}/orders`);
      assert.equal(await direct(name, '/orders', lastAssertion(name)), 401);
    });

    await t.test("takes a webhook where webhooks come, and nothing else there", async () => {
      const { id, init } = delivery();
      const { status, claims } = await ask(name, '/webhooks/clerk', init);
      assert.deepEqual([status, claims.webhook], [200, { id }]);
      assert.equal((await ask(name, '/webhooks/orders', delivery().init)).status, 401, 'a webhook is no user');
      assert.equal(decode(lastAssertion(name).split('.')[1]).htu, `${origins[name].front.url}/orders`);
      assert.equal((await ask(name, '/anonymous/webhooks/clerk', { method: 'POST', token: await member() })).status, 401);
    });
  });

  test(`the origin in ${name} follows a rotation, and takes no outage for a bad request`, { skip }, async () => {
    published = undefined;
    await start(name);
    const token = await member();
    const get = async (step) => (await ask(name, '/orders', { step, token })).status;
    assert.equal(await get(1), 503, 'no keys can be had');
    published = 1;
    assert.equal(await get(1), 200, 'the old key signs, the new one is known');
    const signedByOld = lastAssertion(name);
    assert.equal(await get(2), 200, 'the new key signs');
    assert.equal(await direct(name, '/orders', signedByOld), 200, 'the old one is still known');
    published = 3;
    await start(name);
    assert.equal(await get(3), 200);
    assert.equal(await direct(name, '/orders', signedByOld), 401, 'the old one was removed');
    published = 0;
  });
}
