// The examples over the npm package: how each is made ready and started, and what to ask it.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { curl } from './demo.mjs';
import { freePort, launchServer } from './launch.mjs';
import { unpack } from './packed.mjs';
import { end, run } from './processes.mjs';
import { step } from './report.mjs';
import { paths, root } from './toolchain.mjs';

const folder = join(root, 'examples', 'npm');
const nextFolder = join(folder, 'next');
const next = join(nextFolder, 'node_modules', 'next', 'dist', 'bin', 'next');

/** Every example, and what it speaks. */
export const EXAMPLES = { express: 'routes', fastify: 'routes', hono: 'routes', next: 'routes', apollo: 'graphql', yoga: 'graphql', trpc: 'trpc' };

/** Unpacks the package, which must be built, beside the examples. */
export function unpackForExamples() {
  return unpack(join(folder, 'node_modules'));
}

/** Installs what Next.js needs, unless it is there, and builds its example. Its 340 MB are why it is no package of the whole project. */
export async function buildNext(env) {
  const stamp = join(nextFolder, 'node_modules', '.clerk-edge-stamp');
  const wanted = createHash('sha256').update(readFileSync(join(nextFolder, 'package-lock.json'))).digest('hex');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
    await step('installing next (about 1 min)', () => run('npm', args, { cwd: nextFolder, quiet: true }));
    writeFileSync(stamp, wanted);
  }
  rmSync(join(nextFolder, '.next'), { recursive: true, force: true });
  await step('building the example for next', () => run(paths.node, [next, 'build'], { cwd: nextFolder, env: environment(env), quiet: true }));
}

/** Starts an example on a free port; what it prints goes to `onLine`. */
export async function startExample(name, { env, port = 0, onLine } = {}) {
  const PORT = String(await freePort(port));
  const url = `http://127.0.0.1:${PORT}`;
  const args = name === 'next' ? [next, 'start', '--hostname', '127.0.0.1', '--port', PORT] : [join(folder, `${name}.mjs`)];
  const cwd = name === 'next' ? nextFolder : folder;
  const { child, ended } = await launchServer(`the example ${name}`, paths.node, args, { url, onLine, cwd, env: environment({ PORT, ...env }) });
  return { url, ended, close: () => end(child) };
}

/** Nothing of this shell's but what a program needs, and production: Apollo Server and tRPC send stacks to clients elsewhere. */
function environment(env) {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...env };
}

/** Lines to paste, each with what it shows and the status it comes to. */
export function curlLines(name, url, tokens) {
  const line = (title, status, field, token) => ({ title: `${name}: ${title}`, status, command: ask(name, url, field, token) });
  return [
    line('no token', 401, 'me'),
    line('signed in', 200, 'me', tokens.member),
    line('nobody where that is allowed', 200, 'maybe'),
    line('a member where an admin is asked for', 403, 'admin', tokens.member),
    line('an admin', 200, 'admin', tokens.admin),
    line('an expired token', 401, 'maybe', tokens.expired),
  ];
}

function ask(name, url, field, token) {
  if (EXAMPLES[name] !== 'graphql') return curl(new URL(`/${field}`, url), token);
  const body = JSON.stringify({ query: `{ ${field} { userId } }` });
  return curl(new URL('/graphql', url), token, ` -H 'Content-Type: application/json' -d '${body}'`);
}
