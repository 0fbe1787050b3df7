// Builds the Worker into build/, unless what is there was built from the very same sources by the very same tools.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

import { capture, run } from './lib/processes.mjs';
import { program, say, step } from './lib/report.mjs';
import { buildEnv, crateTools, paths, root, rustEnv } from './lib/toolchain.mjs';
import { buildWorker } from './lib/worker.mjs';
import { setup } from './setup.mjs';

const SOURCES = ['src', 'Cargo.toml', 'Cargo.lock', 'rust-toolchain.toml', '.cargo'];

/** Builds the Worker of a crate, the gateway's own or an example's, where that is needed. The tools must be there. */
export async function build(crate = root) {
  const name = relative(root, crate) || 'the worker';
  const out = (file) => join(crate, 'build', file);
  const stamp = await fingerprint(crate === root ? ['worker.mjs', 'glue.mjs'].map((file) => join(root, 'scripts', 'lib', file)) : ['src', 'Cargo.toml'].map((source) => join(crate, source)));
  if (['index.js', 'index_bg.wasm', '.stamp'].map(out).every(existsSync) && readFileSync(out('.stamp'), 'utf8') === stamp) {
    return say(`${name}: built already`);
  }
  rmSync(out('.stamp'), { force: true });
  await step(`building ${name}`, (count) => (crate === root ? buildWorker(out(''), compiling(count)) : buildByWorkerBuild(crate, count)));
  writeFileSync(out('.stamp'), stamp);
}

function buildByWorkerBuild(crate, count) {
  return run(paths.toolBin('worker-build'), ['--release'], { cwd: crate, env: buildEnv(), quiet: true, onLine: compiling(count) });
}

/** Builds the command line, which holds the stand-in for Clerk. */
export function buildCommandLine() {
  return step('building the command line', (count) =>
    run('cargo', ['build', '--bin', 'clerk-edge'], { cwd: root, env: rustEnv(), quiet: true, onLine: compiling(count) }),
  );
}

function compiling(count) {
  return (line) => /^\s*Compiling /.test(line) && count(line.trim());
}

/** The contents of all sources, and of those that are only this build's own, and the versions of all tools, in one hash. */
export async function fingerprint(own) {
  const env = buildEnv();
  const hash = createHash('sha256');
  const rust = await capture('rustc', ['--version'], { cwd: root, env });
  const packages = readFileSync(join(root, 'package-lock.json'));
  hash.update(JSON.stringify([rust, process.env.RUSTFLAGS, crateTools.map(({ crate, version }) => [crate, version])]));
  hash.update(packages);
  for (const source of [...SOURCES.map((name) => join(root, name)), ...own].filter(existsSync)) {
    for (const file of files(source)) hash.update(`${relative(root, file)}\0`).update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

function files(path) {
  try {
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .sort();
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path];
    throw error;
  }
}

// `node scripts/build.mjs [FOLDER]`: the Worker, or the one of an example.
await program(import.meta.url, async ([folder]) => {
  await setup();
  await build(folder === undefined ? root : resolve(folder));
});
