// Contestants as they are deployed: bundled for their host and minified, each with what it needs and no more.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { paths, root } from '../../scripts/lib/toolchain.mjs';

const dist = join(root, 'pkg', 'dist');

/** Bundles a file of benches/ for workerd; `clerk-edge` is the built package. */
export function bundle(file) {
  return bundled({ entryPoints: [join(root, 'benches', file)] });
}

/** Bundles what a line of code needs. */
export function bundleOf(code, options = {}) {
  return bundled({ stdin: { contents: code, resolveDir: join(root, 'benches') }, ...options });
}

async function bundled(options) {
  const { build } = createRequire(paths.wrangler)('esbuild');
  const { outputFiles } = await build({
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    alias: { 'clerk-edge': join(dist, 'workerd.js') },
    conditions: ['workerd', 'worker', 'browser'],
    external: ['*.wasm'],
    logLevel: 'warning',
    ...options,
  });
  return outputFiles[0].text;
}

/** The Worker as it was built. */
export function builtWorker() {
  return { 'index.js': readFileSync(paths.worker, 'utf8'), 'index_bg.wasm': readFileSync(paths.wasm) };
}

/** The package's module of WebAssembly, which Workers import. */
export function packageWasm() {
  return { 'core_bg.wasm': readFileSync(join(dist, 'core_bg.wasm')) };
}

/** Where an entry of the built package is. */
export function packageEntry(name) {
  return join(dist, name);
}

/** How long bytes or a text are, and how long once compressed. */
export function sizes(...parts) {
  const raw = parts.map((part) => Buffer.from(part));
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  return { raw: sum(raw.map(({ length }) => length)), gzip: sum(raw.map((bytes) => gzipSync(bytes, { level: 9 }).length)) };
}
