// `npm start`: the gateway on real workerd, with a stand-in for Clerk and an API to protect, all on this machine.

import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { build, buildCommandLine } from './build.mjs';
import { curlLines, writeConfig, writeTokens } from './lib/demo.mjs';
import { answering, freePort, launch, whenEnded } from './lib/launch.mjs';
import { eachLine, start } from './lib/processes.mjs';
import { program, say, step } from './lib/report.mjs';
import { paths, root, wranglerEnv } from './lib/toolchain.mjs';
import { setup } from './setup.mjs';

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
  await Promise.race([ended, answering(new URL('/health', gatewayUrl), undefined, `; see ${join(paths.demo, 'wrangler.log')}`)]);
  gateway.showLog();
  return { urls: { gateway: gatewayUrl, issuer: issuerUrl, origin: originUrl }, ended };
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
