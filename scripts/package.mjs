// Builds the npm package in pkg/: the core in wasm, one entry for each kind of host, and the adapters.

import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';

import { fingerprint } from './build.mjs';
import { encodeAtOnce } from './lib/glue.mjs';
import { withoutPanics } from './lib/panics.mjs';
import { Failure, capture, run, runAhead } from './lib/processes.mjs';
import { program, say, step } from './lib/report.mjs';
import { WASM_TARGET, buildEnv, paths, root } from './lib/toolchain.mjs';
import { setup } from './setup.mjs';

const pkg = join(root, 'pkg');
const generated = join(pkg, 'src', 'wasm');
const dist = join(pkg, 'dist');
const STAMP = join(generated, '.stamp');

/** The entries over the core; the adapters are every file of src/adapters. */
const CORE_ENTRIES = ['workerd', 'edge-light', 'inline'];

/** The entry without the core: for pages that call an API. */
const CLIENT = join(pkg, 'src', 'client.js');

/** Tried for the smallest gzip: with -Oz, or with more inlining, the module is smaller and its gzip larger. */
const WASM_PASSES = ['-O2', '--gufa-optimizing', '-O2', '--one-caller-inline-max-function-size=8', '--zero-filled-memory', '--low-memory-unused', '--strip-debug', '--strip-producers'];

/**
 * What is built for size is inlined nearly nowhere. By this, a token takes a sixth less, and gzip finds in more code more that repeats:
 * the module is as large as without.
 */
const INLINING = '-Cllvm-args=-inline-threshold=40';

/** Files of the whole project that the package carries too. */
const LICENSES = ['LICENSE-APACHE', 'LICENSE-MIT'];

/** What begins a panic, by its symbol. */
const PANICS = /(4core|3std|5alloc|13generic_array|7___rustc).*(panic|_fail|handle_(alloc_)?error)/;

/** What every host of the package has had for years; wasm-opt would use newer things too. */
const WASM_FEATURES = ['bulk-memory', 'bulk-memory-opt', 'multivalue', 'mutable-globals', 'nontrapping-float-to-int', 'reference-types', 'sign-ext'].map(
  (feature) => `--enable-${feature}`,
);

/** Builds the package; the core in wasm only where its sources or its tools changed. The tools must be there. */
export async function buildPackage() {
  const stamp = await fingerprint([fileURLToPath(import.meta.url), ...['glue.mjs', 'panics.mjs'].map((name) => join(root, 'scripts', 'lib', name))]);
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) say('the core for npm: built already');
  else {
    rmSync(STAMP, { force: true });
    await step('building the core for npm', buildCore);
    writeFileSync(STAMP, stamp);
  }
  await step('bundling the package', bundle);
}

/** Compiles the core for `buildPackage`, beside what else goes on and without a word: it says itself what is wrong. */
export function compileAhead() {
  return runAhead('cargo', cargoArguments(), { cwd: root, env: buildEnv() });
}

async function buildCore() {
  const target = join(paths.cli, '..', '..', WASM_TARGET, 'npm', 'clerk_edge.wasm');
  const options = { cwd: root, env: buildEnv(), quiet: true };
  await run('cargo', cargoArguments(), options);
  rmSync(generated, { recursive: true, force: true });
  mkdirSync(generated);
  const linked = join(generated, 'linked.wasm');
  writeFileSync(linked, withoutPanics(readFileSync(target), (symbol) => PANICS.test(symbol)));
  const bind = ['--target', 'bundler', '--out-dir', generated, '--out-name', 'core', '--no-typescript', linked];
  await run(paths.toolBin('wasm-bindgen'), bind, options);
  rmSync(linked);
  const wasm = join(generated, 'core_bg.wasm');
  await run(paths.wasmOpt, [...WASM_FEATURES, ...WASM_PASSES, wasm, '-o', wasm], options);
  const names = await capture(paths.wasmOpt, [...WASM_FEATURES, '--minify-imports-and-exports-and-modules', wasm, '-o', wasm], options);
  nameShortly(join(generated, 'core_bg.js'), JSON.parse(names));
}

