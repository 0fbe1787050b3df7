// `npm run bench`: clerk-edge beside its peers and beside the limit, in one run on one machine, every answer checked.
//
// What is compared stands in benches/parts, one file a part. Goals that are missed are told; nothing fails because of a time.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { PARTS } from '../benches/parts.mjs';
import { CORE_BENCH } from '../benches/parts/core.mjs';
import { machine } from '../benches/lib/machine.mjs';
import { document } from '../benches/lib/results.mjs';
import { build } from './build.mjs';
import { Failure, run, start } from './lib/processes.mjs';
import { program, say, seconds, step } from './lib/report.mjs';
import { buildEnv, paths, root, rustEnv } from './lib/toolchain.mjs';
import { buildPackage } from './package.mjs';
import { setup } from './setup.mjs';

const BENCHES = join(root, 'benches');
const RESULTS = join(BENCHES, 'RESULTS.md');

const HELP = `usage: npm run bench -- [PART ...] [--quick] [--save]

Compares clerk-edge with its peers and with what the platform allows, side by side, and prints tables. Without a
PART, all of them:

${PARTS.map(({ name, about }) => `  ${name.padEnd(12)}${about}`).join('\n')}

  --quick     fewer and shorter rounds, all parts within two minutes once everything is built
  --save      puts what was measured into benches/RESULTS.md, in the place of what it says of the same parts; all else there,
              such as what is written by hand, stays
`;

await program(import.meta.url, async (args) => {
  const options = read(args);
  if (options.help) return void process.stdout.write(HELP);
  await setup();
  await installPackages();
  await build();
  await buildPackage();
  if (options.names.includes('core')) await step('building the benchmark of the core', () => run('cargo', [...CORE_BENCH, '--no-run'], { cwd: root, env: rustEnv(), quiet: true }));
  const began = Date.now();
  const sections = [];
  for (const name of options.names) sections.push(await measure(name, options));
  say(`measured in ${seconds(Date.now() - began)}`);
  if (options.save) writeFileSync(RESULTS, document(existsSync(RESULTS) ? readFileSync(RESULTS, 'utf8') : '', Object.fromEntries(sections)));
});

function read(args) {
  let parsed;
  try {
    const yes = { type: 'boolean' };
    parsed = parseArgs({ args, allowPositionals: true, options: { help: { ...yes, short: 'h' }, quick: yes, save: yes } });
  } catch (error) {
    throw new Failure(`${error.message}\n${HELP}`);
  }
  const { values, positionals } = parsed;
  const all = PARTS.map(({ name }) => name);
  const unknown = positionals.find((name) => !all.includes(name));
  if (unknown) throw new Failure(`expected ${all.join(', ')} or nothing, got ${unknown}`);
  return { ...values, names: positionals.length > 0 ? all.filter((name) => positionals.includes(name)) : all };
}

/** The benchmark has packages of its own: a load generator and a contestant, which nothing else needs. */
async function installPackages() {
  const stamp = join(BENCHES, 'node_modules', '.clerk-edge-stamp');
  const wanted = createHash('sha256').update(readFileSync(join(BENCHES, 'package-lock.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  await step('installing the packages of the benchmark', () => run('npm', args, { cwd: BENCHES, env: rustEnv(), quiet: true }));
  writeFileSync(stamp, wanted);
}

/** Measures a part on the Node among the packages, prints what came of it, and resolves to its name and its section. */
async function measure(name, { quick = false }) {
  const child = start(paths.node, ['benches/run.mjs', JSON.stringify({ name, quick })], { cwd: root, env: buildEnv(), stdio: ['ignore', 'pipe', 'inherit'] });
  const text = (await child.stdout.setEncoding('utf8').toArray()).join('');
  if (!text.endsWith('\n')) throw new Failure(`the part ${name} failed`);
  process.stdout.write(`${text}\n`);
  return [name, `${text.trimEnd()}\n\n${machine({ quick })}`];
}
