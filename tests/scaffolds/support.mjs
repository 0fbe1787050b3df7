// What the tests of scaffolds share: the packages that the projects need, installed once; a project made anew and set up by
// `clerk-edge init`; its compiler, its tests and its server; and requests to that.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { freePort, launchServer } from '../../scripts/lib/launch.mjs';
import { unpack } from '../../scripts/lib/packed.mjs';
import { end } from '../../scripts/lib/processes.mjs';
import { paths, root, wranglerEnv } from '../../scripts/lib/toolchain.mjs';

const execute = promisify(execFile);

/** The folder whose packages all projects below it find. */
export const scaffolds = join(root, 'tests', 'scaffolds');
const commandLine = paths.cli;
const modules = join(scaffolds, 'node_modules');

/** Who may call, as `.env.example` has it. */
export const FRONT_END = 'http://localhost:3000';

/** A folder in it whose packages stand before those: older versions of frameworks. */
export const older = join(scaffolds, 'older');

/** Installs what the lock file of a folder names, unless it is there, and the packed package beside it. */
export async function install(folder = scaffolds) {
  const packages = join(folder, 'node_modules');
  const stamp = join(packages, '.clerk-edge-stamp');
  const wanted = createHash('sha256').update(readFileSync(join(folder, 'package-lock.json'))).digest('hex');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    await execute('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
    writeFileSync(stamp, wanted);
  }
  unpack(packages);
}

/** A folder of this name, made anew, with these files. */
export function makeProject(name, files = {}, place = scaffolds) {
  const folder = join(place, 'run', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) write(join(folder, path), content);
  return folder;
}

export function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : `${JSON.stringify(content, undefined, 2)}\n`);
}

/** Runs `clerk-edge init` on a folder. Returns the files that it wrote. */
export function init(folder, ...args) {
  const printed = execFileSync(commandLine, ['init', ...args, folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return printed.split('\n').filter(Boolean);
}

/** Every package that a project asks for is installed, in the very version, so what is tested is what its user gets. */
export function assertInstalled(folder) {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    assert.equal(version, installedVersion(folder, name), name);
  }
}

/** Of a package as Node finds it from a folder. */
function installedVersion(folder, name) {
  const places = [folder, dirname(dirname(folder)), scaffolds, root].map((place) => join(place, 'node_modules', name, 'package.json'));
  return JSON.parse(readFileSync(places.find(existsSync), 'utf8')).version;
}

/** What the compiler finds wrong with a project; the types of other packages are not ours to mend. */
export function compile(folder) {
  const compiler = join(modules, 'typescript', 'bin', 'tsc');
  return output(process.execPath, [compiler, '--noEmit', '--pretty', 'false', '-p', folder], folder);
}

/** What each runner says of a dozen tests or more that pass. */
const PASSED = { node: /^(# |ℹ )pass [1-9]\d+$/m, vitest: /^ +Tests +[1-9]\d+ passed \(/m, jest: /^Tests: +[1-9]\d+ passed, /m };

/** Has a project's own tests run by the script that `init` wrote. Throws with what they print where one fails, or there are none. */
export async function runTests(folder, runner = 'node') {
  assert.match(await output('npm', ['run', '--silent', 'test:auth'], folder, {}, true), PASSED[runner]);
}

/** Runs a program to its end in the environment of a user who has set nothing. Throws with what it prints where it fails. */
export async function output(program, args, folder, env = {}, hasAll = false) {
  const options = { cwd: folder, env: { ...bareEnv(), ...env }, timeout: 300_000, maxBuffer: 2 ** 26 };
  const { stdout, stderr } = await execute(program, args, options).catch((error) => {
    throw new Error(`${[program, ...args].join(' ')} failed:\n${error.stdout}\n${error.stderr}`);
  });
  return hasAll ? stdout + stderr : stdout;
}

function bareEnv() {
  const { PATH, HOME } = process.env;
  return { PATH: [dirname(process.execPath), join(modules, '.bin'), PATH].join(':'), HOME, NO_COLOR: '1', NEXT_TELEMETRY_DISABLED: '1' };
}

/** Fills in `.env` from the example as its user would, for a stand-in. */
export function fillInEnv(folder, { publishableKey, webhookSecret }) {
  const example = readFileSync(join(folder, '.env.example'), 'utf8');
  const filled = example
    .replace(/^CLERK_PUBLISHABLE_KEY=.*$/m, `CLERK_PUBLISHABLE_KEY=${publishableKey}`)
    .replace(/^# CLERK_WEBHOOK_SIGNING_SECRET=.*$/m, `CLERK_WEBHOOK_SIGNING_SECRET=${webhookSecret}`);
  assert.ok(filled.includes(publishableKey) && filled.includes(webhookSecret), example);
  writeFileSync(join(folder, '.env'), filled);
}

/** The same with the file of secrets that wrangler reads. */
export function fillInDevVars(folder, { publishableKey, webhookSecret }) {
  const example = readFileSync(join(folder, '.dev.vars.example'), 'utf8');
  const filled = example
    .replace(/^# CLERK_PUBLISHABLE_KEY=.*$/m, `CLERK_PUBLISHABLE_KEY=${publishableKey}`)
    .replace(/^# CLERK_WEBHOOK_SIGNING_SECRET=.*$/m, `CLERK_WEBHOOK_SIGNING_SECRET=${webhookSecret}`);
  assert.ok(filled.includes(publishableKey) && filled.includes(webhookSecret), example);
  writeFileSync(join(folder, '.dev.vars'), filled);
}

/** Starts a project's server by a script of its package.json, which reads its address from the environment. */
export async function startServer(folder, script = 'dev') {
  const port = await freePort();
  return launch(folder, port, ['run', '--silent', script], { ...bareEnv(), PORT: String(port), HOST: '127.0.0.1' });
}

/** Starts a project's Worker in workerd, by its script. */
export async function startWorker(folder) {
  const port = await freePort();
  const address = ['--ip', '127.0.0.1', '--port', `${port}`, '--inspector-port', `${await freePort()}`];
  return launch(folder, port, ['run', '--silent', 'dev', '--', ...address], { ...wranglerEnv(), ...bareEnv(), CI: 'true' });
}

async function launch(folder, port, args, env) {
  const url = `http://127.0.0.1:${port}`;
  const said = [];
  const options = { url: `${url}/api/health`, cwd: folder, env, onLine: (line) => said.push(line) };
  const { child } = await launchServer(`npm ${args.join(' ')} in ${folder}`, 'npm', args, options);
  return { url, said, close: () => end(child) };
}

/** The answer to a request, read whole. */
export async function request(url, path, init) {
  const response = await fetch(`${url}${path}`, { redirect: 'manual', ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Runs `clerk-edge test` with the project's own configuration against its server. */
export async function conformance(folder, url, issuer) {
  const args = ['test', url, '--issuer-url', issuer.url, '--unsafe', '--format', 'json'];
  const options = { cwd: folder, env: { ...bareEnv(), CLERK_WEBHOOK_SIGNING_SECRET: issuer.webhookSecret }, maxBuffer: 2 ** 26 };
  // It fails where a check does, and says so in its result.
  const { stdout, stderr } = await execute(commandLine, args, options).catch((error) => error);
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout);
}

/** Whether this build has `clerk-edge test`. */
export const hasConformance = () => execFileSync(commandLine, ['--help'], { encoding: 'utf8' }).includes('\n  test ');
