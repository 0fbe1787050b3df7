// Every project that `clerk-edge init` sets up: it is what its compiler, its own tests and its users expect.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startIssuer } from '../worker/support.mjs';
import { checkServer } from './checks.mjs';
import { PROJECTS, RUNNERS } from './projects.mjs';
import { assertInstalled, compile, conformance, hasConformance, init, install, older, runTests } from './support.mjs';

const running = new Map();

before(async () => {
  await install();
  await install(older);
}, { timeout: 600_000 });
after(async () => {
  for (const { server, issuer } of running.values()) {
    await server?.close();
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
      for (const path of ['package.json', ...(project.writes ?? ['.env.example'])]) assert.ok(written.includes(path), String(written));
      assert.deepEqual(init(folder, framework), []);
      project.follow?.(folder);
    });

    if (!isGenerated) test('it asks for the very versions that are tested here', () => assertInstalled(folder));

    if (isTyped) test('it type-checks', { timeout: 300_000 }, () => compile(folder));

    test('its own tests pass, and are some', { timeout: 300_000 }, () => runTests(folder));

    test('its server starts', { timeout: 600_000 }, async () => {
      const issuer = await startIssuer();
      running.set(title, { folder, issuer });
      project.fillIn(folder, issuer);
      await project.build?.(folder);
      running.get(title).server = await project.start(folder);
    });

    describe('its server', () => checkServer(() => running.get(title), framework));
  });
}

describe('its own tests pass with the runner of the project', { concurrency: true }, () => {
  for (const { title, runner, make } of RUNNERS) {
    test(title, { timeout: 300_000 }, async () => {
      const folder = make();
      init(folder);
      await runTests(folder, runner);
    });
  }
});

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
