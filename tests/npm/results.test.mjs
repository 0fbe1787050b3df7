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
  token = await issuer.token({ user: 'user_ada', lifetime_seconds: 3600 });
});
after(() => issuer?.close());

async function verifierOf({ createVerifier }) {
  const { jwtKey } = await issuer.overview();
  return createVerifier({ publishableKey: issuer.publishableKey, jwtKey, env: {} });
}

test('what a caller changes in one result is as it was in the next', async () => {
  const verifier = await verifierOf(await import('clerk-edge'));
  const [first, second] = [await verifier.verifyToken(token), await verifier.verifyToken(token)];
  first.auth.claims.sub = 'user_eve';
  first.auth.orgPermissions.push('org:everything');
  first.auth.userId = 'user_eve';
  for (const { auth } of [second, await verifier.verifyToken(token)]) {
    assert.equal(auth.userId, 'user_ada');
    assert.equal(auth.claims.sub, 'user_ada');
    assert.ok(!auth.orgPermissions.includes('org:everything'));
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
