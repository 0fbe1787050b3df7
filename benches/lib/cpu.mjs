// How much of a processor a process has taken, which other work on the machine changes less than it changes times.

import { readFileSync } from 'node:fs';

/** The kernel counts in hundredths of a second for programs, whatever it counts in for itself. */
const TICK_MS = 10;

/** In ms since the process began; undefined where the system has no /proc. */
export function processorMs(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return undefined;
  }
}
