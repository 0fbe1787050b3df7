// The packed package, installed, in every host there is: each takes a good token, and refuses it once it is tampered with.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Miniflare } from 'miniflare';
import { chromium as browsers } from 'playwright-core';

import { chromium, unless } from '../../scripts/lib/outside.mjs';
import { compatibilityDate } from '../../scripts/lib/toolchain.mjs';
import { startIssuer } from '../worker/support.mjs';
import { hostProgram, installHosts, installPackage, requireHost, run, startNext } from './hosts.mjs';
import { tampered } from './requests.mjs';

const VERDICTS = ['user_ada', 'token-invalid-signature'];
const NODE = process.execPath;

let issuer;
let folder;
/** What a host is asked: with keys over the network, and with a key in hand. */
let asked;
let askedOffline;
let esbuild;

before(
  async () => {
    await installHosts();
    folder = await installPackage();
    issuer = await startIssuer();
    const token = await issuer.token({ user: 'user_ada', lifetime_seconds: 3600 });
    const tokens = [token, tampered(token)];
    const { publishableKey } = issuer;
    const { jwtKey } = await issuer.overview();
    asked = JSON.stringify({ options: { publishableKey }, tokens });
    askedOffline = { options: { publishableKey, jwtKey }, tokens };
    ({ build: esbuild } = await import('esbuild'));
  },
  { timeout: 600_000 },
);
after(async () => {
  await issuer?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

describe('as it is', () => {
  for (const entry of ['main.mjs', 'main.cjs']) {
    test(`node, ${extname(entry)}`, async () => assert.deepEqual(await run(NODE, [entry, asked], folder), VERDICTS));
  }

  for (const [name, args] of [['bun', ['run']], ['deno', ['run', '--no-prompt', '--allow-net=127.0.0.1']]]) {
    test(name, async (t) => {
      const program = hostProgram(name);
      const missing = unless(program, name, 'the package in it');
      if (missing) return t.skip(missing);
      assert.deepEqual(await run(program, [...args, 'main.mjs', asked], folder), VERDICTS);
    });
  }
});

describe('bundled for node', () => {
  for (const [format, outfile] of [['esm', 'esbuild.mjs'], ['cjs', 'esbuild.cjs']]) {
    test(`esbuild, ${format}`, async () => {
      await esbuild({ entryPoints: [join(folder, 'main.mjs')], outfile: join(folder, outfile), bundle: true, platform: 'node', format, logLevel: 'error' });
      assert.deepEqual(await run(NODE, [outfile, asked], folder), VERDICTS);
    });
  }

  test('webpack', async () => {
    await webpack({ entry: './main.mjs', target: 'node', output: { path: folder, filename: 'webpack.cjs' } });
    assert.deepEqual(await run(NODE, ['webpack.cjs', asked], folder), VERDICTS);
  });

  test('vite, with nothing left outside', async () => {
    await vite({ build: { ssr: 'main.mjs', outDir: 'vite-ssr' }, ssr: { noExternal: true } });
    assert.deepEqual(await run(NODE, ['vite-ssr/main.js', asked], folder), VERDICTS);
  });
});

describe('bundled for a page', { skip: unless(chromium(), 'chromium', 'the package in a page') }, () => {
  let browser;
  let server;
  before(async () => {
    browser = await browsers.launch({ executablePath: chromium(), args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'] });
    server = createServer(serve).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await esbuild({ entryPoints: [join(folder, 'page.mjs')], outfile: join(folder, 'esbuild-page.js'), bundle: true, format: 'esm', logLevel: 'error' });
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });

  /** A page that loads the script, under a policy that forbids WebAssembly where `/closed` is asked for. */
  function serve({ url }, response) {
    const { pathname, searchParams } = new URL(url, 'http://page');
    if (pathname.endsWith('.js')) return response.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync(join(folder, pathname)));
    const policy = pathname === '/closed' && { 'content-security-policy': "script-src 'self'" };
    response.writeHead(200, { 'content-type': 'text/html', ...policy });
    response.end(`<!doctype html><title>a page</title><script type="module" src="/${searchParams.get('script')}"></script>`);
  }

  /** What the page answers, or the error that it met. */
  async function ask(script, { path = '/', asks = askedOffline } = {}) {
    const page = await browser.newPage();
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`http://127.0.0.1:${server.address().port}${path}?script=${script}`);
    try {
      return await page.evaluate((what) => globalThis.verdicts?.(what), asks).catch((error) => error.message) ?? errors[0];
    } finally {
      await page.close();
    }
  }

  test('esbuild', async () => assert.deepEqual(await ask('esbuild-page.js'), VERDICTS));

  test('webpack', async () => {
    await webpack({ entry: './page.mjs', target: 'web', output: { path: folder, filename: 'webpack-page.js' } });
    assert.deepEqual(await ask('webpack-page.js'), VERDICTS);
  });

  test('vite', async () => {
    await vite({ build: { outDir: 'vite-page', lib: { entry: 'page.mjs', formats: ['es'], fileName: 'page' } } });
    assert.deepEqual(await ask('vite-page/page.js'), VERDICTS);
  });

  test('a page that is given a secret key is told in one sentence', async () => {
    const asks = { ...askedOffline, options: { ...askedOffline.options, secretKey: 'sk_test_x' } };
    assert.match(await ask('esbuild-page.js', { asks }), /CLERK_SECRET_KEY: a browser must never hold the secret key; [^.]+$/m);
  });

  test('a page whose policy forbids WebAssembly is told which word it lacks', async () => {
    assert.match(await ask('esbuild-page.js', { path: '/closed' }), /^clerk-edge cannot compile its WebAssembly here .+ must allow 'wasm-unsafe-eval'$/);
  });
});

describe('workerd', () => {
  /** What the Worker answers in workerd, bundled under the conditions given. */
  async function ask(conditions) {
    const outfile = join(folder, `worker-${conditions.join('-') || 'none'}.js`);
    await esbuild({ entryPoints: [join(folder, 'worker.mjs')], outfile, bundle: true, format: 'esm', conditions, external: ['*.wasm'], logLevel: 'error' });
    const wasm = readFileSync(join(folder, 'node_modules', 'clerk-edge', 'dist', 'core_bg.wasm'));
    const modules = { 'worker.js': { type: 'esm', contents: readFileSync(outfile, 'utf8') }, 'core_bg.wasm': { type: 'wasm', contents: wasm } };
    const manifest = { mainModule: 'worker.js', modules };
    const env = { CLERK_PUBLISHABLE_KEY: { type: 'text', value: issuer.publishableKey } };
    const workers = [{ config: { name: 'host', compatibilityDate: compatibilityDate(), manifest, env }, dev: {} }];
    const miniflare = new Miniflare({ host: '127.0.0.1', port: 0, cf: false, enableDevRegistry: false, logRequests: false, workers });
    try {
      const answers = askedOffline.tokens.map((token) => miniflare.dispatchFetch('http://host/', { headers: { authorization: `Bearer ${token}` } }));
      return await Promise.all((await Promise.all(answers)).map((answer) => answer.text()));
    } finally {
      await miniflare.dispose();
    }
  }

  test('its own entry, with settings in env and work beside the request', async () => {
    assert.deepEqual((await ask(['workerd'])).map(JSON.parse), VERDICTS);
  });

  test('a bundler that knows no condition takes the inline entry, which is compiled as the Worker starts', async () => {
    assert.deepEqual((await ask([])).map(JSON.parse), VERDICTS);
  });
});

describe('next', () => {
  // Next 16.4.6 with webpack builds no app route at the edge, even one that imports nothing: it writes no manifest of client
  // references for it and then misses it. An API route at the edge stands in for it.
  const BUILDS = [
    { bundler: 'turbopack', name: 'proxy', runtimes: { before: 'node', node: 'node', edge: 'edge', 'api/edge': 'edge' } },
    { bundler: 'webpack', name: 'middleware', runtimes: { before: 'edge', node: 'node', 'api/edge': 'edge' }, without: 'edge' },
  ];
  for (const { bundler, name, runtimes, without } of BUILDS) {
    test(`${bundler}: ${name} on ${runtimes.before}, and routes`, { timeout: 600_000 }, async () => {
      const next = await startNext(folder, { bundler, name, without, env: { CLERK_PUBLISHABLE_KEY: issuer.publishableKey } });
      try {
        for (const [path, runtime] of Object.entries(runtimes)) {
          const answers = await Promise.all(askedOffline.tokens.map((token) => fetch(new URL(path, next.url), { headers: { authorization: `Bearer ${token}` } })));
          const said = await Promise.all(answers.map((answer) => answer.json()));
          assert.deepEqual(said, VERDICTS.map((verdict) => ({ runtime, verdict })), path);
        }
      } finally {
        await next.close();
      }
    });
  }
});

/** Builds with webpack. */
async function webpack(options) {
  const compiler = requireHost('webpack')({ mode: 'production', context: folder, performance: false, ...options });
  const stats = await new Promise((resolve, reject) => compiler.run((error, done) => (error ? reject(error) : resolve(done))));
  await new Promise((resolve) => compiler.close(resolve));
  assert.equal(stats.hasErrors(), false, stats.toString({ all: false, errors: true }));
}

/** Builds with Vite. */
async function vite(options) {
  const { build } = await import(requireHost.resolve('vite'));
  await build({ root: folder, configFile: false, logLevel: 'error', ...options });
}
