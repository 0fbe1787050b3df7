// The token vectors as requests to the built Worker, with its clock standing at the vectors' own time.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';

import { root } from '../../scripts/lib/toolchain.mjs';
import { startGateways } from './support.mjs';

const PUBLISHABLE_KEY = `pk_live_${Buffer.from('clerk.example.com$').toString('base64')}`;
/** What a header line can hold: visible characters of one byte, and no more of them than a Worker takes. */
const FITS = /^[\x21-\x2b\x2d-\x7e]{1,15000}$/;

const files = ['tests/vectors/tokens.json', '../shared/vectors/tokens.json'].map((name) => join(root, name)).filter(existsSync);

for (const file of files) {
  test(`${relative(root, file)} has the verdicts that it has natively`, { timeout: 120_000 }, async (context) => {
    const cases = JSON.parse(readFileSync(file, 'utf8')).cases.filter(({ token }) => FITS.test(token));
    const groups = Map.groupBy(cases, (item) => JSON.stringify([item.jwks, item.options, issuerOf(item)]));
    const gateways = await startGateways([...groups.values()].map(([first]) => options(first)));
    try {
      const counts = { passed: 0, debatable: 0 };
      const failures = [];
      for (const [index, group] of [...groups.values()].entries()) {
        for (const item of group) {
          const answer = await gateways[index].fetch('/me', { headers: { authorization: `Bearer ${item.token}` } });
          const { code } = await answer.json();
          assert.ok([200, 401, 503].includes(answer.status), `${item.id}: ${answer.status}`);
          if (answer.status === 503) assert.equal(code, 'keys-unavailable', item.id);
          if (item.debatable) counts.debatable += 1;
          else if ((answer.status === 200) === (item.expect === 'accept')) counts.passed += 1;
          else failures.push(`${item.id}: expected ${item.expect}, got ${answer.status} ${code}: ${item.why}`);
        }
      }
      assert.deepEqual(failures, []);
      assert.ok(counts.passed > 200, `${counts.passed} passed`);
      context.diagnostic(`${counts.passed} passed, ${failures.length} failed, ${counts.debatable} debatable (run, any verdict)`);
    } finally {
      await gateways[0].close();
    }
  });
}

function options(item) {
  const { now, clock_skew_s, algorithms, authorized_parties = [], audience = [] } = item.options;
  return {
    frozenTime: now,
    vars: { CLERK_PUBLISHABLE_KEY: PUBLISHABLE_KEY, CLERK_ISSUER: issuerOf(item) },
    settings: { authorized_parties, missing_azp: 'reject', audience, clock_skew_seconds: clock_skew_s, algorithms },
    routes: [{ path: '/me', serve: 'whoami' }],
    outbound: () => new Response(JSON.stringify(item.jwks)),
  };
}

/** Vectors without an issuer leave `iss` open; the gateway always checks it, so it is given the token's own. */
function issuerOf({ options: { issuer }, token }) {
  if (issuer) return issuer;
  try {
    const { iss } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    return typeof iss === 'string' ? iss : 'https://clerk.example.com';
  } catch {
    return 'https://clerk.example.com';
  }
}
