// The token vectors as requests to the built Worker, with its clock standing at the vectors' own time.

import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { test } from 'node:test';

import { root } from '../../scripts/lib/toolchain.mjs';
import { startGateways } from './support.mjs';
import { files, gatewayOptions, groupsOf, hasUsableKey } from './token-vectors.mjs';

for (const file of files) {
  test(`${relative(root, file)} has the verdicts that it has natively`, { timeout: 120_000 }, async (context) => {
    const groups = groupsOf(file);
    const gateways = await startGateways(groups.map(([first]) => gatewayOptions(first)));
    try {
      const counts = { passed: 0, debatable: 0 };
      const failures = [];
      for (const [index, group] of groups.entries()) {
        for (const item of group) {
          const answer = await gateways[index].fetch('/me', { headers: { authorization: `Bearer ${item.token}` } });
          const { code } = await answer.json();
          assert.ok([200, 401, 503].includes(answer.status), `${item.id}: ${answer.status}`);
          if (answer.status === 503) {
            assert.equal(code, 'keys-unavailable', item.id);
            assert.ok(!hasUsableKey(item), `${item.id} is told as an outage, and its key is good`);
          }
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
