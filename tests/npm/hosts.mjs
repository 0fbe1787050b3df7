// What the tests of hosts share: the packages that they need, a folder with the packed package installed, and programs run in it.

import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { eachLine } from '../../scripts/lib/processes.mjs';
import { root } from '../../scripts/lib/toolchain.mjs';
import { packPackage } from './package.mjs';

const execute = promisify(execFile);

/** The folder of the hosts, with packages of its own: they are heavy, and nothing else needs them. */
export const hosts = join(root, 'tests', 'npm', 'hosts');
const READY_MS = 120_000;

/** One of their packages. */
export const requireHost = createRequire(join(hosts, 'package.json'));

/** The program of one of their packages, or undefined where it has none for this machine. */
export function hostProgram(name) {
  const program = join(hosts, 'node_modules', '.bin', name);
  return existsSync(program) ? program : undefined;
}

/** Installs the packages that the lock file names, unless they are there. */
export async function installHosts() {
  const stamp = join(hosts, 'node_modules', '.clerk-edge-stamp');
  const wanted = createHash('sha256').update(readFileSync(join(hosts, 'package-lock.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  await execute('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: hosts });
  writeFileSync(stamp, wanted);
}

/** A new folder with the sources of the hosts, and the tarball of the package installed in it. */
export async function installPackage() {
  mkdirSync(join(hosts, 'run'), { recursive: true });
  const folder = mkdtempSync(join(hosts, 'run', 'host-'));
  for (const name of ['main.mjs', 'main.cjs', 'page.mjs', 'worker.mjs']) cpSync(join(hosts, name), join(folder, name));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'host', version: '0.0.0', private: true, type: 'module' }));
  const { tarball } = packPackage();
  await execute('npm', ['install', '--offline', '--no-save', '--no-audit', '--no-fund', tarball], { cwd: folder });
  return folder;
}

/** Runs a program to its end and returns the last line of its stdout, which is JSON. */
export async function run(program, args, folder, env = {}) {
  const { PATH, HOME } = process.env;
  const { stdout } = await execute(program, args, { cwd: folder, env: { PATH, HOME, NO_COLOR: '1', ...env }, timeout: 300_000, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1));
}

/** Builds the application of Next.js in a folder with one of its bundlers, and starts it. `name` is proxy or middleware; `without` a route to leave out. */
export async function startNext(folder, { bundler, name, without, env }) {
  const app = join(folder, `next-${bundler}`);
  cpSync(join(hosts, 'next'), app, { recursive: true, filter: (source) => ![join(hosts, 'next', 'proxy.js'), join(hosts, 'next', 'app', String(without))].includes(source) });
  cpSync(join(hosts, 'next', 'proxy.js'), join(app, `${name}.js`));
  const next = join(hosts, 'node_modules', 'next', 'dist', 'bin', 'next');
  const { PATH, HOME } = process.env;
  const common = { PATH, HOME, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' };
  await execute(process.execPath, [next, 'build', `--${bundler}`], { cwd: app, env: common, timeout: 600_000, maxBuffer: 2 ** 26 });
  const port = await freePort();
  const args = [next, 'start', '--hostname', '127.0.0.1', '--port', String(port)];
  const child = spawn(process.execPath, args, { cwd: app, env: { ...common, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const said = [];
  for (const stream of [child.stdout, child.stderr]) eachLine(stream, (line) => said.push(line));
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + READY_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`next does not answer:\n${said.join('\n')}`);
    await sleep(100);
  }
  return { url, said, close: () => (child.kill('SIGTERM'), ended) };
}

async function answers(url) {
  const answer = await fetch(new URL('/nothing', url)).catch(() => undefined);
  await answer?.body?.cancel();
  return answer !== undefined;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
