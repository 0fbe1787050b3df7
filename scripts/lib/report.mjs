// What the scripts say, all of it on stderr, so that stdout carries results alone.

import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Failure, endAll, endOnSignals, isEnding } from './processes.mjs';

const COUNTING = process.stderr.isTTY && !process.env.CI;

/** Says one line. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Does a long step: says that it begins, counts on a terminal, and says how long it took. */
export async function step(title, work) {
  const began = Date.now();
  say(`${title} …`);
  const result = await work(count);
  if (COUNTING) process.stderr.write('\r\x1b[K');
  say(`${title}: done in ${seconds(Date.now() - began)}`);
  return result;
}

function count(text) {
  if (COUNTING) process.stderr.write(`\r\x1b[K  ${text}`);
}

/** A time span as a person reads it. */
export function seconds(ms) {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** Runs `main` if the module at `url` is the program that was started, and ends with its verdict. */
export async function program(url, main, { codeOnSignal } = {}) {
  if (!process.argv[1] || realpathSync(process.argv[1]) !== fileURLToPath(url)) return;
  endOnSignals(codeOnSignal);
  try {
    process.exitCode = (await main(process.argv.slice(2))) ?? 0;
  } catch (error) {
    if (isEnding()) return;
    say(error instanceof Failure ? `error: ${error.message}` : (error.stack ?? String(error)));
    process.exitCode = 1;
  } finally {
    await endAll();
  }
}
