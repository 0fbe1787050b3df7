// Builds the Worker into build/, unless what is there was built from the very same sources by the very same tools.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { capture, run } from './lib/processes.mjs';
import { program, say, step } from './lib/report.mjs';
import { buildEnv, crateTools, paths, root, rustEnv } from './lib/toolchain.mjs';
import { setup } from './setup.mjs';

const STAMP = join(root, 'build', '.stamp');
const SOURCES = ['src', 'Cargo.toml', 'Cargo.lock', 'rust-toolchain.toml', '.cargo'];

/** Builds the Worker where that is needed. The tools must be there. */
export async function build() {
  const stamp = await fingerprint();
  if ([paths.worker, paths.wasm, STAMP].every(existsSync) && readFileSync(STAMP, 'utf8') === stamp) {
    return say('worker: built already');
  }
  rmSync(STAMP, { force: true });
  await step('building the worker', (count) =>
    run(paths.toolBin('worker-build'), ['--release', '--features', 'entry'], {
      cwd: root,
      env: buildEnv(),
      quiet: true,
      onLine: compiling(count),
    }),
  );
  writeFileSync(STAMP, stamp);
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

/** The contents of all sources and the versions of all tools, in one hash. */
async function fingerprint() {
  const env = buildEnv();
  const hash = createHash('sha256');
  const rust = await capture('rustc', ['--version'], { cwd: root, env });
  const packages = readFileSync(join(root, 'package-lock.json'));
  hash.update(JSON.stringify([rust, process.env.RUSTFLAGS, crateTools.map(({ crate, version }) => [crate, version])]));
  hash.update(packages);
  for (const source of SOURCES.map((name) => join(root, name)).filter(existsSync)) {
    for (const file of files(source)) hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
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

await program(import.meta.url, async () => {
  await setup();
  await build();
});
