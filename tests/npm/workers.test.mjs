// Hono on Cloudflare Workers, in workerd: the package's own entry for it, and the one table of requests.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Miniflare } from 'miniflare';

import { compatibilityDate, paths, root } from '../../scripts/lib/toolchain.mjs';
import { FRONT_END, startIssuer } from '../worker/support.mjs';
import { unpackPackage } from './package.mjs';
import { check, requests, send } from './requests.mjs';
import { rest } from './transports.mjs';

const transport = rest();
let issuer;
let worker;
let url;

before(async () => {
  const { folder } = unpackPackage();
  issuer = await startIssuer();
  const modules = {
    'worker.js': { type: 'esm', contents: await bundled() },
    'core_bg.wasm': { type: 'wasm', contents: readFileSync(join(folder, 'dist', 'core_bg.wasm')) },
  };
  const text = (value) => ({ type: 'text', value });
  const env = { CLERK_PUBLISHABLE_KEY: text(issuer.publishableKey), FRONT_END: text(FRONT_END) };
  const config = { name: 'hono', compatibilityDate: compatibilityDate(), manifest: { mainModule: 'worker.js', modules }, env };
  const dev = { unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] };
  worker = new Miniflare({ host: '127.0.0.1', port: 0, cf: false, enableDevRegistry: false, workers: [{ config, dev }] });
  await worker.ready;
  url = (await worker.unsafeGetDirectURL('hono')).origin;
});
after(async () => {
  await worker?.dispose();
  await issuer?.close();
});

for (const row of requests) {
  test(row.title, async () => check(await send(url, issuer, row, transport), row, transport));
}

/** As wrangler bundles: by the condition `workerd`, with wasm beside. */
async function bundled() {
  const { build } = createRequire(paths.wrangler)('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(root, 'tests', 'npm', 'hono-worker.mjs')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['*.wasm', 'cloudflare:workers'],
  });
  return outputFiles[0].text;
}
