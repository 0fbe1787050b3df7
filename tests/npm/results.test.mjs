// Results of the packed package: what a caller does to one reaches no other, and where a signature is waited for.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startIssuer } from '../worker/support.mjs';
import { importAsElsewhere, unpackPackage } from './package.mjs';

let issuer;
let token;

before(async () => {
  unpackPackage();
  issuer = await startIssuer();
  token = await tokenOf({ user: 'user_ada', actor: { sub: 'user_admin', roles: ['support'] } });
});
after(() => issuer?.close());

function tokenOf(request) {
  return issuer.token({ lifetime_seconds: 3600, ...request });
}

async function verifierOf({ createVerifier }) {
  const { jwtKey } = await issuer.overview();
  return createVerifier({ publishableKey: issuer.publishableKey, jwtKey, env: {} });
}

test('what a caller changes in one result is as it was in the next', async () => {
  const verifier = await verifierOf(await import('clerk-edge'));
  const [first, second] = [await verifier.verifyToken(token), await verifier.verifyToken(token)];
  first.auth.claims.sub = 'user_eve';
  first.auth.orgPermissions.push('org:everything');
  first.auth.actor.roles.push('root');
  first.auth.userId = 'user_eve';
  for (const { auth } of [second, await verifier.verifyToken(token)]) {
    assert.equal(auth.userId, 'user_ada');
    assert.equal(auth.claims.sub, 'user_ada');
    assert.ok(!auth.orgPermissions.includes('org:everything'));
    assert.deepEqual(auth.actor, { sub: 'user_admin', roles: ['support'] });
  }
});

test('claims are a member like any other', async () => {
  const { auth } = await (await verifierOf(await import('clerk-edge'))).verifyToken(token);
  const copy = { ...auth };
  assert.deepEqual(copy.claims, auth.claims);
  assert.deepEqual(JSON.parse(JSON.stringify(auth)).claims, auth.claims);
  assert.deepEqual(Object.keys(auth), ['userId', 'sessionId', 'orgId', 'orgSlug', 'orgRole', 'orgPermissions', 'actor', 'claims', 'has']);
  assert.equal(auth.claims, auth.claims);
  auth.claims = { sub: 'another' };
  assert.deepEqual(auth.claims, { sub: 'another' });
});

test('a result holds nothing of the module, and what a refusal held is given back', async (t) => {
  const verifier = await verifierOf(await import('clerk-edge'));
  const forged = `${token.slice(0, -4)}AAAA`;
  const another = await tokenOf({ user: 'user_new' });
  await verifier.verifyToken(token);
  const [registered, unregistered] = ['register', 'unregister'].map((name) => t.mock.method(FinalizationRegistry.prototype, name).mock);
  const { auth, check } = await verifier.verifyToken(another);
  assert.ok(auth.claims.sub === 'user_new' && !auth.has({ role: 'admin' }) && check({ plan: 'pro' }));
  assert.ok((await verifier.explain(token)).ok);
  const made = registered.callCount();
  assert.equal(made, 2, 'the two rules');
  for (const refused of [await verifier.verifyToken(forged), await verifier.explain(forged)]) assert.ok(!refused.ok);
  assert.deepEqual([registered.callCount() - made, unregistered.callCount()], [2, 2]);
});

test('a rule that one session meets is asked of each other one, and of each other rule', async () => {
  const verifier = await verifierOf(await import('clerk-edge'));
  const inRole = (role) => tokenOf({ user: `user_${role}`, organization: { id: 'org_1', role } });
  const tokens = await Promise.all(['admin', 'member'].map(inRole));
  const rule = { role: 'admin' };
  const told = async () => (await Promise.all(tokens.map((one) => verifier.verifyToken(one)))).map(({ auth, check }) => [auth.has(rule), check(rule)?.code]);
  for (const turn of ['first', 'again']) {
    rule.role = 'admin';
    assert.deepEqual(await told(), [[true, undefined], [false, 'insufficient-role']], turn);
    rule.role = 'member';
    assert.deepEqual(await told(), [[false, 'insufficient-role'], [true, undefined]], turn);
    for (const one of tokens) {
      const { auth } = await verifier.verifyToken(one);
      assert.throws(() => auth.has({ ...rule, permission: undefined }), { name: 'ConfigurationError' }, turn);
    }
  }
});

test('more rules than are kept are answered as rightly', async () => {
  const verifier = await verifierOf(await import('clerk-edge'));
  const [{ auth: one }, { auth: other }] = [await verifier.verifyToken(token), await verifier.verifyToken(await tokenOf({ user: 'user_other' }))];
  const isUser = (equals) => ({ claim: 'sub', equals });
  assert.ok(one.has(isUser('user_ada')));
  for (let index = 0; index < 300; index += 1) {
    assert.ok(!one.has(isUser(`user_${index}`)) && !other.has({ any: [isUser(`user_${index}`), isUser('user_ada')] }), `${index}`);
    assert.ok(other.has({ any: [isUser(`user_${index}`), isUser('user_other')] }), `${index}`);
  }
  assert.ok(one.has(isUser('user_ada')) && !one.has(isUser('user_other')));
});

test('Node tells at once what a signature is worth, another host by WebCrypto', async (t) => {
  const { mock } = t.mock.method(crypto.subtle, 'verify');
  assert.ok((await (await verifierOf(await import('clerk-edge'))).verifyToken(token)).ok);
  assert.equal(mock.callCount(), 0);
  const elsewhere = await verifierOf(await importAsElsewhere());
  assert.ok((await elsewhere.verifyToken(token)).ok);
  assert.equal(mock.callCount(), 1);
});

test('a host that fails to check a signature says nothing of the token, and the next check is a new one', async (t) => {
  const verifier = await verifierOf(await importAsElsewhere());
  const { mock } = t.mock.method(crypto.subtle, 'verify', () => Promise.reject(new Error('not now')));
  assert.equal((await verifier.verifyToken(token)).code, 'keys-unavailable');
  mock.mockImplementation(() => {
    throw new Error('not now either');
  });
  assert.equal((await verifier.verifyToken(token)).code, 'keys-unavailable');
  mock.restore();
  assert.ok((await verifier.verifyToken(token)).ok);
});

test('tokens that are waited for side by side keep to their own answers', async () => {
  const verifier = await verifierOf(await importAsElsewhere());
  const users = Array.from({ length: 20 }, (_, index) => `user_${index}`);
  const tokens = await Promise.all(users.map((user) => issuer.token({ user, lifetime_seconds: 3600 })));
  const swapped = tokens.map((own, index) => (index % 2 ? own : `${own.slice(0, own.lastIndexOf('.'))}${tokens[index + 1].slice(tokens[index + 1].lastIndexOf('.'))}`));
  const results = await Promise.all(swapped.map((one) => verifier.verifyToken(one)));
  assert.deepEqual(results.map((result) => (result.ok ? result.auth.userId : result.code)), users.map((user, index) => (index % 2 ? user : 'token-invalid-signature')));
});
