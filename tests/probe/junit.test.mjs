// The JUnit report of `clerk-edge test`, read by a program that collects such reports.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { installPackages, probe } from './support.mjs';

let server;
let folder;

before(async () => {
  await installPackages();
  folder = mkdtempSync(join(tmpdir(), 'clerk-edge-junit-'));
  // Right without a token, and open to any token at all. What it says of itself is what XML has to escape.
  server = createServer(({ headers }, response) => {
    if (headers.authorization) response.writeHead(302, { Location: '/?a=<b>&c="]]>' }).end();
    else response.writeHead(401, { 'WWW-Authenticate': 'Bearer', 'Content-Type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What the collector makes of a report. */
async function collected(xml) {
  const { parseV2 } = await import('test-results-parser');
  const file = join(folder, 'report.xml');
  writeFileSync(file, xml);
  return parseV2({ type: 'junit', files: [file] });
}

test('a collector counts what the report says', async () => {
  const { stdout, stderr, code } = await probe(`http://127.0.0.1:${server.address().port}`, [], '--only', '2,3,14,15,39', '--format', 'junit');
  assert.equal(code, 1, stderr);
  const { result, errors } = await collected(stdout);
  assert.deepEqual(errors, []);
  // It counts what is skipped apart.
  assert.deepEqual([result.total, result.passed, result.failed, result.skipped, result.errors], [4, 2, 2, 1, 0]);
  const cases = result.suites.flatMap(({ cases }) => cases);
  assert.deepEqual(cases.map(({ name, status }) => [name, status]), [
    ['2 missing-token', 'PASS'],
    ['3 missing-token-challenge', 'PASS'],
    ['14 foreign-key', 'FAIL'],
    ['15 alg-none', 'FAIL'],
    ['39 revoked-session', 'SKIP'],
  ]);
  assert.match(cases[2].failure, /another key/);
  assert.match(cases[2].stack_trace, /got 302, location: \/\?a=<b>&c="]]>/);
});

test('the collector refuses what is no report', async () => {
  for (const xml of ['{}', '<testsuites><testsuite tests="1"><testcase</testsuites>']) {
    const outcome = await collected(xml).catch(() => undefined);
    assert.ok(outcome === undefined || outcome.errors.length > 0 || outcome.result?.total !== 1, xml);
  }
});
