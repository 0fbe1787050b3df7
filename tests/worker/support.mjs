// What the tests of the built Worker share: the Worker in real workerd, the stand-in for Clerk, and an origin that
// remembers what it got. Each listens on 127.0.0.1 and is closed by the test that started it.

import assert from 'node:assert/strict';
import { Miniflare } from 'miniflare';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';

import { inspect } from '../../scripts/lib/isolate.mjs';
import { compatibilityDate, compatibilityFlags, paths } from '../../scripts/lib/toolchain.mjs';

/** The front end that `issuer.token` names and `startGateway` accepts, unless a test says otherwise. */
export const FRONT_END = 'https://app.example.com';

/**
 * Starts the built Worker.
 *
 * - `issuer`: what `startIssuer` returned; its publishable key is configured.
 * - `vars`: variables and secrets; a value that is no string becomes JSON, and `undefined` takes a variable away.
 * - `settings`: the keys of GATEWAY beside `routes`.
 * - `routes`: those without origin, service or serve lead to `origin`.
 * - `origin`: what `startEchoOrigin` returned, or an address.
 * - `kv`: entries to begin with; `false` for no binding; `{ server }` for a namespace that an HTTP server stands behind,
 *   to have it fail, stall or answer rubbish.
 * - `services`: by binding name, a server's address or a function from Request to Response.
 * - `limits`: routes with a `limit` get Miniflare's counter; `'throws'`, `'stalls'` or `'rubbish'` for one that does, and
 *   `false` for none.
 * - `outbound`: a function from Request to Response that takes every fetch to an address outside; without it they go to
 *   the network.
 * - `fakeTime`: Unix time in seconds that the Worker's clock starts at; with `frozenTime` it stands still there.
 * - `inspector`: whether `inspect` can look into its isolate.
 * - `build`: the folder of another Worker's build.
 */
export async function startGateway(options = {}) {
  const [gateway] = await startGateways([options]);
  return gateway;
}

/** How long what follows from an answer may be behind it. */
const PATIENCE_MS = 20_000;

/** Resolves once something holds that comes a little after an answer, as the log and KV do. */
export async function until(holds, what = 'what was waited for') {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The line that a request left in the log. */
export async function lineOf(gateway, answer) {
  const id = answer.headers.get('x-request-id');
  const line = () => gateway.logs.find(({ requestId, event }) => requestId === id && event === undefined);
  await until(line, `the line of ${id}`);
  return line();
}

/** Starts several in one workerd, each with its own KV; closing one closes all. */
export async function startGateways(list) {
  const logs = [];
  const mf = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    cf: false,
    enableDevRegistry: false,
    ...(list.some(({ inspector }) => inspector) && { inspectorPort: 0 }),
    logRequests: false,
    handleStructuredLogs: ({ message }) => logs.push(...message.split('\n').filter(Boolean).map(parsed)),
    workers: [...list.map((options, index) => worker(options, `gateway-${index}`)), counters()],
  });
  await mf.ready;
  return Promise.all(list.map((options, index) => handle(mf, logs, options, `gateway-${index}`)));
}

async function handle(mf, logs, options, name) {
  // Straight to the Worker: Miniflare's own front door adds headers and reads some of its own.
  const url = await mf.unsafeGetDirectURL(name);
  const kv = options.kv === false || options.kv?.server ? undefined : await mf.getKVNamespace('JWKS', name);
  if (kv) for (const [key, value] of Object.entries(options.kv ?? {})) await kv.put(key, value);
  return {
    url: url.origin,
    port: Number(url.port),
    mf,
    kv,
    /** What the Worker logged, parsed where it is JSON. */
    logs,
    fetch: (path, init) => fetch(new URL(path, url), { redirect: 'manual', ...init }),
    runCron: async () => (await mf.getWorker(name)).scheduled({ cron: '*/3 * * * *' }),
    /** What its isolate holds; see scripts/lib/isolate.mjs. */
    inspect: () => inspect(mf, name),
    close: () => mf.dispose(),
  };
}

function worker({ issuer, vars = {}, settings, routes = [], origin, kv, services = {}, limits, outbound, fakeTime, frozenTime, build }, name) {
  const led = routes.map((route) => ('origin' in route || 'service' in route || 'serve' in route ? route : { ...route, origin: origin.url ?? origin }));
  const variables = {
    CLERK_PUBLISHABLE_KEY: issuer?.publishableKey,
    GATEWAY: { authorized_parties: [FRONT_END], ...settings, routes: led },
    ...vars,
  };
  const env = {};
  for (const [name, value] of Object.entries(variables)) if (value !== undefined) env[name] = variable(value);
  for (const [name, target] of Object.entries(services)) env[name] = service(target);
  for (const { limit } of limits === false ? [] : routes) if (limit) Object.assign(env, counter(limit, limits, name));
  if (kv !== false) env.JWKS = { type: 'kv', id: `jwks-${name}`, ...(kv?.server && { dev: { remote: true } }) };
  return {
    config: { name, compatibilityDate: compatibilityDate(), compatibilityFlags: compatibilityFlags(), manifest: manifest(build, fakeTime, frozenTime), env },
    dev: {
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      ...(outbound && { outboundService: service(outbound) }),
      ...(kv?.server && { remoteProxyConnectionString: new URL(kv.server) }),
    },
  };
}

function variable(value) {
  return typeof value === 'string' ? { type: 'text', value } : { type: 'json', value };
}

function service(target) {
  if (typeof target === 'function') return { type: 'fetcher', handler: target };
  return { type: 'external', address: new URL(target).host, http: {} };
}

