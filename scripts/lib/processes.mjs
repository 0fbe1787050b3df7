// Starts programs and ends them again, each in a process group of its own, so that a program which starts others (wrangler
// starts workerd, cargo starts rustc) leaves none of them behind.

import { execFileSync, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a group may take to end by itself before it is killed. */
const GRACE_MS = 5_000;

/** How much of a silent program's output is shown when it fails. */
const TAIL_LINES = 60;

/** Something the user can mend: its message is all there is to show. */
export class Failure extends Error {}

const groups = new Set();
let ending = false;

/** Starts a program that runs until it is ended. Its input is empty; the caller reads what it pipes. */
export function start(command, args, { stdio = ['ignore', 'pipe', 'pipe'], ...options } = {}) {
  const child = spawn(command, args, { ...options, stdio, detached: true });
  const { pid } = child;
  if (pid !== undefined) groups.add(pid);
  return child;
}

/** Runs a program to its end. With `quiet` its output is shown only when it fails; `onLine` sees every line of it. */
export async function run(command, args, { quiet = false, onLine, ...options } = {}) {
  const { code, output } = await finish(command, args, { ...options, inherit: !quiet, onLine });
  if (code === 0) return;
  if (quiet) process.stderr.write(`${telling(output)}\n`);
  throw new Failure(`\`${[command, ...args].join(' ')}\` failed (${code})`);
}

/** What of a failed program's output may say why: its end, without cargo's list of crates. */
function telling(output) {
  const lines = output.trimEnd().split('\n').filter((line) => !/^\s*(Compiling|Checking|Downloaded|Downloading|Fresh) /.test(line));
  return lines.slice(-TAIL_LINES).join('\n');
}

/** What a program prints on stdout, trimmed; undefined when it cannot be run or fails. */
export async function capture(command, args, options = {}) {
  const { code, output } = await finish(command, args, { ...options, stdoutOnly: true });
  return code === 0 ? output.trim() : undefined;
}

/** Runs a program whenever no other one needs the processors. How it ends is the affair of whoever runs it again. */
export async function runAhead(command, args, options) {
  await finish('nice', ['-n', '19', command, ...args], options);
}

function finish(command, args, { inherit = false, stdoutOnly = false, onLine, ...options }) {
  // Whoever was told to end begins nothing more, which nobody would end.
  if (ending) return new Promise(() => {});
  const piped = stdoutOnly ? ['ignore', 'pipe', 'ignore'] : ['ignore', 'pipe', 'pipe'];
  const child = start(command, args, { ...options, stdio: inherit ? ['ignore', 'inherit', 'inherit'] : piped });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    if (stream && onLine) eachLine(stream, onLine);
  }
  return new Promise((resolve) => {
    const end = (code) => {
      groups.delete(child.pid);
      resolve({ code, output });
    };
    child.once('error', (error) => {
      output += `${error.message}\n`;
      end('not started');
    });
    child.once('close', (code, signal) => end(code ?? signal));
  });
}

/** Calls `onLine` with every complete line of a stream. */
export function eachLine(stream, onLine) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    lines.forEach((line) => onLine(line));
  });
}

/** Ends every group that was started, and returns when none of them is left. */
export async function endAll() {
  const ending = [...groups];
  groups.clear();
  await Promise.all(ending.map(endGroup));
}

/** Ends one program that was started, and what it started. */
export async function end({ pid }) {
  if (groups.delete(pid)) await endGroup(pid);
}

async function endGroup(group) {
  signal(group, 'SIGTERM');
  const deadline = Date.now() + GRACE_MS;
  while (isAlive(group)) {
    if (Date.now() > deadline) return void signal(group, 'SIGKILL');
    await sleep(50);
  }
}

function signal(group, name) {
  try {
    process.kill(-group, name);
    return true;
  } catch {
    return false;
  }
}

/** Whether a member of the group still runs. One that ended but that nobody waited for does not count. */
function isAlive(group) {
  if (!signal(group, 0)) return false;
  const rows = execFileSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' }).split('\n');
  return rows.some((row) => {
    const [pgid, state] = row.trim().split(/\s+/);
    return Number(pgid) === group && !state.startsWith('Z');
  });
}

/** Whether this process was told to end: what its programs say from then on is no news. */
export function isEnding() {
  return ending;
}

/** Ends everything and then this process when it is told to end; `code` is what it exits with. */
export function endOnSignals(code = 130) {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, async () => {
      if (ending) return;
      ending = true;
      await endAll();
      process.exit(code);
    });
  }
}
