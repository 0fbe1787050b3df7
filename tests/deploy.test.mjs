// `wrangler deploy` from the root of the repository, as far as it goes without an account: nothing leaves this machine.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { paths, root, wranglerEnv } from '../scripts/lib/toolchain.mjs';

/** What Cloudflare takes on the free plan, in bytes after gzip. */
const GZIP_MAX = 3 * 1024 * 1024;
/** A port that nothing listens on: whoever wants the network through it fails. */
const NOWHERE = 'http://127.0.0.1:9';

test('wrangler deploy --dry-run bundles the Worker that was built, offline', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'clerk-edge-deploy-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const env = { ...wranglerEnv(), CI: 'true', HTTP_PROXY: NOWHERE, HTTPS_PROXY: NOWHERE, CLOUDFLARE_API_TOKEN: '', CLOUDFLARE_ACCOUNT_ID: '' };
  const args = [paths.wrangler, 'deploy', '--dry-run', '--outdir', folder];
  const { stdout } = await promisify(execFile)(paths.node, args, { cwd: root, env });

  for (const name of ['env.JWKS', 'env.CLERK_PUBLISHABLE_KEY', 'env.GATEWAY']) assert.ok(stdout.includes(name), stdout);
  const wasm = readdirSync(folder).find((name) => name.endsWith('.wasm'));
  assert.ok(wasm, `no wasm among ${readdirSync(folder)}`);
  const bytes = readFileSync(join(folder, wasm));
  assert.ok(bytes.equals(readFileSync(paths.wasm)), 'the wasm is not the one that was built');
  const script = readFileSync(join(folder, 'index.js'));
  assert.ok(script.includes(wasm), 'the script does not import the wasm');

  const gzip = gzipSync(bytes).length + gzipSync(script).length;
  assert.ok(gzip < GZIP_MAX, `${gzip} bytes after gzip`);
  t.diagnostic(`wasm ${kilobytes(bytes.length)}, script ${kilobytes(script.length)}, together ${kilobytes(gzip)} after gzip`);
});

function kilobytes(count) {
  return `${(count / 1000).toFixed(0)} kB`;
}
