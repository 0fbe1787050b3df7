// What it costs that origins can check who sends to them: the gateway signs each request, and the origin checks the signature.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

import { packageEntry } from '../lib/bundle.mjs';
import { clerkEdge } from '../lib/gateways.mjs';
import { startInstance, userOf } from '../lib/instance.mjs';
import { startKv } from '../lib/kv.mjs';
import { CONNECTIONS, contestant, send } from '../lib/load.mjs';
import { answerTo, startOrigin } from '../lib/origin.mjs';
import { inRounds } from '../lib/rounds.mjs';
import { contest } from '../lib/table.mjs';
import { startWorkers } from '../lib/workerd.mjs';
import { JOSE, checkers } from '../workers/assertions.mjs';

export const title = 'Clients of the origin';

const FULL = { rounds: 15, requests: 4_000, checks: 400, seconds: 120 };
const QUICK = { rounds: 3, requests: 800, checks: 150, seconds: 5 };

const WITHOUT = 'without assertions';
const WITH = 'with assertions';

export async function measure({ quick, progress }) {
  const amount = quick ? QUICK : FULL;
  const [clerk, kv, origin] = await Promise.all([startInstance(), startKv(), startOrigin()]);
  const world = { instance: clerk.instance, origin: origin.url, kv: kv.port };
  const env = { ASSERTION_KEY: randomBytes(32).toString('base64url') };
  const taker = await startTaker();
  const servers = await startWorkers([
    clerkEdge(WITHOUT, world),
    clerkEdge(WITH, { ...world, env }),
    clerkEdge('taken', { ...world, env, origin: taker.url }),
  ]);
  try {
    const signing = await signed(servers, clerk, amount, progress);
    return [signing, await checked(servers.port('taken'), taker, clerk, amount, progress)].join('\n\n');
  } finally {
    await Promise.all([servers.close(), origin.close(), clerk.close(), kv.close(), taker.close()]);
  }
}

/** Repeated tokens, so that nothing but the assertion is new about a request. */
async function signed(servers, clerk, { rounds, requests, seconds }, progress) {
  const tokens = clerk.tokens(CONNECTIONS);
  const list = Array.from({ length: requests }, (_, index) => ({
    headers: { authorization: `Bearer ${tokens[index % CONNECTIONS]}` },
    body: answerTo(userOf(index % CONNECTIONS)),
  }));
  const taken = new Map();
  const contestants = [WITHOUT, WITH].map((name) => contestant(name, { server: servers, worker: name, requests: list, taken }));
  const figures = await inRounds(contestants, { rounds, seconds, onRound: (round) => progress(`assertion: round ${round} of ${rounds}`) });
  const perRequest = new Map([...figures].map(([name, values]) => [name, values.map((perSecond) => 1_000_000 / perSecond)]));
  const tables = [contest(perRequest, { unit: 'µs a request', digits: 0, against: WITHOUT, what: 'the gateway, repeated tokens' })];
  if (taken.size > 0) tables.push(contest(taken, { unit: 'µs of workerd’s processor', digits: 0, against: WITHOUT, what: 'the same' }));
  return tables.join('\n\n');
}

/** The check in an origin on Node. */
async function checked(port, taker, clerk, { rounds, checks, seconds }, progress) {
  await send(port, [{ headers: { authorization: `Bearer ${clerk.token(0)}` } }], { path: '/api/items' });
  const jwks = await (await fetch(`http://127.0.0.1:${port}/.well-known/clerk-edge/jwks.json`)).text();
  const world = { jwks, audience: taker.url, user: userOf(0), request: { method: 'GET', url: `${taker.url}/api/items` } };
  const list = await checkers(await import(packageEntry('inline.js')), world);
  const contestants = list.map(({ name, check }) => ({ name, turn: () => timed(name, () => check(taker.assertion()), checks) }));
  const figures = await inRounds(contestants, { rounds, seconds, onRound: (round) => progress(`assertion, checked: round ${round} of ${rounds}`) });
  return contest(figures, { unit: 'µs', against: JOSE, what: `the check in Node ${process.versions.node}` });
}

async function timed(name, check, count) {
  const began = performance.now();
  for (let turn = 0; turn < count; turn += 1) if (!(await check())) throw new Error(`${name} refuses a good assertion`);
  return ((performance.now() - began) * 1000) / count;
}

/** An origin that keeps the last assertion that it got. */
async function startTaker() {
  let assertion;
  const server = createServer(({ headers }, response) => {
    assertion = headers['x-clerk-edge-assertion'];
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    assertion: () => assertion,
    close: () => (server.closeAllConnections(), server.close()),
  };
}
