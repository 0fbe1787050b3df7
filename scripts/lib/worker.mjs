// Builds the gateway's own Worker: the core in wasm, what wasm-bindgen writes for it, and the module that the platform loads.
//
// worker-build does the same for Workers that have the gateway as a library. What it makes for each request, a class and some
// proxies, is most of what a short request costs in JavaScript, and it keeps the names of all functions.

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { encodeAtOnce } from './glue.mjs';
import { Failure, run } from './processes.mjs';
import { WASM_TARGET, buildEnv, paths, root } from './toolchain.mjs';

/** What is deployed may be no larger in all, compressed: each new isolate compiles it before its first answer. */
const GZIP_BYTES = 155_000;

/** No feature is used that workerd might not have. */
const WASM_OPTIONS = [
  ...['bulk-memory', 'bulk-memory-opt', 'multivalue', 'mutable-globals', 'nontrapping-float-to-int', 'reference-types', 'sign-ext'].map((feature) => `--enable-${feature}`),
  // With less, a first request has a sixth more functions compiled; with more, what it does not need is compiled with the rest.
  ...['-Oz', '--one-caller-inline-max-function-size=80', '--zero-filled-memory', '--low-memory-unused', '--strip-debug', '--strip-producers'],
];

/** Builds it into a folder; `onLine` sees what cargo says. */
export async function buildWorker(out, onLine) {
  const made = join(paths.cli, '..', '..', WASM_TARGET, 'worker', 'clerk_edge.wasm');
  const staging = join(out, 'staging');
  const options = { cwd: root, env: buildEnv(), quiet: true };
  const cargo = ['build', '--lib', '--profile', 'worker', '--target', WASM_TARGET, '--no-default-features', '--features', 'entry'];
  await run('cargo', cargo, { ...options, onLine });
  rmSync(out, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  const bind = ['--target', 'module', '--experimental-reset-state-function', '--no-typescript', '--out-dir', staging, '--out-name', 'index', made];
  await run(paths.toolBin('wasm-bindgen'), bind, options);
  await run(paths.wasmOpt, [...WASM_OPTIONS, join(staging, 'index_bg.wasm'), '-o', join(out, 'index_bg.wasm')], options);
  await bundle(staging, join(out, 'index.js'));
  rmSync(staging, { recursive: true });
  const bytes = ['index.js', 'index_bg.wasm'].map((file) => gzipSync(readFileSync(join(out, file)), { level: 9 }).length).reduce((sum, size) => sum + size);
  if (bytes > GZIP_BYTES) throw new Failure(`the Worker is ${bytes} bytes of gzip; at most ${GZIP_BYTES} are allowed`);
}

async function bundle(staging, outfile) {
  const { build } = createRequire(paths.wrangler)('esbuild');
  const glue = join(staging, 'index.js');
  // workerd gives a compiled module for either spelling, and esbuild knows only the older one.
  writeFileSync(glue, encodeAtOnce(readFileSync(glue, 'utf8').replace('import source ', 'import ')));
  cpSync(join(root, 'src', 'platform', 'workers', 'entry.js'), join(staging, 'entry.js'));
  const options = { bundle: true, minify: true, format: 'esm', target: 'es2022', external: ['*.wasm'], logLevel: 'warning' };
  await build({ ...options, entryPoints: [join(staging, 'entry.js')], outfile });
}
