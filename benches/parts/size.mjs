// What is deployed and downloaded, and how long a new Worker takes to its first answer.

import { readFileSync } from 'node:fs';

import { builtWorker, bundle, bundleOf, packageEntry, packageWasm, sizes } from '../lib/bundle.mjs';
import { coldStarts } from '../lib/cold-start.mjs';
import { judged, kilobytes, table } from '../lib/table.mjs';

export const title = 'Size and cold start';

const WORKER_GZIP_KB = 160;

export async function measure(options) {
  return [await sizeTable(), await coldStarts(options)].join('\n\n');
}

async function sizeTable() {
  const worker = builtWorker();
  const wasm = packageWasm()['core_bg.wasm'];
  const inline = readFileSync(packageEntry('inline.js'));
  const rows = [
    ['the Worker, in all', ...Object.values(worker)],
    ['its WebAssembly', worker['index_bg.wasm']],
    ['its JavaScript', worker['index.js']],
    ['a Worker on jose', await bundle('workers/jose.mjs')],
    ['a Worker on @clerk/backend', await bundle('workers/clerk.mjs')],
    ['the npm package in a Worker, in all', await bundleOf("export { createVerifier } from 'clerk-edge'"), wasm],
    ['its WebAssembly', wasm],
    ['the npm package elsewhere, in one file', inline],
    ['jose: jwtVerify, importJWK', await bundleOf("export { jwtVerify, importJWK } from 'jose'")],
    ['@clerk/backend: verifyToken', await bundleOf("export { verifyToken } from '@clerk/backend'")],
    ['@clerk/backend: createClerkClient', await bundleOf("export { createClerkClient } from '@clerk/backend'")],
  ].map(([name, ...parts]) => ({ name, ...sizes(...parts) }));
  const gzip = rows[0].gzip / 1000;
  return [
    'Bundled and minified, in kB of 1,000 bytes; gzip at level 9, each file by itself.',
    table(['what', 'raw', 'gzip'], rows.map(({ name, raw, gzip }) => [name, kilobytes(raw), kilobytes(gzip)])),
    judged('the Worker in all, gzip', { reached: { median: gzip }, atMost: WORKER_GZIP_KB, shown: `${gzip.toFixed(1)} kB` }),
  ].join('\n\n');
}
