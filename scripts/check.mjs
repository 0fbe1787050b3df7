// Checks form: formatting, lints and documentation, on the host and for wasm, with every warning an error.

import { capture, run } from './lib/processes.mjs';
import { program, step } from './lib/report.mjs';
import { WASM_TARGET, root, rustChannel, rustEnv } from './lib/toolchain.mjs';
import { setup } from './setup.mjs';

const WASM = ['--target', WASM_TARGET, '--features', 'entry', '--lib'];

const checks = [
  ['formatting', ['fmt', '--all', '--check']],
  ['lints, host', ['clippy', '--all-targets', '--', '-D', 'warnings']],
  ['lints, wasm', ['clippy', ...WASM, '--', '-D', 'warnings']],
  ['documentation, host', ['doc', '--no-deps']],
  ['documentation, wasm', ['doc', '--no-deps', ...WASM]],
];

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
  for (const [title, args] of checks) {
    await step(`check: ${title}`, () => run('cargo', args, { cwd: root, env, quiet: true }));
  }
});
