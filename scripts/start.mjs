// `npm start`: the gateway on real workerd, with a stand-in for Clerk and an API to protect, all on this machine.

import { createWriteStream, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { build, buildCommandLine } from './build.mjs';
import { curlLines, writeConfig, writeTokens } from './lib/demo.mjs';
import { Failure, eachLine, start } from './lib/processes.mjs';
import { program, say, step } from './lib/report.mjs';
import { paths, root, wranglerEnv } from './lib/toolchain.mjs';
import { setup } from './setup.mjs';

const READY_MS = 60_000;

await program(import.meta.url, main, { codeOnSignal: 0 });

async function main() {
  await setup();
  await build();
  await buildCommandLine();
  const { urls, ended } = await step('starting the gateway, the stand-in and the origin', startAll);
  await show(urls);
  return ended;
}

/** Starts the three programs; `ended` rejects as soon as one of them ends by itself. */
async function startAll() {
  const origin = launch('the origin', process.execPath, [join(root, 'scripts', 'demo-origin.mjs'), await freePort(8789)]);
  const issuer = launch('the stand-in', paths.cli, ['issuer', '--port', await freePort(8788)]);
  const [{ url: originUrl }, { url: issuerUrl, publishableKey, webhookSecret }] = await Promise.all([origin.ready, issuer.ready]);
  const config = writeConfig({ origin: originUrl, publishableKey, webhookSecret });
  const gatewayUrl = `http://127.0.0.1:${await freePort(8787)}`;
  const gateway = launchWrangler(config, new URL(gatewayUrl).port);
  const ended = Promise.race([origin.ended, issuer.ended, gateway.ended]);
  await Promise.race([ended, answering(new URL('/health', gatewayUrl))]);
  gateway.showLog();
  return { urls: { gateway: gatewayUrl, issuer: issuerUrl, origin: originUrl }, ended };
}

/** A program that says in one line of JSON when it is ready. */
function launch(name, command, args) {
  const child = start(command, args.map(String), { cwd: root });
  const said = [];
  eachLine(child.stderr, (line) => said.push(line));
  const ended = whenEnded(name, child, said);
  const line = new Promise((resolve) => eachLine(child.stdout, resolve));
  return { ended, ready: Promise.race([line.then(JSON.parse), ended]) };
}

/** Wrangler's own talk goes to a file; the gateway's log lines and wrangler's errors are shown. */
function launchWrangler(config, port) {
  mkdirSync(paths.demo, { recursive: true });
  const log = createWriteStream(join(paths.demo, 'wrangler.log'));
  const args = ['dev', '--config', config, '--ip', '127.0.0.1', '--port', port, '--inspector-ip', '127.0.0.1', '--inspector-port', '0'];
  args.push('--local', '--test-scheduled', '--show-interactive-dev-session=false');
  const child = start(paths.node, [paths.wrangler, ...args], { cwd: paths.demo, env: wranglerEnv() });
  const said = [];
  let isReady = false;
  for (const stream of [child.stdout, child.stderr]) {
    eachLine(stream, (line) => {
      log.write(`${line}\n`);
      said.push(line);
      if (said.length > 40) said.shift();
      if ((isReady && line.startsWith('{')) || /\berror\b/i.test(line)) say(line);
    });
  }
  return { ended: whenEnded('wrangler', child, said), showLog: () => (isReady = true) };
}

function whenEnded(name, child, said) {
  const ended = new Promise((_, reject) => {
    child.once('error', (error) => reject(new Failure(`${name} cannot be started: ${error.message}`)));
    child.once('close', (code, signal) => {
      const words = said.length > 0 ? `; its last words:\n${said.join('\n')}` : '';
      reject(new Failure(`${name} ended by itself (${code ?? signal})${words}`));
    });
  });
  ended.catch(() => {}); // whoever races for it later still sees it
  return ended;
}

/** The preferred port, or any free one where it is taken. */
async function freePort(preferred) {
  for (const port of [preferred, 0]) {
    const server = createServer();
    const found = await new Promise((resolve) => {
      server.once('error', () => resolve(undefined));
      server.listen(port, '127.0.0.1', () => resolve(server.address().port));
    });
    await new Promise((resolve) => server.close(resolve));
    if (found !== undefined) return found;
  }
  throw new Failure('no free port on 127.0.0.1');
}

async function answering(url) {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    await sleep(200);
  }
  throw new Failure(`the gateway does not answer at ${url} within ${READY_MS / 1000} s; see ${join(paths.demo, 'wrangler.log')}`);
}

/** Prints the result on stdout: addresses, and lines to paste. */
async function show({ gateway, issuer, origin }) {
  const tokens = await writeTokens(issuer);
  const rows = [
    ['gateway', gateway, 'the Worker, on workerd with a local KV'],
    ['stand-in for Clerk', `${issuer}/stand-in`, 'keys, tokens, webhooks and outages on request'],
    ['origin', origin, 'answers with what it gets'],
    ['cron', `${gateway}/__scheduled`, 'runs the cron trigger: keys into KV'],
  ];
  const table = rows.map(([name, url, note]) => `  ${name.padEnd(20)}${url.padEnd(36)}${note}`);
  const lines = curlLines({ gateway, issuer }, tokens).map(({ title, status, command }) => `# ${title} → ${status}\n${command}\n`);
  process.stdout.write(`\n${table.join('\n')}\n\n${lines.join('\n')}\n`);
  say('below are the log lines of the gateway; ctrl-c ends it all');
}
