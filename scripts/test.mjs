// `npm test`: every test there is, in order, or the parts that are named. Continuous integration runs the same.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { build, buildCommandLine } from './build.mjs';
import * as fuzz from './fuzz.mjs';
import { preparePython } from './lib/outside.mjs';
import { Failure, run } from './lib/processes.mjs';
import { program, say, seconds } from './lib/report.mjs';
import { buildEnv, paths, root, rustEnv } from './lib/toolchain.mjs';
import * as pkg from './package.mjs';
import { setup } from './setup.mjs';

/** A part: its name on the command line, what it is, and how to run it. What a part skips, it says; see lib/outside.mjs. */
const parts = [
  ['rust', 'cargo test', () => cargo('test', '--no-fail-fast')],
  ['wasm', 'the same core in wasm, on node', () => run('wasm-pack', ['test', '--node'], { cwd: root, env: buildEnv() })],
  ['worker', 'the built worker in workerd', () => build(join(root, 'examples', 'graphql-worker')).then(() => workerd('worker', 3))],
  ['origins', 'real origins behind the built worker', () => preparePython().then(() => workerd('origins'))],
  ['peers', "decisions beside those of Clerk's and Svix's own libraries", () => workerd('peers')],
  ['browser', 'pages in chromium', () => workerd('browser')],
  ['fuzz', 'every fuzz target, for some seconds', fuzz.smoke],
  ['npm', 'the npm package, packed, in every host', () => build().then(() => overPackage('npm'))],
  ['clients', 'the clients that the command line writes, against real servers', () => overPackage('clients')],
  ['probe', 'clerk-edge test on real GraphQL servers, and its reports', () => buildCommandLine().then(() => testFolder('probe'))],
  ['scaffolds', 'projects that clerk-edge init sets up', scaffolds],
  ['start', 'npm start and every line it prints', () => nodeTest(['tests/start.test.mjs'])],
  ['bench', 'how the benchmark keeps and counts what it measures', () => testFolder('bench')],
  ['deploy', 'wrangler deploy --dry-run', () => build().then(() => nodeTest(['tests/deploy.test.mjs']))],
];

/** The first part that mostly waits; and parts that compile for minutes, which is done while it waits. */
const WAITS = 'worker';
const AHEAD = { fuzz: fuzz.compileAhead, npm: pkg.compileAhead };

await program(import.meta.url, async (names) => {
  const unknown = names.find((name) => !parts.some(([part]) => part === name));
  if (unknown) throw new Failure(`expected ${parts.map(([name]) => name).join(', ')} or nothing, got ${unknown}`);
  await setup();
  const chosen = parts.filter(([name]) => names.length === 0 || names.includes(name));
  const rows = [];
  for (const part of chosen) {
    if (part[0] === WAITS) compileAhead(chosen).catch(() => {});
    rows.push(await runPart(part));
  }
  say('');
  for (const { name, verdict, time, title } of rows) say(`${verdict}  ${name.padEnd(10)}${time.padStart(10)}  ${title}`);
  return rows.every(({ verdict }) => verdict === 'ok    ') ? 0 : 1;
});

/** Nobody waits for it: a part that comes before its turn finds it half done, and cargo does the rest, or says what is wrong. */
async function compileAhead(chosen) {
  for (const [name] of chosen) await AHEAD[name]?.();
}

/** Runs a part to its end; a part that fails does not keep the next one from running. */
async function runPart([name, title, work]) {
  say(`\n=== ${name}: ${title}`);
  const began = Date.now();
  const error = await work().then(() => undefined, (reason) => reason);
  if (error) say(`error: ${error instanceof Failure ? error.message : error.stack}`);
  return { name, title, verdict: error ? 'FAILED' : 'ok    ', time: seconds(Date.now() - began) };
}

function cargo(...args) {
  return run('cargo', args, { cwd: root, env: rustEnv() });
}

/** The tests of a folder that need the built Worker and the stand-in. */
async function workerd(name, concurrency) {
  await build();
  await build(join(root, 'examples', 'own-handler'));
  await buildCommandLine();
  await testFolder(name, concurrency);
}

/** The tests of a folder that need the npm package and the command line, whose stand-in they start. */
async function overPackage(name, concurrency) {
  await pkg.buildPackage();
  await buildCommandLine();
  await testFolder(name, concurrency);
}

/** What `clerk-edge init` writes, with the package in it. */
async function scaffolds() {
  await preparePython();
  await overPackage('scaffolds', 3);
}

async function testFolder(name, concurrency) {
  const folder = join('tests', name);
  const files = readdirSync(join(root, folder)).filter((name) => name.endsWith('.test.mjs')).sort();
  if (files.length === 0) throw new Failure(`no tests in ${folder}`);
  await nodeTest(files.map((name) => join(folder, name)), concurrency);
}

/** Tests that need wrangler or Miniflare run on the Node among the packages. Files that mostly wait for time-outs may run beside others. */
function nodeTest(files, concurrency = 1) {
  const args = ['--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`, ...files];
  return run(paths.node, args, { cwd: root, env: buildEnv() });
}
