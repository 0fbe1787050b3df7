// The gateway in workerd: how many requests a second get through it and through others, and how long they take.

import { CLERK, JOSE, PASS_THROUGH, clerkEdge, peers } from '../lib/gateways.mjs';
import { startInstance, userOf } from '../lib/instance.mjs';
import { startKv } from '../lib/kv.mjs';
import { CONNECTIONS, contestant } from '../lib/load.mjs';
import { answerTo, startOrigin } from '../lib/origin.mjs';
import { inRounds, quantile, ratio, spread } from '../lib/rounds.mjs';
import { goal, number, range, table, times } from '../lib/table.mjs';
import { startWorkers } from '../lib/workerd.mjs';

export const title = 'The gateway';

/** More than the memory of verified tokens holds, so that with each sent once a round every one is fresh in every round. */
const FULL = { tokens: 4_000, rounds: 15, seconds: 120, least: 5 };
const QUICK = { tokens: 2_400, rounds: 3, seconds: 25 };

const GATEWAY = 'clerk-edge';
const FRESH = 'clerk-edge, fresh tokens';
const REPEATED = 'clerk-edge, repeated tokens';
const REFUSED = 'clerk-edge, refused tokens';

export async function measure({ quick, progress }) {
  const { tokens: count, ...amount } = quick ? QUICK : FULL;
  const [clerk, kv, origin] = await Promise.all([startInstance(), startKv(), startOrigin()]);
  let server;
  try {
    progress(`gateway: signing ${count} tokens`);
    const requests = requestsOf(clerk, count);
    const world = { instance: clerk.instance, origin: origin.url };
    server = await startWorkers([...(await peers(world)), clerkEdge(GATEWAY, { ...world, kv: kv.port })]);
    const kept = { latencies: new Map(), taken: new Map() };
    const contestants = contestantsOf(requests).map(({ name, ...rest }) => contestant(name, { server, ...rest, ...kept }));
    const figures = await inRounds(contestants, { ...amount, onRound: (round, rounds) => progress(`gateway: round ${round} of ${rounds}`) });
    return report(figures, kept, requests.fresh.length);
  } finally {
    await Promise.all([server?.close(), origin.close(), clerk.close(), kv.close()]);
  }
}

function requestsOf(clerk, count) {
  const asked = (token, answer) => ({ headers: { authorization: `Bearer ${token}` }, ...answer });
  const tokens = clerk.tokens(count);
  const fresh = tokens.map((token, index) => asked(token, { body: answerTo(userOf(index)) }));
  return {
    fresh,
    repeated: fresh.map((_, index) => fresh[index % CONNECTIONS]),
    refused: fresh.map(() => asked(clerk.forged(), { status: 401 })),
    passed: tokens.map((token) => asked(token, { body: answerTo('user') })),
  };
}

function contestantsOf({ fresh, repeated, refused, passed }) {
  return [
    { name: PASS_THROUGH, worker: PASS_THROUGH, requests: passed },
    { name: REPEATED, worker: GATEWAY, requests: repeated },
    { name: FRESH, worker: GATEWAY, requests: fresh },
    { name: REFUSED, worker: GATEWAY, requests: refused },
    { name: JOSE, worker: JOSE, requests: fresh },
    { name: CLERK, worker: CLERK, requests: fresh },
  ];
}

function report(figures, { latencies, taken }, count) {
  const rows = [...figures.keys()].map((name) => {
    const sorted = latencies.get(name).sort((a, b) => a - b);
    const percentiles = [0.5, 0.9, 0.99].map((share) => number(quantile(sorted, share), 2));
    const { median, ...rest } = spread(figures.get(name));
    return [name, number(median, 0), range(rest, 0), name === PASS_THROUGH ? '1' : times(ratio(figures, name, PASS_THROUGH)), ...percentiles, processor(taken, name)];
  });
  const against = (name, other, atLeast, what) => goal(figures, { what, name, against: other, atLeast });
  return [
    `${CONNECTIONS} connections, ${number(count, 0)} requests a round; one workerd, one origin. Refused tokens are forged, and reach no origin. The last column is what a request takes of workerd's processor.`,
    table(['gateway', 'requests/s', 'middle half', '× pass-through', 'p50, ms', 'p90, ms', 'p99, ms', 'processor, µs'], rows),
    [
      against(REPEATED, PASS_THROUGH, 0.9),
      against(FRESH, PASS_THROUGH, 0.75),
      against(REPEATED, CLERK, 2.5, 'repeated tokens, against @clerk/backend'),
      against(FRESH, CLERK, 2.5, 'fresh tokens, against @clerk/backend'),
    ].join('\n'),
  ].join('\n\n');
}

/** Other work on the machine changes it less than it changes the rest. */
function processor(taken, name) {
  return taken.has(name) ? number(spread(taken.get(name)).median, 0) : 'not known';
}
