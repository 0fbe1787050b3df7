// Checks form: formatting, lints and documentation, on the host and for wasm, with every warning an error.

import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { Failure, capture, run } from './lib/processes.mjs';
import { program, say, step } from './lib/report.mjs';
import { WASM_TARGET, paths, root, rustChannel, rustEnv } from './lib/toolchain.mjs';
import { setup } from './setup.mjs';

const WASM = ['--target', WASM_TARGET, '--features', 'entry,npm', '--lib'];

const checks = [
  ['formatting', ['fmt', '--all', '--check']],
  ['formatting, fuzz targets', ['fmt', '--manifest-path', join('fuzz', 'Cargo.toml'), '--check']],
  ['lints, host', ['clippy', '--all-targets', '--', '-D', 'warnings']],
  ['lints, wasm', ['clippy', ...WASM, '--', '-D', 'warnings']],
  ['lints, the axum origin', ['clippy', '--package', 'origin-axum', '--', '-D', 'warnings']],
  ['documentation, host', ['doc', '--no-deps']],
  ['documentation, wasm', ['doc', '--no-deps', ...WASM]],
  ...examples('').map((name) => [`example ${name}`, clippyOfExample(name, ['--target', WASM_TARGET])]),
  ...examples('origins').map((name) => [`example ${name}`, clippyOfExample(name, ['--no-default-features'])]),
];

/** Each example in Rust is a package of its own: a Worker, or below `origins` a server, whose TLS is not what is checked. */
function examples(group) {
  const folder = join(root, 'examples', group);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, 'Cargo.toml'))).map((name) => join(group, name));
}

function clippyOfExample(name, options) {
  const args = ['--manifest-path', join('examples', name, 'Cargo.toml'), '--target-dir', dirname(dirname(paths.cli)), ...options];
  return ['clippy', ...args, '--', '-D', 'warnings'];
}

/** A minimal rustup has neither of the two components. */
async function addComponents(env) {
  for (const [command, component] of [['fmt', 'rustfmt'], ['clippy', 'clippy']]) {
    if ((await capture('cargo', [command, '--version'], { cwd: root, env })) !== undefined) continue;
    const args = ['component', 'add', component, '--toolchain', rustChannel()];
    await step(`adding rust's ${component}`, () => run('rustup', args, { cwd: root, env, quiet: true }));
  }
}

await program(import.meta.url, async () => {
  await setup();
  const env = { ...rustEnv(), RUSTDOCFLAGS: '-D warnings' };
  await addComponents(env);
  const failed = [];
  for (const [title, args] of checks) {
    await step(`check: ${title}`, () => run('cargo', args, { cwd: root, env, quiet: true })).catch((error) => {
      if (!(error instanceof Failure)) throw error;
      say(`error: ${error.message}`);
      failed.push(title);
    });
  }
  if (failed.length > 0) throw new Failure(`not as they should be: ${failed.join('; ')}`);
});
