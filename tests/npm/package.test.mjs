// The package as a thing to publish: what is in it, how big it is, and whether its types are true.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

import { root } from '../../scripts/lib/toolchain.mjs';
import { hostProgram, hosts, installHosts } from './hosts.mjs';
import { unpackPackage } from './package.mjs';

const execute = promisify(execFile);

/** In bytes of gzip; a kB has 1000. */
const WASM_BUDGET = 80_000;
const INLINE_BUDGET = 110_000;

/** Of the entry for pages that call an API, which has no core in it. */
const CLIENT_BUDGET = 3_500;

let unpacked;

before(
  async () => {
    await installHosts();
    unpacked = unpackPackage();
  },
  { timeout: 600_000 },
);

const size = (bytes) => ({ bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotliCompressSync(bytes).length });

test("the core and the inline entry stay within their budgets, beside Clerk's own package", async (t) => {
  const inPackage = (name) => size(readFileSync(join(unpacked.folder, 'dist', name)));
  const [wasm, inline] = [inPackage('core_bg.wasm'), inPackage('inline.js')];
  const bundled = await build({ stdin: { contents: "export * from '@clerk/backend'", resolveDir: root }, bundle: true, minify: true, format: 'esm', platform: 'node', write: false });
  const clerk = size(bundled.outputFiles[0].contents);
  for (const [name, { bytes, gzip, brotli }] of Object.entries({ 'core_bg.wasm': wasm, 'inline.js': inline, '@clerk/backend': clerk })) {
    t.diagnostic(`${name}: ${bytes} bytes, ${gzip} gzip, ${brotli} brotli`);
  }
  assert.ok(wasm.gzip <= WASM_BUDGET, `the wasm has ${wasm.gzip} bytes of gzip; the budget is ${WASM_BUDGET}`);
  assert.ok(inline.gzip <= INLINE_BUDGET, `the inline entry has ${inline.gzip} bytes of gzip; the budget is ${INLINE_BUDGET}`);
});

test('the client is small, has no core in it, and leaves a bundle that does not use it', async () => {
  const { bytes, gzip } = size(readFileSync(join(unpacked.folder, 'dist', 'client.js')));
  assert.ok(gzip <= CLIENT_BUDGET, `the client has ${bytes} bytes, ${gzip} of gzip; the budget is ${CLIENT_BUDGET}`);
  const bundled = async (contents) => {
    const stdin = { contents, resolveDir: join(root, 'tests', 'npm') };
    const { outputFiles } = await build({ stdin, bundle: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022', write: false });
    return outputFiles[0].text;
  };
  const used = await bundled("import { createAuthFetch } from 'clerk-edge/client'; globalThis.used = createAuthFetch;");
  assert.ok(used.length < bytes * 1.1 && !/WebAssembly|node:/.test(used));
  assert.equal(await bundled("import { createAuthFetch } from 'clerk-edge/client';"), '');
});

test('every generated file is named, is packed, and is no other', () => {
  const { files } = JSON.parse(readFileSync(join(root, 'pkg', 'package.json'), 'utf8'));
  const named = files.filter((file) => file.startsWith('dist/')).sort();
  const built = readdirSync(join(root, 'pkg', 'dist')).map((file) => `dist/${file}`).sort();
  assert.deepEqual(named, built);
  assert.deepEqual(unpacked.files.filter((file) => file.startsWith('dist/')).sort(), built);
  assert.deepEqual(unpacked.files.filter((file) => /LICENSE|README/.test(file)).sort(), ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md']);
});

test('no file says where it was built', () => {
  for (const file of unpacked.files) {
    const text = readFileSync(join(unpacked.folder, file), 'latin1');
    for (const place of [root, '/.cargo/']) assert.ok(!text.includes(place), `${file} says ${place}`);
  }
});

test('publint has nothing to say', () => check('publint', ['--strict', '--pack', 'false', unpacked.folder]));

test('the types of every entry are found by every way to resolve them', () => {
  // Resolution of Node 10 knows no `exports`: no subpath can be found by it, in any package.
  return check('attw', [unpacked.tarball, '--profile', 'node16', '--no-color']);
});

test('the types take what is right and refuse what is wrong', () => check('tsc', ['--project', join(root, 'tests', 'npm', 'types')]));

/** Runs one of the checkers; what it says is the failure. */
async function check(name, args) {
  await execute(hostProgram(name), args, { cwd: hosts }).catch(({ stdout, stderr }) => assert.fail(stdout + stderr));
}
