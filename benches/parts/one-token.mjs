// One token: how long until its user is known, in Node and inside workerd.

import { createVerifier as createFastJwt } from 'fast-jwt';

import { bundle, packageEntry, packageWasm } from '../lib/bundle.mjs';
import { processorMs } from '../lib/cpu.mjs';
import { startInstance, userOf } from '../lib/instance.mjs';
import { inRounds, spread } from '../lib/rounds.mjs';
import { contest, goal, number } from '../lib/table.mjs';
import { startWorkers } from '../lib/workerd.mjs';
import * as oneToken from '../workers/one-token.mjs';
import { CLERK, FRESH, JOSE, LIMIT, REPEATED } from '../workers/names.mjs';

export const title = 'One token';

const FULL = { rounds: 25, count: 600, seconds: 120 };
const QUICK = { rounds: 9, count: 300, seconds: 8 };

/** More than any contestant remembers. */
const TOKENS = 5_000;

/** A repeated token takes so much less that it needs more turns to be measured. */
const REPEATED_TURNS = 10;

export async function measure({ quick, progress }) {
  const amount = quick ? QUICK : FULL;
  const clerk = await startInstance();
  try {
    progress(`signing ${TOKENS} tokens`);
    const tokens = clerk.tokens(TOKENS);
    const world = { tokens, instance: clerk.instance, forged: clerk.forged() };
    const lines = [`A token of ${tokens[0].length} bytes, RS256 with 2048 bits; ${number(TOKENS, 0)} distinct ones by turns, ${amount.count} in a round.`];
    for (const host of [inNode, inWorkerd]) lines.push(await contestIn(host, world, amount, progress));
    return lines.join('\n\n');
  } finally {
    await clerk.close();
  }
}

async function contestIn(host, world, { rounds, count, seconds }, progress) {
  const { name: place, open } = await host(world);
  const { list, ask, processor, close } = await open();
  try {
    for (const { name } of list) {
      if (!(await ask.refuses(name, world.forged))) throw new Error(`${name} takes a token with another claim than was signed`);
      progress(`one token ${place}: ${name}`);
      await ask.ready(name);
    }
    const taken = new Map(list.map(({ name }) => [name, []]));
    const figures = await inRounds(
      list.map(({ name, isRepeated }) => ({ name, turn: (round) => timed(ask, processor, { name, round, taken: taken.get(name), count: isRepeated ? count * REPEATED_TURNS : count }) })),
      { rounds, seconds, onRound: (round) => progress(`one token ${place}: round ${round} of ${rounds}`) },
    );
    return [
      `### ${place[0].toUpperCase()}${place.slice(1)}`,
      contest(figures, { unit: 'µs', against: LIMIT, processor: processor.isKnown ? taken : undefined }),
      [
        goal(figures, { name: FRESH, against: LIMIT, atMost: 1.4 }),
        goal(figures, { what: 'a fresh token, faster than jose', name: FRESH, against: JOSE, atLeast: 2, inverse: true }),
        goal(figures, { what: 'a fresh token, faster than @clerk/backend', name: FRESH, against: CLERK, atLeast: 3, inverse: true }),
        goal(figures, { what: 'a repeated token, faster than @clerk/backend', name: REPEATED, against: CLERK, atLeast: 20, inverse: true }),
      ].join('\n'),
    ].join('\n\n');
  } finally {
    await close();
  }
}

/** The time of one answer in µs; every answer must be right. */
async function timed(ask, processor, { name, round, taken, count }) {
  const before = processor.microseconds();
  const began = performance.now();
  const right = await ask.answer(name, count);
  const took = performance.now() - began;
  if (right !== count) throw new Error(`${name} answers ${right} of ${count} tokens rightly`);
  if (round > 0) taken.push((processor.microseconds() - before) / count);
  return ((took - ask.overhead) * 1000) / count;
}

/** In this process, over the entry that Node takes. */
async function inNode({ tokens, instance }) {
  return {
    name: `in Node ${process.versions.node}`,
    open: async () => {
      const { createVerifier } = await import(packageEntry('inline.js'));
      const list = await oneToken.contestants({ createVerifier, createFastJwt }, instance, userOf);
      const named = (name) => list.find((contestant) => contestant.name === name);
      const answers = new Map();
      const ask = {
        overhead: 0,
        refuses: (name, token) => oneToken.refuses(named(name), token),
        ready: async (name) => answers.set(name, await oneToken.ready(named(name), tokens)),
        answer: (name, count) => answers.get(name)(count),
      };
      const ofProcess = () => process.cpuUsage().user + process.cpuUsage().system;
      return { list, ask, processor: { isKnown: true, microseconds: ofProcess }, close: () => {} };
    },
  };
}

/** In workerd, over the entry that Workers take. What an empty request takes is no token's. */
async function inWorkerd({ tokens, instance }) {
  return {
    name: 'inside workerd',
    open: async () => {
      const modules = { 'main.js': await bundle('workers/one-token-worker.mjs'), ...packageWasm() };
      const server = await startWorkers([{ name: 'one-token', modules }]);
      const call = async (act, rest) => {
        const answer = await fetch(`http://127.0.0.1:${server.port('one-token')}/`, { method: 'POST', body: JSON.stringify({ act, ...rest }) });
        if (!answer.ok) throw new Error(`the Worker fails to ${act} ${rest?.name ?? ''}: ${await answer.text()}`);
        return answer.json();
      };
      const list = await call('load', { instance, tokens, users: tokens.map((_, index) => userOf(index)) });
      const ask = {
        overhead: await overheadOf(call),
        refuses: (name, token) => call('refuses', { name, token }),
        ready: (name) => call('ready', { name }),
        answer: (name, count) => call('answer', { name, count }),
      };
      const ofServer = () => processorMs(server.pid) * 1000;
      return { list, ask, processor: { isKnown: processorMs(server.pid) !== undefined, microseconds: ofServer }, close: server.close };
    },
  };
}

async function overheadOf(call) {
  const figures = [];
  for (let turn = 0; turn < 50; turn += 1) {
    const began = performance.now();
    await call('rest');
    figures.push(performance.now() - began);
  }
  return spread(figures).median;
}