/** The binding that a route's limit asks for, by its name. */
function counter({ requests, per_seconds }, fails, name) {
  const binding = `RATE_LIMIT_${requests}_PER_${per_seconds}`;
  if (fails) return { [binding]: { type: 'worker', worker: 'counters', exportName: fails } };
  return { [binding]: { type: 'rate-limit', namespace: `${name}-${binding}`, simple: { limit: requests, period: per_seconds } } };
}

/** A Worker that counts badly. */
function counters() {
  const contents = `import { WorkerEntrypoint } from 'cloudflare:workers';
export class throws extends WorkerEntrypoint { limit() { throw new Error('the counter is down'); } }
export class stalls extends WorkerEntrypoint { async limit() { await scheduler.wait(60_000); return { success: false }; } }
export class rubbish extends WorkerEntrypoint { limit() { return 'no'; } }
export default {};`;
  const manifest = { mainModule: 'counters.js', modules: { 'counters.js': { type: 'esm', contents } } };
  return { config: { name: 'counters', compatibilityDate: compatibilityDate(), manifest } };
}

/** The two files that worker-build made, and, where the time is to be another one, two that change it first. */
function manifest(build, fakeTime, frozenTime) {
  const [worker, wasm] = build ? [join(build, 'index.js'), join(build, 'index_bg.wasm')] : [paths.worker, paths.wasm];
  const modules = {
    [basename(worker)]: { type: 'esm', contents: readFileSync(worker, 'utf8') },
    [basename(wasm)]: { type: 'wasm', contents: readFileSync(wasm) },
  };
  if (fakeTime === undefined && frozenTime === undefined) return { mainModule: basename(worker), modules };
  const now = frozenTime === undefined ? `Real.now() + ${Math.round(fakeTime * 1000 - Date.now())}` : `${frozenTime * 1000}`;
  return {
    mainModule: 'main.js',
    modules: {
      'main.js': { type: 'esm', contents: "import './clock.js'; export * from './index.js'; export { default } from './index.js';" },
      'clock.js': { type: 'esm', contents: clock(now) },
      ...modules,
    },
  };
}

/** libfaketime cannot be used: workerd's tcmalloc asks for memory before the library is ready, and both wait for ever. */
function clock(now) {
  return `const Real = Date;
globalThis.Date = class Date extends Real {
  constructor(...parts) { parts.length === 0 ? super(Date.now()) : super(...parts); }
  static now() { return ${now}; }
};`;
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

/** Starts `clerk-edge issuer` on any free port. */
export async function startIssuer() {
  const child = spawn(paths.cli, ['issuer', '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const failed = once(child, 'exit').then(() => Promise.reject(new Error(`clerk-edge issuer ended early: ${said}`)));
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), failed]);
  failed.catch(() => {});
  const identity = JSON.parse(line);
  const call = (path, body) => callIssuer(new URL(`/stand-in/${path}`, identity.url), body);
  return {
    ...identity,
    /** A session token; `request` as the stand-in documents it. */
    token: (request = {}) => call('tokens', { authorized_party: FRONT_END, ...request }),
    /** A token of the very header and payload given, each an object or a text. */
    sign: (request) => call('tokens/sign', request),
    rotate: (request = {}) => call('keys/rotate', request).then(JSON.parse),
    remove: (kid) => call('keys/remove', { kid }).then(JSON.parse),
    /** Has it send a webhook; says what the target answered. Without a request, the types that it knows. */
    webhook: (request) => call('webhooks', request).then(JSON.parse),
    outage: (mode, delay_ms) => call('outage', { mode, delay_ms }).then(JSON.parse),
    /** How often its key set was asked for. */
    requests: async () => JSON.parse(await call('requests')).keySet,
    resetRequests: () => call('requests/reset', {}),
    /** Everything it says about itself, with the PEM of its key as `jwtKey`. */
    overview: async () => JSON.parse(await callIssuer(new URL('/stand-in', identity.url))),
    close: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

async function callIssuer(url, body) {
  const answer = await fetch(url, body && { method: 'POST', body: JSON.stringify(body) });
  const text = (await answer.text()).trim();
  if (!answer.ok) throw new Error(`the stand-in answers ${answer.status} at ${url.pathname}: ${text}`);
  return text;
}

/** Starts a server that remembers every request with its raw headers and body, and answers with `answer`. */
export async function startEchoOrigin(answer = echo) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const { method, url, rawHeaders, headers } = request;
    const entry = { method, url, rawHeaders, headers, body: undefined };
    requests.push(entry);
    if (answer === echo) entry.body = Buffer.concat(await request.toArray());
    await answer(request, response, entry);
  });
  const { port } = await listen(server);
  return { url: `http://127.0.0.1:${port}`, port, server, requests, last: () => requests.at(-1), close: () => close(server) };
}

function echo(request, response, { method, url, headers, body }) {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ method, url, headers, body: body.toString() }));
}

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address();
}

async function close(server) {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

/**
 * Sends the very bytes given and reads until the other side closes: give `Connection: close`. A text is sent as Latin-1,
 * one byte a character.
 */
export async function rawRequest(port, bytes, { timeoutMs = 10_000 } = {}) {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)));
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  const text = Buffer.concat(await socket.toArray()).toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const [statusLine, ...rows] = text.slice(0, end).split('\r\n');
  const headers = rows.map((row) => [row.slice(0, row.indexOf(':')), row.slice(row.indexOf(':') + 1).trim()]);
  return { status: Number(statusLine.split(' ')[1]), headers, body: text.slice(end + 4), text };
}