/** Makes the glue in JavaScript call the wasm, and be called by it, by the short names that wasm-opt gave, and pass texts at once. */
function nameShortly(glue, { imports, exports }) {
  const short = new Map(exports);
  const text = encodeAtOnce(readFileSync(glue, 'utf8')).replaceAll(/\bwasm\.(\w+)/g, (_, name) => {
    if (!short.has(name)) throw new Failure(`the core for npm exports no ${name}`);
    return `wasm.${short.get(name)}`;
  });
  const functions = imports.map(([, name, shortName]) => `${shortName}: ${name}`).join(', ');
  const start = `export const start = () => wasm.${short.get('__wbindgen_start')}();`;
  writeFileSync(glue, `${text}\nexport const imports = { a: { ${functions} } };\n${start}\n`);
}

function cargoArguments() {
  const build = ['build', '--lib', '--profile', 'npm', '--target', WASM_TARGET, '--no-default-features', '--features', 'npm'];
  return [...build, '--config', rustFlags()];
}

/** No folder of the machine that built it is named in the wasm; and the linker says what refers to what. */
function rustFlags() {
  const crates = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'registry', 'src');
  return `target.${WASM_TARGET}.rustflags=${JSON.stringify([`--remap-path-prefix=${crates}=crates`, '-Clink-arg=--emit-relocs', INLINING])}`;
}

async function bundle() {
  const { build } = createRequire(paths.wrangler)('esbuild');
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  for (const name of LICENSES) cpSync(join(root, name), join(pkg, name));
  const wasm = readFileSync(join(generated, 'core_bg.wasm'));
  cpSync(join(generated, 'core_bg.wasm'), join(dist, 'core_bg.wasm'));
  const base64 = {
    name: 'core-as-base64',
    setup(plugins) {
      plugins.onResolve({ filter: /^core-as-base64$/ }, ({ path }) => ({ path, namespace: 'core' }));
      plugins.onLoad({ filter: /.*/, namespace: 'core' }, () => ({ contents: deflateRawSync(wasm, { level: 9 }).toString('base64'), loader: 'text' }));
    },
  };
  const common = { bundle: true, minify: true, target: 'es2022', logLevel: 'warning', plugins: [base64], external: ['*.wasm', '*.wasm?module'] };
  for (const name of CORE_ENTRIES) {
    await build({ ...common, entryPoints: [join(pkg, 'src', `${name}.js`)], outfile: join(dist, `${name}.js`), format: 'esm' });
  }
  await build({ ...common, entryPoints: [join(pkg, 'src', 'inline.js')], outfile: join(dist, 'inline.cjs'), format: 'cjs', platform: 'node' });
  writeTypesForRequire();
  // The adapters find the core by the package's own name, so that each host's entry is taken and is there once.
  for (const entry of [CLIENT, ...adapters()]) {
    for (const [format, ending] of [['esm', 'js'], ['cjs', 'cjs']]) {
      const outfile = join(dist, `${basename(entry, '.js')}.${ending}`);
      await build({ ...common, entryPoints: [entry], outfile, format, external: ['clerk-edge', 'graphql', '@trpc/server'], platform: 'neutral' });
    }
  }
}

/** The types once more for `require`, where an import names the types beside it. Those of `import` are written by hand. */
function writeTypesForRequire() {
  const types = join(pkg, 'types');
  for (const file of readdirSync(types)) {
    const text = readFileSync(join(types, file), 'utf8').replaceAll(/from '(\.\/\w+)\.js'/g, "from '$1.cjs'");
    writeFileSync(join(dist, file.replace(/\.ts$/, '.cts')), text);
  }
}

function adapters() {
  const folder = join(pkg, 'src', 'adapters');
  return readdirSync(folder).map((file) => join(folder, file));
}

await program(import.meta.url, async () => {
  await setup();
  await buildPackage();
});
