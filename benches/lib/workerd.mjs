// workerd itself, by a configuration of its own: no front door of Miniflare's before the Workers that are measured.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { eachLine, end, start } from '../../scripts/lib/processes.mjs';
import { compatibilityDate, compatibilityFlags, paths } from '../../scripts/lib/toolchain.mjs';

/** The package of workerd, which wrangler brings: looked for when it is wanted, since it may not be installed before. */
const packageFile = () => createRequire(paths.wrangler).resolve('workerd/package.json');
const program = () => join(dirname(packageFile()), 'bin', 'workerd');

/** As much as a configuration may be; it holds every module. */
const CONFIGURATION_BYTES = 64 * 1024 * 1024;

/** The version of workerd. */
export const workerdVersion = () => JSON.parse(readFileSync(packageFile(), 'utf8')).version;

/**
 * Writes a configuration of Workers that can be started again and again. Each is `{ name, modules, env, kv }`: `modules` by
 * file name, the main one first, a text or the bytes of wasm; `env` texts and what becomes JSON; `kv` the port of a server behind
 * the binding JWKS.
 */
export function configure(workers) {
  const folder = mkdtempSync(join(tmpdir(), 'clerk-edge-bench-'));
  const services = workers.map((worker, index) => service(worker, index, folder));
  const sockets = workers.map(({ name }) => `(name = ${quoted(name)}, address = "127.0.0.1:0", http = (), service = ${quoted(name)})`);
  const text = join(folder, 'config.capnp');
  writeFileSync(
    text,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${[...services.flat(), '(name = "internet", network = (allow = ["private"]))'].join(',\n')}],
  sockets = [${sockets.join(',\n')}],
);
`,
  );
  // In binary, so that no start is measured with the reading of a text and of all modules in it, which nobody deploys.
  writeFileSync(join(folder, 'config.bin'), execFileSync(program(), ['compile', '--config-only', text], { maxBuffer: CONFIGURATION_BYTES }));
  return { folder, names: workers.map(({ name }) => name), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Starts what was configured, and resolves once every Worker listens: to a port by name, and how to end it. */
export async function serve({ folder, names }) {
  // What Workers log goes nowhere, as it does where nobody reads it.
  const child = start(program(), ['serve', '--control-fd=3', '--binary', join(folder, 'config.bin')], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const ports = new Map();
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  await new Promise((resolve, reject) => {
    child.once('error', reject).once('exit', (code) => reject(new Error(`workerd ended (${code}): ${said}`)));
    eachLine(child.stdio[3], (line) => {
      const { event, socket, port } = JSON.parse(line);
      if (event === 'listen') ports.set(socket, port);
      if (ports.size === names.length) resolve();
    });
  });
  const gone = once(child, 'exit');
  return { pid: child.pid, port: (name) => ports.get(name), close: () => Promise.all([gone, end(child)]) };
}

/** Configures and starts; closing removes the configuration, too. */
export async function startWorkers(workers) {
  const configuration = configure(workers);
  const server = await serve(configuration);
  return { ...server, close: () => server.close().finally(configuration.remove) };
}

function service({ name, modules, env = {}, kv }, index, folder) {
  const listed = Object.entries(modules).map(([file, contents]) => {
    writeFileSync(join(folder, `${index}-${file}`), contents);
    return `(name = ${quoted(file)}, ${typeof contents === 'string' ? 'esModule' : 'wasm'} = embed ${quoted(`${index}-${file}`)})`;
  });
  const bindings = Object.entries(env).map(([key, value]) =>
    typeof value === 'string' ? `(name = ${quoted(key)}, text = ${quoted(value)})` : `(name = ${quoted(key)}, json = ${quoted(JSON.stringify(value))})`,
  );
  if (kv !== undefined) bindings.push(`(name = "JWKS", kvNamespace = ${quoted(`${name}-kv`)})`);
  const worker = `(name = ${quoted(name)}, worker = (modules = [${listed}], bindings = [${bindings}],
    compatibilityDate = ${quoted(compatibilityDate())}, compatibilityFlags = ${JSON.stringify(compatibilityFlags())}))`;
  return kv === undefined ? [worker] : [worker, `(name = ${quoted(`${name}-kv`)}, external = (address = "127.0.0.1:${kv}", http = ()))`];
}

const quoted = (text) => JSON.stringify(text);
