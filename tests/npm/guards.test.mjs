// The guards themselves, as every adapter has them, asked through Hono; and the adapters in CommonJS.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { Hono } from 'hono';

import { FRONT_END, startIssuer } from '../worker/support.mjs';
import { unpackPackage } from './package.mjs';

const require = createRequire(import.meta.url);
const NOTHING = [undefined, null, '', 'org:', 'two words', 7, {}, [], '\u0000'];

let issuer;
let options;
let clerkEdge;
let token;

before(async () => {
  unpackPackage();
  ({ clerkEdge } = await import('clerk-edge/hono'));
  issuer = await startIssuer();
  options = { publishableKey: issuer.publishableKey, authorizedParties: [FRONT_END] };
  const organization = { id: 'org_acme', slug: 'acme', role: 'member', permissions: ['orders:read'] };
  token = await issuer.token({ user: 'user_ada', organization });
});
after(() => issuer?.close());

test('every guard lets through who meets it, by a value and by a function', async () => {
  const g = clerkEdge(options);
  for (const guard of [
    g.requireRole('member'),
    g.requireRole('org:member'),
    g.requireRole(() => 'member'),
    g.requireRole(async () => 'member'),
    g.requireAnyRole('admin', 'member'),
    g.requireAnyRole(['admin', 'member']),
    g.requireAnyRole(() => ['admin', 'member']),
    g.requireAnyRole('admin', () => 'member'),
    g.requirePermission('org:orders:read'),
    g.requirePermission(() => 'orders:read'),
    g.requireOrg(),
    g.requireOrg('org_acme'),
    g.requireOrg(() => 'org_acme'),
    g.require({ all: [{ organization: 'org_acme' }, { role: 'member' }] }),
    g.require(() => ({ permission: 'orders:read' })),
  ]) {
    assert.equal((await ask(guard)).status, 200);
  }
});

test('every guard refuses who does not, and says by its code what is missing', async () => {
  const g = clerkEdge(options);
  for (const [guard, code] of [
    [g.requireRole('admin'), 'insufficient-role'],
    [g.requireAnyRole('admin', 'owner'), 'insufficient-role'],
    [g.requirePermission('orders:manage'), 'insufficient-permission'],
    [g.requireOrg('org_other'), 'insufficient-role'],
    [g.require({ feature: 'billing' }), 'insufficient-feature'],
  ]) {
    assert.deepEqual(await refusal(guard), { status: 403, code });
  }
});

test('what a function returns that is no name refuses, and neither fails nor widens the rule', async () => {
  const g = clerkEdge(options);
  for (const nothing of NOTHING) {
    assert.deepEqual(await refusal(g.requireRole(() => nothing)), { status: 403, code: 'insufficient-role' });
    assert.deepEqual(await refusal(g.requireAnyRole(() => nothing)), { status: 403, code: 'insufficient-role' });
    assert.deepEqual(await refusal(g.requirePermission(() => nothing)), { status: 403, code: 'insufficient-permission' });
    assert.deepEqual(await refusal(g.requireOrg(() => nothing)), { status: 403, code: 'insufficient-role' });
  }
});

test('a mistake in a value is told at start', () => {
  const g = clerkEdge(options);
  const wrong = { name: 'ConfigurationError' };
  for (const nothing of [undefined, '', 'two words', 7]) {
    assert.throws(() => g.requireRole(nothing), wrong);
    assert.throws(() => g.requirePermission(nothing), wrong);
    assert.throws(() => g.requireAnyRole(nothing), wrong);
    assert.throws(() => g.requireOrg(nothing), wrong);
  }
  assert.throws(() => g.requireAnyRole(), wrong);
  assert.throws(() => g.requireOrg('acme'), { ...wrong, message: /^organization: expected true, or the id of an organization, org_…/ });
  assert.throws(() => g.require({ rolle: 'admin' }), wrong);
});

