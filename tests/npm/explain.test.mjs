// Explanations in the packed package: they say what is decided, at the check where it is decided, and never the token.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { root } from '../../scripts/lib/toolchain.mjs';
import { issuerOf } from '../worker/token-vectors.mjs';
import { FRONT_END, startIssuer } from '../worker/support.mjs';
import { unpackPackage } from './package.mjs';

const CODES = codesOfReadme();

let issuer;
let clerkEdge;

before(async () => {
  unpackPackage();
  clerkEdge = await import('clerk-edge');
  issuer = await startIssuer();
});
after(() => issuer?.close());

/** The checks and their codes as the README has them, which a test in Rust compares with the core's own. */
function codesOfReadme() {
  const [section] = readFileSync(join(root, 'pkg', 'README.md'), 'utf8').split('## Explain')[1].split('\n## ');
  const rows = section.matchAll(/^\| `(\w+)` \| .* \| (`[a-z`, -]+`) \|$/gm);
  return new Map([...rows].map(([, check, codes]) => [check, codes.replaceAll('`', '').split(', ')]));
}

function verifierOf(item) {
  const { now, clock_skew_s, algorithms, authorized_parties, audience } = item.options;
  return clerkEdge.createVerifier({
    env: {},
    publishableKey: `pk_live_${btoa('clerk.example.com$')}`,
    issuer: issuerOf(item),
    authorizedParties: authorized_parties,
    missingAzp: 'reject',
    audience,
    clockSkewSeconds: clock_skew_s,
    algorithms,
    clock: () => now * 1000,
    fetch: async () => new Response(JSON.stringify(item.jwks)),
  });
}

/** The check that failed; all before it passed, and none behind it was reached. */
function failedOf({ checks, ok }) {
  assert.deepEqual(checks.map(({ check }) => check), [...CODES.keys()]);
  const at = checks.findIndex(({ outcome }) => outcome === 'failed');
  const expected = (index) => (at < 0 ? (ok ? 'passed' : 'not-reached') : index < at ? 'passed' : index === at ? 'failed' : 'not-reached');
  assert.deepEqual(checks.map(({ outcome }) => outcome), checks.map((_, index) => expected(index)));
  for (const { outcome, detail } of checks) assert.ok(outcome !== 'not-reached' || detail === undefined);
  return checks[at]?.check;
}

test('every vector is explained as it is verified, at a check that has its code', async () => {
  const { cases } = JSON.parse(readFileSync(join(root, 'tests/vectors/tokens.json'), 'utf8'));
  const seen = new Set();
  for (const item of cases) {
    const decided = await verifierOf(item).verifyToken(item.token);
    const told = await verifierOf(item).explain(item.token);
    assert.deepEqual([told.ok, told.code], [decided.ok, decided.code], item.id);
    const failed = failedOf(told);
    assert.equal(failed === undefined, decided.ok, item.id);
    if (failed) assert.ok(CODES.get(failed).includes(told.code), `${item.id}: ${told.code} at ${failed}`);
    assert.equal(typeof told.cause === 'string' && typeof told.cure === 'string', !decided.ok, item.id);
    assert.ok(item.token.length < 20 || !JSON.stringify(told).includes(item.token), item.id);
    seen.add(failed);
  }
  for (const check of ['form', 'alg', 'kid', 'signature', 'iss', 'exp', undefined]) assert.ok(seen.has(check), check);
});

test('a cause is told from what the token says', async () => {
  const verifier = clerkEdge.createVerifier({ env: {}, publishableKey: issuer.publishableKey, authorizedParties: [FRONT_END], missingAzp: 'accept' });
  const now = Math.floor(Date.now() / 1000);
  for (const [request, failed, cause] of [
    [{ claims: { iss: 'https://happy-cat-1.clerk.accounts.dev' } }, 'iss', /made by another Clerk instance: https:\/\/happy-cat-1/],
    [{ claims: { exp: now - 90 } }, 'exp', /expired 9\d s ago/],
    [{ claims: { iat: now + 90 } }, 'iat', /clock is behind Clerk's/],
    [{ claims: { nbf: now + 90 } }, 'nbf', /clock is behind Clerk's/],
    [{ category: 'template' }, 'cat', /JWT template/],
    [{ claims: { sid: null } }, 'sid', /JWT template/],
    [{ claims: { sub: 'mch_1' } }, 'sub', /a machine's token/],
    [{ claims: { azp: 'https://evil.example' } }, 'azp', /https:\/\/evil\.example/],
    [{ status: 'pending' }, 'sts', /tasks to complete/],
    [{ key: 'unpublished' }, 'signature', /changed, or its key is an old one/],
  ]) {
    const told = await verifier.explain(await issuer.token(request));
    assert.equal(failedOf(told), failed, JSON.stringify(request));
    assert.match(told.cause, cause);
  }
  const told = await verifier.explain(await issuer.token({ user: 'user_ada' }));
  const detail = (name) => told.checks.find(({ check }) => check === name).detail;
  assert.deepEqual([detail('sub'), detail('alg'), detail('crit'), detail('signature')], ['"user_ada"', '"RS256"', undefined, undefined]);
});

test('a request is explained by the token that the core finds in it, and by none where there is none', async () => {
  const verifier = clerkEdge.createVerifier({ env: {}, publishableKey: issuer.publishableKey });
  const token = await issuer.token({ user: 'user_ada' });
  for (const headers of [{ authorization: `Bearer ${token}` }, { cookie: `__session=${token}` }]) {
    const told = await verifier.explain({ method: 'GET', url: '/', headers });
    assert.deepEqual([told.ok, told.claims.sub, told.header.alg, failedOf(told)], [true, 'user_ada', 'RS256', undefined]);
  }
  for (const [headers, code, cause] of [
    [{}, 'credentials-missing', /bearer token is needed/],
    [{ authorization: 'Bearer null' }, 'credentials-malformed', /Bearer null/],
    [{ authorization: 'Bearer a, Bearer b' }, 'credentials-ambiguous', /more than one Authorization value/],
  ]) {
    const told = await verifier.explain(new Request('https://api.example.com/', { headers }));
    assert.deepEqual([told.ok, told.code, told.claims, failedOf(told)], [false, code, null, undefined]);
    assert.match(told.cause, cause);
  }
  const unsafe = await verifier.explain({ method: 'POST', url: '/', headers: { cookie: `__session=${token}` } });
  assert.deepEqual([unsafe.code, failedOf(unsafe)], ['cross-site-request', undefined]);
});

test('an outage is no bad token', async () => {
  const fetch = async () => new Response('', { status: 500 });
  const verifier = clerkEdge.createVerifier({ env: {}, publishableKey: issuer.publishableKey, fetch });
  const told = await verifier.explain(await issuer.token({}));
  assert.deepEqual([told.code, failedOf(told)], ['keys-unavailable', 'kid']);
  assert.match(told.cause, /keys cannot be had/);
});
