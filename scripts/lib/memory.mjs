// How much memory the workerd of this process takes. It is looked at from outside, as the system counts it: what V8 says of
// its own heap leaves out the buffers of bodies, which are the ones that matter.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A mebibyte. */
export const MIB = 1024 * 1024;

/** The processes of workerd that this process started. */
export function workerdProcesses() {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' }).trim().split('\n');
  const processes = rows.map((row) => row.trim().split(/\s+/)).map(([pid, parent, name]) => ({ pid: Number(pid), parent: Number(parent), name }));
  return processes.filter(({ parent, name }) => parent === process.pid && name.endsWith('workerd')).map(({ pid }) => pid);
}

/** The resident memory of a process in bytes. */
export function residentBytes(pid) {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return pages * 4096;
  } catch {
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
  }
}

/** Looks at a process until `stop` is called, which tells what it took at the beginning, at most and at the end. */
export function watchMemory(pid, everyMs = 50) {
  const start = residentBytes(pid);
  let peak = start;
  const look = () => (peak = Math.max(peak, residentBytes(pid)));
  const timer = setInterval(look, everyMs);
  return {
    start,
    now: () => residentBytes(pid),
    stop: () => {
      clearInterval(timer);
      look();
      return { start, peak, end: residentBytes(pid) };
    },
  };
}
