// The Next.js application of these tests: its own packages, its build, and its server.

import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { eachLine } from '../../scripts/lib/processes.mjs';
import { root } from '../../scripts/lib/toolchain.mjs';

const folder = join(root, 'tests', 'npm', 'next');
const program = join(folder, 'node_modules', 'next', 'dist', 'bin', 'next');
const READY_MS = 120_000;

/** Installs what the lock file names, unless it is there. Its 340 MB are why it is no package of the whole project. */
export function installNext() {
  const stamp = join(folder, 'node_modules', '.clerk-edge-stamp');
  const wanted = createHash('sha256').update(readFileSync(join(folder, 'package-lock.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, stdio: 'pipe' });
  writeFileSync(stamp, wanted);
}

/** Builds the application with Turbopack, and returns what was said. */
export function buildNext(env) {
  rmSync(join(folder, '.next'), { recursive: true, force: true });
  return execFileSync(process.execPath, [program, 'build'], { cwd: folder, env: environment(env), encoding: 'utf8', stdio: 'pipe' });
}

/** Starts what was built. */
export async function startNext(env) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [program, 'start', '--hostname', '127.0.0.1', '--port', String(port)];
  const child = spawn(process.execPath, args, { cwd: folder, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const said = [];
  for (const stream of [child.stdout, child.stderr]) eachLine(stream, (line) => said.push(line));
  const deadline = Date.now() + READY_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`next does not answer:\n${said.join('\n')}`);
    await sleep(100);
  }
  return { url, said, close: () => (child.kill('SIGTERM'), ended) };
}

function environment(env) {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production', ...env };
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
