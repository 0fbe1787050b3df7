// Makes a fresh clone ready to build, run and test, and does nothing when it is: the wasm target, the Node packages, and
// the tools that come as crates.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { Failure, capture, run } from './lib/processes.mjs';
import { program, say, seconds, step } from './lib/report.mjs';
import * as toolchain from './lib/toolchain.mjs';

const { WASM_TARGET, crateTools, paths, root } = toolchain;
const STAMP = join(root, 'node_modules', '.clerk-edge-stamp');

/** Sets everything up; every part is skipped when it is there already. */
export async function setup() {
  const began = Date.now();
  checkNode();
  const sysroot = await findRust();
  await addWasmTarget(sysroot);
  await installPackages();
  await installTools(sysroot, crateTools);
  say(`set-up: ready (${seconds(Date.now() - began)})`);
}

/** Installs one tool that comes as a crate, unless it is there. */
export async function setupTool(tool) {
  await installTools(await findRust(), [tool]);
}

/** Whether a tool that comes as a crate is there, in the version that is asked for. */
export async function isInstalled({ binary, version }) {
  const answer = await capture(paths.toolBin(binary), ['--version']);
  return answer?.split(' ').at(-1) === version;
}

function checkNode() {
  const { node } = process.versions;
  if (toolchain.isAtLeast(node, toolchain.NODE_MIN)) return;
  throw new Failure(`node ${toolchain.NODE_MIN} or newer is needed, and this is ${node}: install it from https://nodejs.org`);
}

/** The folder of the toolchain that builds here. */
async function findRust() {
  const found = (await askRustc('--version')) ?? (await installToolchain());
  const number = found.split(' ')[1];
  if (toolchain.isAtLeast(number, toolchain.rustMin())) return askRustc('--print=sysroot');
  throw new Failure(`rust ${toolchain.rustMin()} or newer is needed, and this is ${number}: run \`rustup update\``);
}

function askRustc(question) {
  return capture('rustc', [question], { cwd: root, env: toolchain.rustEnv() });
}

/** Rustup may be there without the channel that rust-toolchain.toml names. */
async function installToolchain() {
  const env = toolchain.rustEnv();
  const channel = toolchain.rustChannel();
  if ((await capture('rustup', ['--version'], { env })) === undefined) {
    throw new Failure(`rust is missing: install it with rustup from https://rustup.rs (${toolchain.rustMin()} or newer)`);
  }
  const args = ['toolchain', 'install', channel, '--profile', 'minimal', '--no-self-update'];
  await step(`installing rust's ${channel} toolchain`, () => run('rustup', args, { env, quiet: true }));
  const found = await askRustc('--version');
  if (found === undefined) throw new Failure('rustc does not run: try `rustc --version` in this folder');
  return found;
}

async function addWasmTarget(sysroot) {
  const library = join(sysroot, 'lib', 'rustlib', WASM_TARGET, 'lib');
  if (existsSync(library)) return;
  const args = ['target', 'add', WASM_TARGET, '--toolchain', basename(sysroot)];
  const advice = `the rust target ${WASM_TARGET} is missing and cannot be added: run \`rustup ${args.join(' ')}\` and see why`;
  await step(`adding the rust target ${WASM_TARGET}`, () =>
    run('rustup', args, { env: toolchain.rustEnv(), quiet: true }).catch(() => {
      throw new Failure(advice);
    }),
  );
  if (!existsSync(library)) throw new Failure(advice);
}

async function installPackages() {
  const wanted = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  // Without node_modules/.bin in its PATH, lest npm runs on the very Node that it replaces.
  const options = { cwd: root, env: toolchain.rustEnv(), quiet: true };
  await step('installing the node packages (about 20 s)', () =>
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], options),
  );
  await checkInstalledNode();
  writeFileSync(STAMP, wanted);
}

/** The package `node` fetches its program in an install script, which npm can be told not to run. */
async function checkInstalledNode() {
  const version = (await capture(paths.node, ['--version']))?.slice(1);
  if (version && toolchain.isAtLeast(version, toolchain.NODE_MIN_WRANGLER)) return;
  throw new Failure(
    `wrangler needs node ${toolchain.NODE_MIN_WRANGLER}, and node_modules/.bin/node is ${version ?? 'missing'}: ` +
      'npm must be allowed to run install scripts here (ignore-scripts=false)',
  );
}

async function installTools(sysroot, tools) {
  const there = await Promise.all(tools.map(isInstalled));
  const missing = tools.filter((_, index) => !there[index]);
  if (missing.length === 0) return;
  mkdirSync(paths.tools, { recursive: true });
  const shared = join(paths.tools, 'target');
  for (const tool of missing) await installTool(tool, toolEnv(sysroot, shared));
  rmSync(shared, { recursive: true, force: true });
}

/** Debug builds: they compile three times as fast as release builds and are no slower to use. */
function installTool({ crate, version, locked, minutes }, env) {
  const args = ['install', `${crate}@${version}`, '--root', paths.tools, '--debug', '--force'];
  if (locked) args.push('--locked');
  let compiled = 0;
  return step(`compiling ${crate} ${version} (once, about ${minutes} min)`, (count) =>
    run('cargo', args, {
      cwd: tmpdir(), // where no .cargo/config.toml of this repository is found
      env,
      quiet: true,
      onLine: (line) => /^\s*Compiling /.test(line) && count(`${(compiled += 1)} crates: ${line.trim()}`),
    }),
  );
}

/** What a tool is compiled with: nothing of what a user sets for the wasm or for the package itself. */
function toolEnv(sysroot, targetDir) {
  const env = Object.fromEntries(
    Object.entries(toolchain.rustEnv()).filter(([name]) => !/^(CARGO_(ENCODED_)?RUSTFLAGS|RUSTFLAGS|CARGO_(BUILD|TARGET|PROFILE)_.*)$/.test(name)),
  );
  if (sysroot.includes(`${join('toolchains', '')}`)) env.RUSTUP_TOOLCHAIN = basename(sysroot);
  return { ...env, CARGO_TARGET_DIR: targetDir, CARGO_INCREMENTAL: '0', CARGO_PROFILE_DEV_DEBUG: '0' };
}

await program(import.meta.url, setup);
