// A gateway's project, in an empty folder: built as its user builds it, and run by wrangler in workerd.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { freePort, launchServer } from '../../scripts/lib/launch.mjs';
import { end } from '../../scripts/lib/processes.mjs';
import { paths, root, wranglerEnv } from '../../scripts/lib/toolchain.mjs';
import { startIssuer } from '../worker/support.mjs';
import { FRONT_END, conformance, hasConformance, init, makeProject, output, request } from './support.mjs';

describe('a gateway in an empty folder', () => {
  let folder;
  let issuer;
  let gateway;
  const env = { ...wranglerEnv(), CARGO_TARGET_DIR: dirname(dirname(paths.cli)), CARGO_NET_OFFLINE: 'true', CI: 'true' };

  before(() => (folder = makeProject('gateway')));
  after(async () => {
    if (gateway) await end(gateway);
    await issuer?.close();
  });

  test('init writes it, knows it again, and then has nothing to do', () => {
    const written = init(folder, 'worker', '--crate-path', root);
    for (const path of ['Cargo.toml', 'wrangler.toml', join('src', 'lib.rs'), '.dev.vars.example']) assert.ok(written.includes(path), path);
    assert.deepEqual(init(folder), []);
  });

  test('asks for the very wrangler that is tested here', () => {
    const wanted = (path) => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')).devDependencies.wrangler;
    assert.equal(wanted(folder), wanted(root));
  });

  test('builds', { timeout: 900_000 }, async () => {
    // The very versions of the repository's own lock file, which are there already, and the worker-build that is.
    copyFileSync(join(root, 'Cargo.lock'), join(folder, 'Cargo.lock'));
    const path = join(folder, 'wrangler.toml');
    const text = readFileSync(path, 'utf8');
    const [, command] = text.match(/^command = "cargo install -q worker-build@[0-9.]+ --locked && (.+)"$/m);
    const [program, ...args] = command.split(' ');
    await output(paths.toolBin(program), args, folder, env);
    // wrangler would build it once more.
    writeFileSync(path, text.replace(/^command = .*$/m, 'command = "true"'));
  });

  test('runs', { timeout: 120_000 }, async () => {
    issuer = await startIssuer();
    writeFileSync(join(folder, '.dev.vars'), `CLERK_PUBLISHABLE_KEY="${issuer.publishableKey}"\n`);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const args = [paths.wrangler, 'dev', '--ip', '127.0.0.1', '--port', `${port}`, '--inspector-port', `${await freePort()}`];
    const { child } = await launchServer('wrangler dev', paths.node, args, { url: `${url}/api/health`, cwd: folder, env });
    gateway = Object.assign(child, { url });
  });

  const send = async (path, token) => {
    const headers = token && { Authorization: `Bearer ${await issuer.token({ authorized_party: FRONT_END, ...token })}` };
    return request(gateway.url, path, { headers });
  };

  test('answers by its own handler whom the route lets through', async () => {
    assert.equal((await send('/api/health')).status, 200);
    assert.deepEqual([(await send('/api/protected')).json.code], ['credentials-missing']);
    const organization = (role) => ({ user: 'user_1', organization: { id: 'org_1', role } });
    assert.deepEqual((await send('/api/protected', organization('member'))).json, { userId: 'user_1', organizationId: 'org_1' });
    assert.equal((await send('/api/admin', organization('member'))).status, 403);
    assert.equal((await send('/api/admin', organization('admin'))).status, 200);
    assert.equal((await send('/api/optional')).status, 200);
    assert.equal((await send('/admin', organization('admin'))).status, 404);
  });

  test('passes clerk-edge test', { skip: !hasConformance() && 'this build has no clerk-edge test', timeout: 300_000 }, async () => {
    const { checks } = await conformance(folder, gateway.url, issuer);
    assert.ok(checks.filter(({ severity, status }) => severity === 'must' && status === 'passed').length > 20);
    assert.deepEqual(checks.filter(({ severity, status }) => severity === 'must' && status === 'failed'), []);
  });
});
