// `npm run example -- NAME…`: examples over the npm package, against a stand-in for Clerk, all on this machine.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { buildCommandLine } from './build.mjs';
import { FRONT_END, writeTokens } from './lib/demo.mjs';
import { EXAMPLES, buildNext, curlLines, startExample, unpackForExamples } from './lib/examples.mjs';
import { freePort, launch } from './lib/launch.mjs';
import { Failure } from './lib/processes.mjs';
import { program, say, step } from './lib/report.mjs';
import { paths, root } from './lib/toolchain.mjs';
import { buildPackage } from './package.mjs';
import { setup } from './setup.mjs';

await program(import.meta.url, main, { codeOnSignal: 0 });

async function main(names) {
  const unknown = names.find((name) => !(name in EXAMPLES));
  if (unknown || names.length === 0) throw new Failure(`expected one or more of ${Object.keys(EXAMPLES).join(', ')}, got ${unknown ?? 'nothing'}`);
  await setup();
  await buildCommandLine();
  await buildPackage();
  unpackForExamples();
  const issuer = launch('the stand-in', paths.cli, ['issuer', '--port', await freePort(8788)]);
  const { url, publishableKey } = await issuer.ready;
  const env = { CLERK_PUBLISHABLE_KEY: publishableKey, FRONT_END };
  if (names.includes('next')) await buildNext(env);
  const started = [];
  for (const name of names) started.push(await step(`starting ${name}`, () => startExample(name, { env, port: 3001, onLine: say })));
  const folder = join(root, '.wrangler', 'examples');
  mkdirSync(folder, { recursive: true });
  const tokens = await writeTokens(url, folder);
  const lines = names.flatMap((name, index) => curlLines(name, started[index].url, tokens));
  process.stdout.write(`\n${lines.map(({ title, status, command }) => `# ${title} → ${status}\n${command}\n`).join('\n')}\n`);
  say('ctrl-c ends it all');
  return Promise.race([issuer.ended, ...started.map(({ ended }) => ended)]);
}
