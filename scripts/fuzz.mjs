// `npm run fuzz`: every fuzz target, or the one that is named, for ten minutes each or for `--seconds`.
//
// It needs a nightly toolchain, since a stable compiler does not instrument, and installs cargo-fuzz beside the sources.
// What a target finds stays in fuzz/corpus; an input that breaks its law goes to fuzz/artifacts and ends the run.

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';

import { Failure, capture, run, runAhead } from './lib/processes.mjs';
import { program, say, step } from './lib/report.mjs';
import { fuzzTool, paths, root, rustEnv } from './lib/toolchain.mjs';
import { isInstalled, setupTool } from './setup.mjs';

const SECONDS = '600';
/** Enough to see that a target runs and that every seed keeps its law; a search takes minutes. */
const SMOKE = ['-runs=20000', '-max_total_time=30'];
/** An input that takes as long, in seconds, is a finding too. */
const LIMITS = ['-timeout=10'];

const TARGETS = readdirSync(join(root, 'fuzz', 'fuzz_targets')).map((file) => basename(file, '.rs')).sort();

await program(import.meta.url, async (args) => {
  const { names, seconds } = asked(args);
  if (!(await hasNightly())) throw new Failure('a nightly toolchain is needed: run `rustup toolchain install nightly --profile minimal`');
  await setupTool(fuzzTool);
  await fuzz(names, [`-max_total_time=${seconds}`]);
});

/** Compiles the targets for `smoke`, where that may, beside what else goes on and without a word: it says itself what is wrong. */
export async function compileAhead() {
  if (!(await hasNightly())) return;
  if (process.env.CI) await setupTool(fuzzTool).catch(() => {});
  if (await isInstalled(fuzzTool)) await runAhead('cargo', ['fuzz', 'build'], cargoOptions());
}

/** A short run of every target, and a line where it cannot be. Continuous integration installs what is missing but nightly. */
export async function smoke() {
  if (!(await hasNightly())) return say('skipped, since there is no nightly toolchain: the fuzz targets');
  if (process.env.CI) await setupTool(fuzzTool);
  else if (!(await isInstalled(fuzzTool))) return say('skipped, since cargo-fuzz is missing, which `npm run fuzz` installs: the fuzz targets');
  await fuzz(TARGETS, SMOKE);
}

function asked(args) {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { seconds: { type: 'string', default: SECONDS } } });
  const unknown = positionals.find((name) => !TARGETS.includes(name));
  if (unknown) throw new Failure(`expected ${TARGETS.join(', ')} or nothing, got ${unknown}`);
  if (!/^[1-9]\d{0,6}$/.test(values.seconds)) throw new Failure(`expected --seconds and a whole number, got ${values.seconds}`);
  return { names: positionals.length > 0 ? positionals : TARGETS, seconds: values.seconds };
}

/** Asked of rustup, and not by running it: rustup would install what is missing. */
async function hasNightly() {
  const list = await capture('rustup', ['toolchain', 'list'], { env: rustEnv() });
  return (list ?? '').split('\n').some((line) => /^nightly(-(?!\d)|\s|$)/.test(line));
}

async function fuzz(names, limits) {
  const options = { ...cargoOptions(), quiet: true };
  await step('compiling the fuzz targets (about 3 min the first time)', () => run('cargo', ['fuzz', 'build'], options));
  for (const name of names) await step(`fuzzing ${name}`, () => run('cargo', argumentsOf(name, limits), options));
}

function cargoOptions() {
  const env = rustEnv();
  return { cwd: root, env: { ...env, PATH: [join(paths.tools, 'bin'), env.PATH].join(delimiter), RUSTUP_TOOLCHAIN: 'nightly' } };
}

/** New inputs go into the first folder; the seeds are only read. */
function argumentsOf(name, limits) {
  const folder = (kind) => join('fuzz', kind, name);
  mkdirSync(join(root, folder('corpus')), { recursive: true });
  const dictionary = join('fuzz', 'dictionaries', `${name}.dict`);
  const words = existsSync(join(root, dictionary)) ? [`-dict=${join(root, dictionary)}`] : [];
  return ['fuzz', 'run', name, folder('corpus'), folder('seeds'), '--', ...limits, ...LIMITS, ...words];
}