test('an error in a function of the application lets nobody through', async () => {
  const { requireRole } = clerkEdge(options);
  const failing = requireRole(() => {
    throw new Error('the database is down');
  });
  assert.equal((await ask(failing)).status, 500);
});

test('a condition without a value is met by nobody, or is a mistake, and never no condition', async () => {
  const { createVerifier } = await import('clerk-edge');
  const { require: guard } = clerkEdge(options);
  for (const open of [{ role: 'member', permission: undefined }, { any: [{ role: 'member', organization: undefined }] }]) {
    assert.equal((await ask(guard(() => open))).status, 403);
    assert.throws(() => guard(open), { name: 'ConfigurationError', message: /: expected a value, got undefined/ });
    const { auth } = await createVerifier(options).verifyToken(token);
    assert.throws(() => auth.has(open), { name: 'ConfigurationError' });
  }
  assert.equal((await ask(guard(() => ({ role: 'member', organization: null })))).status, 403);
  assert.throws(() => guard({ role: 'member', permission: () => 'x' }), { name: 'ConfigurationError', message: /got function/ });
});

test('guards behind each other authenticate a request once', async () => {
  const { createVerifier } = await import('clerk-edge');
  const verifier = createVerifier(options);
  let times = 0;
  const counting = { ...verifier, authenticate: (...given) => ((times += 1), verifier.authenticate(...given)) };
  const { requireAuth, requireRole, requireOrg } = clerkEdge(counting);
  const app = new Hono().use(requireAuth()).use(requireRole('member')).get('/', requireOrg(), (c) => c.body(null));
  assert.equal((await app.request('/', { headers: { authorization: `Bearer ${token}` } })).status, 200);
  assert.equal(times, 1);
});

test('a resolver or a procedure without the context of its adapter fails, and is not open', async () => {
  const { clerkEdge: forGraphql } = await import('clerk-edge/graphql');
  const { clerkEdge: forTrpc } = await import('clerk-edge/trpc');
  await assert.rejects(forGraphql(options).requireAuth(() => 'secret')({}, {}, { auth: { userId: 'user_root' } }), /authContext/);
  await assert.rejects(forTrpc(options).requireAuth()({ ctx: { auth: { userId: 'user_root' } }, next: () => 'secret' }), /createContext/);
});

test("Next's proxy lets on what may go on, and refuses the rest", async () => {
  const { clerkEdge: forNext } = await import('clerk-edge/next');
  const { protect, protectBy } = forNext(options);
  const request = () => new Request('http://127.0.0.1/', { headers: { authorization: `Bearer ${token}` } });
  assert.equal(await protect()(request()), undefined);
  assert.equal((await protect()(new Request('http://127.0.0.1/'))).status, 401);
  assert.equal(await protectBy({ role: 'member' })(request()), undefined);
  assert.equal((await protectBy(() => ({ role: 'admin' }))(request())).status, 403);
  assert.equal(await protect((_request, { auth }) => auth.userId)(request()), 'user_ada');
  assert.throws(() => protectBy(undefined), { name: 'ConfigurationError' });
});

test('every adapter loads in CommonJS and guards there', async () => {
  for (const name of ['express', 'fastify', 'graphql', 'hono', 'next', 'trpc']) {
    assert.equal(typeof require(`clerk-edge/${name}`).clerkEdge, 'function', name);
  }
  const GET = require('clerk-edge/next').clerkEdge(options).withAuth((_request, { auth }) => Response.json(auth.userId));
  const answer = await GET(new Request('http://127.0.0.1/', { headers: { authorization: `Bearer ${token}` } }), {});
  assert.equal(await answer.json(), 'user_ada');
  assert.equal((await GET(new Request('http://127.0.0.1/'), {})).status, 401);
});

function ask(guard) {
  const app = new Hono().get('/', guard, (c) => c.body(null));
  app.onError((_error, c) => c.body(null, 500));
  return app.request('/', { headers: { authorization: `Bearer ${token}` } });
}

async function refusal(guard) {
  const answer = await ask(guard);
  return { status: answer.status, code: (await answer.json()).code };
}
