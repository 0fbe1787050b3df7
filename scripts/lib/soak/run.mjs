// A load run: starts the Worker, sends until the time is over, and tells what came of it.
//
// It fails on a single answer that is not the one it must be, on a connection that breaks, on anything that the Worker logs
// beside its one line a request, on more questions to the key server than one in 30 s, and on memory that goes on growing.

import { setTimeout as sleep } from 'node:timers/promises';

import { startKeyServer } from '../../../tests/worker/key-server.mjs';
import { startEchoOrigin, startGateway } from '../../../tests/worker/support.mjs';
import { MIB, watchMemory, workerdProcesses } from '../memory.mjs';
import { Client, sha256 } from './send.mjs';
import { Tally } from './tally.mjs';
import { Rotation, WEBHOOK_SECRET, kinds, origin as answers, outcome, routes } from './traffic.mjs';

const PROGRESS_SECONDS = 10;

/**
 * What the isolate holds after a collection, at the end, against what it held after a fifth of the time. The half more is for
 * what is in flight; the 16 MiB are what `limits.rs` lets verified tokens take, which a slow run has not filled by then. The
 * memory of the whole process is shown and not judged: workerd has no limit here and lets garbage lie, so that a Worker of
 * ten lines that only forwards has grown by 400 MiB after 25,000 requests.
 */
const WARM_UP_SHARE = 0.2;
const GROWTH_FACTOR = 1.5;
const GROWTH_BYTES = 16 * MIB;

/** One question to the key server at the start, one in 30 s, and one that may just have been due. */
const keyRequestsAllowed = (seconds) => 2 + Math.floor(seconds / 30);

const settings = JSON.parse(process.argv[2]);
process.exitCode = (await main(settings)) ? 0 : 1;

async function main({ seconds, connections, rate, build }) {
  const world = await start(build);
  try {
    return await report(world, await load(world, { seconds, connections, rate }));
  } finally {
    world.isolate.close();
    await Promise.all([world.gateway.close(), world.origin.close(), world.server.close()]);
  }
}

async function start(build) {
  const [server, origin] = await Promise.all([startKeyServer(), startEchoOrigin(answers)]);
  const webhook = { path: '/webhooks/clerk', webhook: 'clerk', origin: `${origin.url}/internal/clerk` };
  const gateway = await startGateway({
    issuer: server, origin, routes: [...routes, webhook], vars: { CLERK_WEBHOOK_SIGNING_SECRET: WEBHOOK_SECRET }, inspector: true, build,
  });
  const [pid] = workerdProcesses();
  return { server, origin, gateway, pid, isolate: await gateway.inspect() };
}

/** Sends from as many places at once as there are connections, until the time is over. */
async function load({ server, origin, gateway, pid, isolate }, { seconds, connections, rate }) {
  const tally = new Tally();
  const rotation = new Rotation(server);
  const choose = chooser(kinds(server, rotation));
  const client = new Client(gateway.port, connections);
  const memory = watchMemory(pid, 500);
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  let isOver = false;
  let warm;

  const one = async () => {
    while (!isOver) {
      if (rate !== undefined && tally.sent > rate * elapsed()) await sleep(5);
      else await send(client, choose(), tally);
    }
  };
  const tend = async () => {
    let told = 0;
    while (!isOver) {
      await sleep(250);
      rotation.turn(elapsed(), seconds);
      if (warm === undefined && elapsed() >= seconds * WARM_UP_SHARE) warm = await isolate.held();
      checkLogs(gateway, tally);
      origin.requests.length = 0;
      if (elapsed() - told >= PROGRESS_SECONDS) {
        told = elapsed();
        say(`${told.toFixed(0)} s: ${tally.sent} sent, ${tally.wrong} wrong, ${mib(memory.now())}`);
      }
      isOver = elapsed() >= seconds;
    }
  };
  await Promise.all([tend(), ...Array.from({ length: connections }, one)]);
  const took = elapsed();
  checkLogs(gateway, tally);
  client.close();
  return { tally, took, warm, end: await isolate.held(), keyRequests: server.requests(), memory: memory.stop() };
}

async function send(client, { name, make }, tally) {
  const { send, request, expected, then } = make();
  const began = performance.now();
  const came = await client[send](request);
  const words = outcome(came);
  tally.note(name, { outcome: words, expected, milliseconds: performance.now() - began });
  if (expected.includes(words)) then?.();
}

/** The Worker logs one line for each request; everything else in it is a failure of some kind. */
function checkLogs(gateway, tally) {
  for (const line of gateway.logs.splice(0)) {
    if (typeof line === 'string' || line.decision === undefined) tally.mistake(`log: ${typeof line === 'string' ? line : JSON.stringify(line)}`);
    else if (line.status === 500) tally.mistake(`log: ${JSON.stringify(line)}`);
  }
}

/** Picks kinds by their weights. */
function chooser(list) {
  const total = list.reduce((sum, [, weight]) => sum + weight, 0);
  return () => {
    let left = Math.random() * total;
    const [name, , make] = list.find(([, weight]) => (left -= weight) <= 0) ?? list[0];
    return { name, make };
  };
}

/** Prints what came of it, and tells whether that is as it must be. */
async function report({ gateway }, { tally, took, warm, end, keyRequests, memory }) {
  const bound = total(warm) * GROWTH_FACTOR + GROWTH_BYTES;
  if (total(end) > bound) tally.mistake(`memory: the isolate holds ${mib(total(end))} at the end, which is over ${mib(bound)}`);
  if (keyRequests > keyRequestsAllowed(took)) tally.mistake(`the key server was asked ${keyRequests} times in ${took.toFixed(0)} s`);
  const last = await gateway.fetch('/public/hash', { method: 'POST', body: 'still there' });
  if ((await last.text()) !== sha256('still there')) tally.mistake('the gateway answers no more');
  const lines = [
    `  ${'kind'.padEnd(40)}${'sent'.padStart(9)}  answered`,
    ...tally.table(),
    '',
    `  ${tally.sent} requests in ${took.toFixed(1)} s: ${Math.round(tally.sent / took)} a second; p50 ${tally.percentile(50)} ms, p99 ${tally.percentile(99)} ms`,
    `  the isolate holds ${shown(warm)} warmed up, ${shown(end)} at the end; allowed: ${mib(bound)} in all`,
    `  the process of workerd has ${mib(memory.start)} at the start, ${mib(memory.end)} at the end, ${mib(memory.peak)} at most`,
    `  the key server was asked ${keyRequests} times; allowed: ${keyRequestsAllowed(took)}`,
    `  wrong: ${tally.wrong}`,
    ...tally.mistakes().map((text) => `    ${text}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return tally.wrong === 0;
}

function total({ wasm, heap }) {
  return wasm + heap;
}

function shown({ wasm, heap }) {
  return `${mib(wasm)} of WebAssembly and ${mib(heap)} of heap`;
}

function mib(bytes) {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
