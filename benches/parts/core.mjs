// The core by itself, native, by criterion: benches/core.rs. What grows with nothing shows here without the noise of a server.

import { capture } from '../../scripts/lib/processes.mjs';
import { rustEnv, root } from '../../scripts/lib/toolchain.mjs';
import { number, table } from '../lib/table.mjs';

/** What runs it, but for how long; scripts/bench.mjs compiles it by the same. */
export const CORE_BENCH = ['bench', '--no-default-features', '--bench', 'core'];

export const title = 'The core, native';

const FULL = ['--warm-up-time', '1', '--measurement-time', '3'];
/** Criterion's own `--quick` leaves out the names in this form. */
const QUICK = ['--warm-up-time', '0.3', '--measurement-time', '0.5', '--sample-size', '20'];

/** A line of criterion in the form that cargo's own bencher has. */
const LINE = /^test (.+?) \.\.\. bench:\s+([\d,]+) ns\/iter \(\+\/- ([\d,]+)\)/;

export async function measure({ quick, progress }) {
  progress('core: measuring with criterion');
  const args = [...CORE_BENCH, '--', '--output-format', 'bencher', ...(quick ? QUICK : FULL)];
  const output = await capture('cargo', args, { cwd: root, env: rustEnv() });
  if (output === undefined) throw new Error(`\`cargo ${args.join(' ')}\` failed`);
  const rows = output.split('\n').map((line) => LINE.exec(line)).filter(Boolean).map(([, ...cells]) => cells);
  if (rows.length === 0) throw new Error('criterion measured nothing');
  return [
    'Signatures are taken as good at once; what is measured is all the rest.',
    table(['what', 'ns', '±'], rows.map(([name, nanoseconds, deviation]) => [name, shown(nanoseconds), shown(deviation)])),
  ].join('\n\n');
}

function shown(text) {
  return number(Number(text.replaceAll(',', '')), 0);
}
