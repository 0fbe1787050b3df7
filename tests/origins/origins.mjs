// Real origins with one layout, for tests of what stands before them. Each answers with the name of the resource that it
// served, by its own router, and where that has no route by a lookup of the path among documents:
//
// - served:protected  below /api/admin and /api/tasks
// - served:member     /api/orders
// - served:public     below /public and /api/public
//
// A start function gives { name, url, port, close, caseSensitive }.

import express from 'express';
import fastify from 'fastify';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { nginx, python } from '../../scripts/lib/outside.mjs';
import { run } from '../../scripts/lib/processes.mjs';
import { buildEnv, paths, root } from '../../scripts/lib/toolchain.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));

const say = (resource) => `served:${resource}\n`;
const ROUTES = [
  ['/api/admin', 'protected'], ['/api/tasks', 'protected'], ['/api/public', 'public'], ['/public', 'public'],
];

/** The documents, in a folder of their own. */
export function documents() {
  const folder = mkdtempSync(join(tmpdir(), 'clerk-edge-origins-'));
  for (const [path, resource] of [
    ['api/admin/secret', 'protected'], ['api/tasks/list', 'protected'], ['api/orders', 'member'], ['api/public/info', 'public'], ['public/info', 'public'],
  ]) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), say(resource));
  }
  return { folder, caseSensitive: !existsSync(join(folder, 'API')), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

async function serve(name, handler, options) {
  const server = createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  return {
    name, port, url: `http://127.0.0.1:${port}`, ...options,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Express as it comes, or as strict as it can be; documents by its own `express.static`. */
export function startExpress({ folder, caseSensitive }, { strict = false } = {}) {
  const app = express();
  if (strict) app.enable('case sensitive routing').enable('strict routing');
  for (const [path, resource] of ROUTES) app.get(`${path}{/*rest}`, (_request, response) => response.send(say(resource)));
  app.get('/api/orders', (_request, response) => response.send(say('member')));
  app.use(express.static(folder, { redirect: false }));
  app.use((_error, _request, response, _next) => response.status(400).end());
  return serve(strict ? 'express, strict' : 'express', app, { caseSensitive: strict && caseSensitive });
}

/** Fastify as it comes, or as lenient as it can be; documents by the wildcard that it decodes. */
export async function startFastify({ folder, caseSensitive }, { lenient = false } = {}) {
  const routerOptions = lenient ? { caseSensitive: false, ignoreDuplicateSlashes: true, ignoreTrailingSlash: true, useSemicolonDelimiter: true } : {};
  const app = fastify({ routerOptions });
  for (const [path, resource] of ROUTES) for (const below of ['', '/*']) app.get(path + below, () => say(resource));
  app.get('/api/orders', () => say('member'));
  app.get('/*', (request, reply) => {
    const file = join(folder, posix.normalize(`/${request.params['*']}`));
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return reply.code(404).send('nothing\n');
    }
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address();
  return {
    name: lenient ? 'fastify, lenient' : 'fastify', port, url: `http://127.0.0.1:${port}`, caseSensitive: !lenient && caseSensitive,
    close: () => (app.server.closeAllConnections(), app.close()),
  };
}

/** FastAPI with uvicorn; documents by Starlette's own StaticFiles. */
export const startFastApi = ({ folder, caseSensitive }) =>
  startProgram('fastapi', python(), [join(HERE, 'origin.py'), folder], { caseSensitive });

/** axum; documents by the wildcard that its extractor decodes. */
export async function startAxum() {
  await run('cargo', ['build', '--package', 'origin-axum'], { cwd: root, env: buildEnv(), quiet: true });
  return startProgram('axum', join(dirname(paths.cli), 'origin-axum'), [], { caseSensitive: true });
}

/** nginx; documents by itself. */
export async function startNginx({ folder, caseSensitive }) {
  const state = mkdtempSync(join(tmpdir(), 'clerk-edge-nginx-'));
  const port = await freePort();
  const locations = ROUTES.map(([path, resource]) => {
    const answer = `return 200 "served:${resource}\\n";`;
    return `location = ${path} { ${answer} } location ${path}/ { ${answer} }`;
  });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${state}/${name};`);
  const config = `daemon off; master_process off; pid ${state}/pid; error_log ${state}/error.log;
    events {} http { access_log off; default_type text/plain; ${temporary.join(' ')}
    server { listen 127.0.0.1:${port}; root ${folder}; ${locations.join(' ')} location = /api/orders { return 200 "served:member\\n"; } } }`;
  writeFileSync(join(state, 'nginx.conf'), config);
  const child = spawn(nginx(), ['-p', state, '-c', join(state, 'nginx.conf'), '-e', join(state, 'error.log')], { stdio: 'ignore' });
  await untilListening(port, child);
  return {
    name: 'nginx', port, url: `http://127.0.0.1:${port}`, caseSensitive,
    close: async () => {
      await end(child);
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** Starts a program that prints its port and ends when it is told to. */
async function startProgram(name, program, args, options) {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const failed = once(child, 'exit').then(() => Promise.reject(new Error(`${name} ended early: ${said}`)));
  const [port] = await Promise.race([once(createInterface(child.stdout), 'line'), failed]);
  failed.catch(() => {});
  await untilListening(Number(port), child);
  return { name, port: Number(port), url: `http://127.0.0.1:${port}`, ...options, close: () => end(child) };
}

async function end(child) {
  child.kill('SIGTERM');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

async function freePort() {
  const server = createSocketServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(port, child) {
  for (let tries = 0; tries < 600; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the origin ended with ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const isThere = await once(socket, 'connect').then(() => true, () => false);
    socket.destroy();
    if (isThere) return;
    await sleep(100);
  }
  throw new Error(`nobody listens on ${port} after a minute`);
}
