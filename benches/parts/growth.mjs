// What happens when there is more of something: the cost of a request stays flat where it should, and memory under its bound.

import { inNode } from '../lib/growth-of-tokens.mjs';
import { clerkEdge } from '../lib/gateways.mjs';
import { startInstance } from '../lib/instance.mjs';
import { contestant } from '../lib/load.mjs';
import { answerTo, startOrigin } from '../lib/origin.mjs';
import { inRounds } from '../lib/rounds.mjs';
import { contest, goal } from '../lib/table.mjs';
import { startWorkers } from '../lib/workerd.mjs';

export const title = 'Growth';

const FULL = { rounds: 11, requests: 2_000, tokens: 300, distinct: 100_000, seconds: 120 };
const QUICK = { rounds: 3, requests: 300, tokens: 60, distinct: 10_000, seconds: 4 };

const ROUTES = [1, 10, 100, 1_000];
const HEADERS = [1, 8, 64];

/** What is still flat: other work on the machine moves figures more than this. */
const FLAT = 1.25;

export async function measure({ quick, progress }) {
  const amount = quick ? QUICK : FULL;
  return [await inWorkerd(amount, progress), await inNode(amount, progress)].join('\n\n');
}

/** Routes and headers, through the gateway on public routes: tokens have no part in it. */
async function inWorkerd({ rounds, requests, seconds }, progress) {
  const [clerk, origin] = await Promise.all([startInstance(), startOrigin()]);
  const world = { instance: clerk.instance, origin: origin.url };
  const tables = ROUTES.map((count) => clerkEdge(`routes-${count}`, { ...world, routes: routes(count, origin.url) }));
  const server = await startWorkers(tables);
  const taken = new Map();
  const on = (name, worker, headers) => contestant(name, { server, worker, taken, requests: list(requests, headers) });
  const progressOf = (what) => (round) => progress(`growth, ${what}: round ${round} of ${rounds}`);
  try {
    const byRoutes = ROUTES.map((count) => on(named(count, 'route'), `routes-${count}`, 1));
    const byHeaders = HEADERS.map((count) => on(named(count, 'header'), 'routes-1', count));
    const routed = await perRequest(byRoutes, { rounds, seconds, onRound: progressOf('routes') });
    const headed = await perRequest(byHeaders, { rounds, seconds, onRound: progressOf('headers') });
    const [few, many] = [named(ROUTES[0], 'route'), named(ROUTES.at(-1), 'route')];
    return [
      'A request through the gateway on a public route, in workerd.',
      contest(routed, { unit: 'µs', digits: 0, against: few, what: 'routes' }),
      goal(routed, { what: `${many}, against ${few}`, name: many, against: few, atMost: FLAT }),
      contest(headed, { unit: 'µs', digits: 0, against: named(HEADERS[0], 'header'), what: 'headers of the request' }),
    ].join('\n\n');
  } finally {
    await Promise.all([server.close(), origin.close(), clerk.close()]);
  }
}

async function perRequest(contestants, options) {
  const figures = await inRounds(contestants, options);
  return new Map([...figures].map(([name, values]) => [name, values.map((perSecond) => 1_000_000 / perSecond)]));
}

/** The one that is asked for stands last. */
function routes(count, origin) {
  const others = Array.from({ length: count - 1 }, (_, index) => ({ path: `/other-${index}/:id/*`, access: 'public', origin }));
  return [...others, { path: '/api/*', access: 'public', origin }];
}

function list(count, headerCount) {
  const headers = Object.fromEntries(Array.from({ length: headerCount }, (_, index) => [`x-own-${index}`, `value ${index}`]));
  return Array.from({ length: count }, () => ({ headers, body: answerTo(null) }));
}

function named(count, what) {
  return `${count.toLocaleString('en-GB')} ${what}${count === 1 ? '' : 's'}`;
}
