// Where every tool is and which version it has: the one place that pins what is not in package.json or Cargo.lock.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The oldest Node that the scripts themselves run on, and the oldest that wrangler runs on. */
export const NODE_MIN = '20.0.0';
export const NODE_MIN_WRANGLER = '22.12.0';

export const WASM_TARGET = 'wasm32-unknown-unknown';

/** Programs that come as crates and are compiled into .tools. */
export const crateTools = [
  // Must be the very version of the library. Its lock file pins a yanked crate, so it is not used.
  { crate: 'wasm-bindgen-cli', binary: 'wasm-bindgen', version: lockedVersion('wasm-bindgen'), locked: false, minutes: 2 },
  { crate: 'worker-build', binary: 'worker-build', version: '0.8.7', locked: true, minutes: 2.5 },
  { crate: 'wasm-pack', binary: 'wasm-pack', version: '0.15.1', locked: true, minutes: 2.5 },
];

/** The same, for those who fuzz. */
export const fuzzTool = { crate: 'cargo-fuzz', binary: 'cargo-fuzz', version: '0.13.2', locked: true, minutes: 1 };

const bin = (name) => join(root, 'node_modules', '.bin', name);

export const paths = {
  tools: join(root, '.tools'),
  toolBin: (name) => join(root, '.tools', 'bin', name),
  node: bin('node'),
  wrangler: join(root, 'node_modules', 'wrangler', 'bin', 'wrangler.js'),
  wasmOpt: bin('wasm-opt'),
  // wrangler brings esbuild; npm may put it beside wrangler or below it.
  esbuild: () => createRequire(paths.wrangler).resolve('esbuild/bin/esbuild'),
  worker: join(root, 'build', 'index.js'),
  wasm: join(root, 'build', 'index_bg.wasm'),
  cli: join(resolve(root, process.env.CARGO_TARGET_DIR ?? 'target'), 'debug', 'clerk-edge'),
  demo: join(root, '.wrangler', 'demo'),
};

/** The oldest Rust that compiles the package. */
export function rustMin() {
  return read('Cargo.toml').match(/^rust-version = "(.+)"$/m)[1];
}

/** The release channel that the repository asks rustup for. */
export function rustChannel() {
  return read('rust-toolchain.toml').match(/^channel = "(.+)"$/m)[1];
}

/** The date that says how workerd behaves, in production, in the demo and in tests alike. */
export function compatibilityDate() {
  return read('wrangler.toml').match(/^compatibility_date = "(.+)"$/m)[1];
}

/** The flags beside that date. */
export function compatibilityFlags() {
  return JSON.parse(read('wrangler.toml').match(/^compatibility_flags = (.+)$/m)[1]);
}

function lockedVersion(crate) {
  const found = read('Cargo.lock').match(new RegExp(`^name = "${crate}"\nversion = "(.+)"$`, 'm'));
  return found?.[1];
}

function read(name) {
  return readFileSync(join(root, name), 'utf8');
}

/** Whether version `a` is `b` or newer. */
export function isAtLeast(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map((part) => Number.parseInt(part, 10)));
  for (let i = 0; i < right.length; i += 1) {
    if ((left[i] ?? 0) !== right[i]) return (left[i] ?? 0) > right[i];
  }
  return true;
}

/** The environment for cargo and for what it runs: a fresh rustup is found even in a shell that was opened before it. */
export function rustEnv() {
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo');
  return { ...process.env, PATH: [pathWithout(bin('')), join(cargoHome, 'bin')].join(delimiter) };
}

/** The environment for building the Worker and for its tests: our tools first. */
export function buildEnv() {
  const env = rustEnv();
  return {
    ...env,
    PATH: [join(paths.tools, 'bin'), bin(''), env.PATH].join(delimiter),
    WASM_BINDGEN_BIN: paths.toolBin('wasm-bindgen'),
    WASM_OPT_BIN: paths.wasmOpt,
    ESBUILD_BIN: paths.esbuild(),
  };
}

/** The environment for wrangler: quiet, offline, and nothing written outside the repository. */
export function wranglerEnv() {
  return {
    ...buildEnv(),
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_SEND_ERROR_REPORTS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    WRANGLER_LOG_PATH: join(root, '.wrangler', 'logs'),
    WRANGLER_REGISTRY_PATH: join(root, '.wrangler', 'registry'),
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    FORCE_COLOR: '0',
    NO_COLOR: '1',
  };
}

function pathWithout(folder) {
  return (process.env.PATH ?? '').split(delimiter).filter((entry) => join(entry, '/') !== join(folder, '/')).join(delimiter);
}
