// Builds the npm package in pkg/: the core in wasm, one entry for each kind of host, and the adapters.

import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';

import { run } from './lib/processes.mjs';
import { program, step } from './lib/report.mjs';
import { WASM_TARGET, buildEnv, paths, root } from './lib/toolchain.mjs';
import { setup } from './setup.mjs';

const pkg = join(root, 'pkg');
const generated = join(pkg, 'src', 'wasm');
const dist = join(pkg, 'dist');

/** The entries over the core; the adapters are every file of src/adapters. */
const CORE_ENTRIES = ['workerd', 'edge-light', 'inline'];

/** What every host of the package has had for years; wasm-opt would use newer things too. */
const WASM_FEATURES = ['bulk-memory', 'bulk-memory-opt', 'multivalue', 'mutable-globals', 'nontrapping-float-to-int', 'reference-types', 'sign-ext'].map(
  (feature) => `--enable-${feature}`,
);

export async function buildPackage() {
  await step('building the core for npm', buildCore);
  await step('bundling the package', bundle);
}

async function buildCore() {
  const target = join(paths.cli, '..', '..', WASM_TARGET, 'npm', 'clerk_edge.wasm');
  const options = { cwd: root, env: buildEnv(), quiet: true };
  await run('cargo', ['build', '--lib', '--profile', 'npm', '--target', WASM_TARGET, '--no-default-features', '--features', 'npm'], options);
  rmSync(generated, { recursive: true, force: true });
  const bind = ['--target', 'bundler', '--out-dir', generated, '--out-name', 'core', '--no-typescript', target];
  await run(paths.toolBin('wasm-bindgen'), bind, options);
  const wasm = join(generated, 'core_bg.wasm');
  await run(paths.wasmOpt, ['-Oz', ...WASM_FEATURES, '--strip-debug', '--strip-producers', wasm, '-o', wasm], options);
}

async function bundle() {
  const { build } = createRequire(paths.wrangler)('esbuild');
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  const wasm = readFileSync(join(generated, 'core_bg.wasm'));
  cpSync(join(generated, 'core_bg.wasm'), join(dist, 'core_bg.wasm'));
  const base64 = {
    name: 'core-as-base64',
    setup(plugins) {
      plugins.onResolve({ filter: /^core-as-base64$/ }, ({ path }) => ({ path, namespace: 'core' }));
      plugins.onLoad({ filter: /.*/, namespace: 'core' }, () => ({ contents: wasm.toString('base64'), loader: 'text' }));
    },
  };
  const common = { bundle: true, minify: true, target: 'es2022', logLevel: 'warning', plugins: [base64], external: ['*.wasm', '*.wasm?module'] };
  for (const name of CORE_ENTRIES) {
    await build({ ...common, entryPoints: [join(pkg, 'src', `${name}.js`)], outfile: join(dist, `${name}.js`), format: 'esm' });
  }
  await build({ ...common, entryPoints: [join(pkg, 'src', 'inline.js')], outfile: join(dist, 'inline.cjs'), format: 'cjs', platform: 'node' });
  // The adapters find the core by the package's own name, so that each host's entry is taken and is there once.
  for (const name of adapters()) {
    for (const [format, ending] of [['esm', 'js'], ['cjs', 'cjs']]) {
      const [entry, outfile] = [join(pkg, 'src', 'adapters', `${name}.js`), join(dist, `${name}.${ending}`)];
      await build({ ...common, entryPoints: [entry], outfile, format, external: ['clerk-edge', 'graphql', '@trpc/server'], platform: 'neutral' });
    }
  }
}

function adapters() {
  return readdirSync(join(pkg, 'src', 'adapters')).map((file) => basename(file, '.js'));
}

await program(import.meta.url, async () => {
  await setup();
  await buildPackage();
});
