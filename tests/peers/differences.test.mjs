// docs/differences.md holds the tables of differences.mjs and nothing else of the kind.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { root } from '../../scripts/lib/toolchain.mjs';
import { TOKENS, WEBHOOKS, tableOf } from './differences.mjs';

const lines = readFileSync(join(root, 'docs', 'differences.md'), 'utf8').split('\n');

/** The lines of tables below a heading. */
function tables(heading) {
  const start = lines.indexOf(`## ${heading}`);
  assert.ok(start >= 0, `there is no ## ${heading}`);
  const end = lines.findIndex((line, index) => index > start && line.startsWith('## '));
  return lines.slice(start, end < 0 ? undefined : end).filter((line) => line.startsWith('|'));
}

test('the document has the rows that the comparison needs', () => {
  assert.deepEqual(tables('Tokens'), tableOf(TOKENS, '`@clerk/backend`'));
  assert.deepEqual(tables('Webhooks'), tableOf(WEBHOOKS, 'Svix and Clerk'));
  assert.equal(lines.filter((line) => line.startsWith('| ---')).length, 2);
});

test('every row says everything', () => {
  for (const { what, clerk, gateway, why } of [...TOKENS, ...WEBHOOKS]) {
    for (const text of [what, clerk, gateway, why]) assert.ok(typeof text === 'string' && text !== '' && !text.includes('|'), what);
  }
});
