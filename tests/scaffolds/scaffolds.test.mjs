// Every project that `clerk-edge init` sets up: it is what its compiler, its own tests and its users expect.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startIssuer } from '../worker/support.mjs';
import { checkServer } from './checks.mjs';
import { PROJECTS } from './projects.mjs';
import { assertInstalled, compile, conformance, fillInEnv, hasConformance, init, install, runScript, startServer } from './support.mjs';

const running = new Map();

before(install, { timeout: 600_000 });
after(async () => {
  for (const { server, issuer } of running.values()) {
    await server.close();
    await issuer.close();
  }
});

for (const project of PROJECTS) {
  const { title, framework, isTyped, isGenerated } = project;
  describe(title, () => {
    let folder;
    before(async () => (folder = await project.make()), { timeout: 120_000 });

    test('init finds the framework, and a second run has nothing to do', () => {
      const written = init(folder);
      assert.ok(written.includes('package.json') && written.includes('.env.example'), String(written));
      assert.deepEqual(init(folder, framework), []);
    });

    if (!isGenerated) test('it asks for the very versions that are tested here', () => assertInstalled(folder));

    if (isTyped) test('it type-checks', { timeout: 300_000 }, () => compile(folder));

    test('its own tests pass, and are some', { timeout: 300_000 }, async () => {
      assert.match(await runScript(folder, 'test:auth'), /^(# |ℹ )pass [1-9]\d+$/m);
    });

    test('its server starts', { timeout: 600_000 }, async () => {
      const issuer = await startIssuer();
      fillInEnv(folder, issuer);
      await project.build?.(folder);
      running.set(title, { folder, issuer, server: await startServer(folder, project.script) });
    });

    describe('its server', () => checkServer(() => running.get(title), framework));
  });
}

// Most of it is waiting, for keys to be asked for again above all, so they wait side by side.
describe('clerk-edge test', { concurrency: true, skip: !hasConformance() && 'this build has no such command' }, () => {
  for (const { title, fails = [] } of PROJECTS) {
    test(`finds nothing wrong that must be right with ${title}`, { timeout: 300_000 }, async () => {
      const { folder, issuer, server } = running.get(title);
      const { checks } = await conformance(folder, server.url, issuer);
      const failed = checks.filter(({ severity, status }) => severity === 'must' && status === 'failed');
      assert.deepEqual(failed.map(({ slug }) => slug), fails, JSON.stringify(failed, undefined, 1));
      assert.ok(checks.filter(({ status }) => status === 'passed').length >= 35);
    });
  }
});
