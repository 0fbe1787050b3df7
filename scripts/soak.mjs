// `npm run soak`: mixed traffic through the built Worker for minutes, every answer compared with the one it must be.
//
// What is sent and what must come back stands in lib/soak/traffic.mjs, when it fails in lib/soak/run.mjs.

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { build } from './build.mjs';
import { Failure, run } from './lib/processes.mjs';
import { program } from './lib/report.mjs';
import { buildEnv, paths, root } from './lib/toolchain.mjs';
import { setup } from './setup.mjs';

const HELP = `usage: npm run soak -- [--seconds N] [--connections N] [--rate N] [--build FOLDER]

  --seconds N       how long, 5 to 86400 (300)
  --connections N   how many requests at once, 1 to 512 (16)
  --rate N          how many requests a second at most, 1 to 100000 (as many as go through)
  --build FOLDER    the build of another Worker (the gateway's own)
`;

const LIMITS = { seconds: [5, 86_400, 300], connections: [1, 512, 16], rate: [1, 100_000, undefined] };

await program(import.meta.url, async (args) => {
  const options = read(args);
  if (options.help) return void process.stdout.write(HELP);
  await setup();
  if (options.build === undefined) await build();
  // Miniflare runs on the Node among the packages.
  const { seconds, connections, rate } = options;
  const settings = JSON.stringify({ seconds, connections, rate, build: options.build && resolve(options.build) });
  await run(paths.node, ['scripts/lib/soak/run.mjs', settings], { cwd: root, env: buildEnv() });
});

function read(args) {
  const text = { type: 'string' };
  let values;
  try {
    ({ values } = parseArgs({ args, options: { help: { type: 'boolean' }, seconds: text, connections: text, rate: text, build: text } }));
  } catch (error) {
    throw new Failure(`${error.message}\n${HELP}`);
  }
  for (const [name, [least, most, usual]] of Object.entries(LIMITS)) values[name] = number(name, values[name], { least, most, usual });
  return values;
}

function number(name, text, { least, most, usual }) {
  if (text === undefined) return usual;
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new Failure(`expected --${name} of ${least} to ${most}, got ${text}`);
}
