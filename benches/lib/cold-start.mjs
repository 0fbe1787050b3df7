// How long from the start of workerd to the first answer of a Worker in it: loading, compiling, keys and one token.
//
// An isolate is made when workerd starts, so each start is a process of its own. What the process itself takes is what the
// pass-through takes, which stands beside the others in every round.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { CLERK, JOSE, PASS_THROUGH, SECRET_KEY, clerkEdge, peers } from './gateways.mjs';
import { startInstance } from './instance.mjs';
import { startKv } from './kv.mjs';
import { inRounds } from './rounds.mjs';
import { contest, goal } from './table.mjs';
import { configure, serve } from './workerd.mjs';

const FULL = { rounds: 100, seconds: 120, least: 5 };
/** As many as there is time for: other work on the machine moves a start more than it moves anything else. */
const QUICK = { rounds: 40, seconds: 12, least: 5 };

const OURS_KEY = 'clerk-edge, key given';
const OURS_WARM = 'clerk-edge, keys in KV';
const OURS_COLD = 'clerk-edge, KV empty';
const CLERK_KEY = `${CLERK}, key given`;
const CLERK_COLD = `${CLERK}, keys fetched`;

/** Resolves to a table of first answers and the goals. */
export async function coldStarts({ quick, progress }) {
  const [clerk, kv, emptyKv, origin] = await Promise.all([startInstance(), startKv(), startKv(), startOrigin()]);
  emptyKv.isEmpty = true;
  const configurations = (await starters({ clerk, kv, emptyKv, origin })).map((worker) => ({ worker, configuration: configure([worker]) }));
  try {
    const token = clerk.token(0);
    const contestants = configurations.map(({ worker: { name }, configuration }) => ({ name, turn: () => firstAnswer(configuration, name, token) }));
    const figures = await inRounds(contestants, { ...(quick ? QUICK : FULL), onRound: (round, rounds) => progress(`cold start: round ${round} of ${rounds}`) });
    return [
      'From the start of workerd to the first answer to a signed request, in a new process each time.',
      contest(figures, { unit: 'ms', against: PASS_THROUGH }),
      [
        goal(figures, { what: 'keys in KV, against @clerk/backend that fetches them', name: OURS_WARM, against: CLERK_COLD, atMost: 1 }),
        goal(figures, { what: 'KV empty, against @clerk/backend that fetches its keys', name: OURS_COLD, against: CLERK_COLD, atMost: 1 }),
        goal(figures, { what: 'key given, against @clerk/backend with its key given', name: OURS_KEY, against: CLERK_KEY, atMost: 1 }),
      ].join('\n'),
    ].join('\n\n');
  } finally {
    configurations.forEach(({ configuration }) => configuration.remove());
    origin.close();
    await Promise.all([clerk.close(), kv.close(), emptyKv.close()]);
  }
}

async function starters({ clerk: { instance }, kv, emptyKv, origin }) {
  const [passThrough, jose, byKey] = await peers({ instance, origin: origin.url });
  const { CLERK_JWT_KEY: _, ...env } = byKey.env;
  const ours = (name, rest) => clerkEdge(name, { instance, origin: origin.url, ...rest });
  return [
    passThrough,
    { ...jose, name: `${JOSE}, key given` },
    { ...byKey, name: CLERK_KEY },
    { ...byKey, name: CLERK_COLD, env: { ...env, CLERK_SECRET_KEY: SECRET_KEY, CLERK_API_URL: instance.issuer } },
    ours(OURS_KEY, { env: { CLERK_JWT_KEY: instance.pem } }),
    ours(OURS_WARM, { kv: kv.port }),
    ours(OURS_COLD, { kv: emptyKv.port }),
  ];
}

/** In ms; the answer must be the origin's own. */
async function firstAnswer(configuration, name, token) {
  const began = performance.now();
  const server = await serve(configuration);
  try {
    const answer = await fetch(`http://127.0.0.1:${server.port(name)}/api/first`, { headers: { authorization: `Bearer ${token}` } });
    const text = await answer.text();
    const took = performance.now() - began;
    if (answer.status !== 200 || text !== ANSWER) throw new Error(`${name} answers ${answer.status} ${text}`);
    return took;
  } finally {
    await server.close();
  }
}

const ANSWER = 'from the origin';

async function startOrigin() {
  const server = createServer((_, response) => response.end(ANSWER)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => (server.closeAllConnections(), server.close()) };
}
