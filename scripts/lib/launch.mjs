// Starts the programs of a demonstration, and tells when they are ready and when they end by themselves.

import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { Failure, eachLine, start } from './processes.mjs';
import { root } from './toolchain.mjs';

const READY_MS = 60_000;

/** A program that says in one line of JSON when it is ready. */
export function launch(name, command, args) {
  const child = start(command, args.map(String), { cwd: root });
  const said = [];
  eachLine(child.stderr, (line) => said.push(line));
  const ended = whenEnded(name, child, said);
  const line = new Promise((resolve) => eachLine(child.stdout, resolve));
  return { child, ended, ready: Promise.race([line.then(JSON.parse), ended]) };
}

/** A server that is ready when it answers at `url`, whatever it answers. */
export async function launchServer(name, command, args, { url, onLine, ...options }) {
  const child = start(command, args, options);
  const said = [];
  for (const stream of [child.stdout, child.stderr]) {
    eachLine(stream, (line) => {
      said.push(line);
      onLine?.(line);
    });
  }
  const ended = whenEnded(name, child, said);
  await Promise.race([ended, answering(url, () => true)]);
  return { child, ended };
}

/** Rejects when a program ends by itself. */
export function whenEnded(name, child, said) {
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
export async function freePort(preferred = 0) {
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

/** Waits for an answer that is good enough. */
export async function answering(url, isReady = (answer) => answer.ok, advice = '') {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer && isReady(answer)) return;
    await sleep(200);
  }
  throw new Failure(`nothing answers at ${url} within ${READY_MS / 1000} s${advice}`);
}
