// The vectors of tokens and webhooks through the packed package: as many pass as in Rust, and none fails.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { before, test } from 'node:test';

import { root } from '../../scripts/lib/toolchain.mjs';
import { issuerOf } from '../worker/token-vectors.mjs';
import { importAsElsewhere, unpackPackage } from './package.mjs';

let clerkEdge;
let throughWebCrypto;

before(async () => {
  unpackPackage();
  clerkEdge = await import('clerk-edge');
  throughWebCrypto = await importAsElsewhere();
});

for (const file of ['tests/vectors/tokens.json', '../shared/vectors/tokens.json'].filter(isThere)) {
  test(`${basename(file)} of ${folderOf(file)}: each token's verdict, fresh and remembered`, (t) => run(t, file, (item) => tokenVerdict(clerkEdge, item)));
  test(`${basename(file)} of ${folderOf(file)}: the same where a signature is waited for`, (t) => run(t, file, (item) => tokenVerdict(throughWebCrypto, item)));
}

for (const file of ['../shared/vectors/webhooks.json'].filter(isThere)) {
  test(`${basename(file)} of ${folderOf(file)}: each delivery's verdict`, (t) => run(t, file, webhookVerdict));
}

/** Puts every case of a file to the package, and says what came out in the words that Rust's run of it says. */
async function run(t, file, verdictOf) {
  const { cases } = JSON.parse(readFileSync(join(root, file), 'utf8'));
  const failures = [];
  for (const item of cases) {
    const result = await verdictOf(item);
    if (item.debatable || result.ok === (item.expect === 'accept')) continue;
    failures.push(`${item.id}: expected ${item.expect}, got ${result.code ?? 'accepted'}`);
  }
  const debatable = cases.filter((item) => item.debatable).length;
  const passed = cases.length - debatable - failures.length;
  t.diagnostic(`${basename(file)}: ${passed} passed, ${failures.length} failed, ${debatable} debatable (run, any verdict)`);
  assert.deepEqual(failures, []);
  assert.ok(passed > 0);
}

async function tokenVerdict({ createVerifier }, item) {
  const { now, clock_skew_s, algorithms, authorized_parties, audience } = item.options;
  const verifier = createVerifier({
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
  const fresh = await verifier.verifyToken(item.token);
  const again = await verifier.verifyToken(item.token);
  assert.equal(again.ok, fresh.ok, `${item.id}: the second verdict differs`);
  return fresh;
}

async function webhookVerdict({ secret, headers, now, body_b64, body_repeat }) {
  const body = body_repeat ? body_repeat.char.repeat(body_repeat.count) : Buffer.from(body_b64, 'base64');
  try {
    return await clerkEdge.verifyWebhook({ headers, body }, { secret, clock: () => now * 1000 });
  } catch (error) {
    assert.ok(error instanceof clerkEdge.ConfigurationError, String(error));
    return { ok: false, code: error.message };
  }
}

function isThere(file) {
  return existsSync(join(root, file));
}

function folderOf(file) {
  return file.startsWith('..') ? 'the folder beside' : 'the project';
}
