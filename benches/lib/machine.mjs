// What was measured on: a figure by itself says little without it.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';

import { root } from '../../scripts/lib/toolchain.mjs';
import { workerdVersion } from './workerd.mjs';

const PEERS = ['jose', '@clerk/backend'];
const OWN_PEERS = ['fast-jwt', 'autocannon'];

/** One line: the day, the machine, and the versions of everything that takes part. */
export function machine({ quick }) {
  const [{ model }] = cpus();
  const node = createRequire(join(root, 'package.json'))('node/package.json').version;
  const versions = [`Node ${node}`, `workerd ${workerdVersion()}`, ...versionsOf(root, PEERS), ...versionsOf(join(root, 'benches'), OWN_PEERS)];
  const day = new Date().toISOString().slice(0, 10);
  return `*${day}, ${cpus().length} cores of ${model.trim()}${quick ? ', `--quick`' : ''}; ${versions.join(', ')}.*`;
}

function versionsOf(folder, names) {
  return names.map((name) => `${name} ${JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version}`);
}
