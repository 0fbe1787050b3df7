// The client of a tRPC router, in batches.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startIssuer } from '../worker/support.mjs';
import { behaves, expiredFirst } from './behaviour.mjs';
import { compile, installClients, load, makeProject, write } from './project.mjs';
import { startTrpc } from './servers.mjs';

let issuer, application, authErrorIn, server;

before(async () => {
  await installClients();
  ({ authErrorIn } = await import('clerk-edge/client'));
  issuer = await startIssuer();
  const files = { 'src/main.ts': 'apps/trpc.ts', 'src/server/router.ts': 'apps/router.ts' };
  const project = makeProject({ files, dependencies: { '@trpc/server': '11.22.1' } });
  await write(project, 'trpc', 'src/api', '--router', 'src/server/router.ts');
  await compile(project);
  application = await load(project);
  server = await startTrpc(issuer, application.makeRouter);
});
after(() => (server?.close(), issuer?.close()));

describe('alone and in batches of one kind', () => {
  const start = (options) => ({ calls: application.start(server.url, options), server });
  start.context = () => ({ issuer, authErrorIn });
  behaves(start, { batched: true });
});

describe('in a batch of which some is answered', () => {
  async function begin(source) {
    const { getToken, refreshes } = source ?? (await expiredFirst(issuer));
    for (const list of [server.requests, server.made]) list.length = 0;
    return { calls: application.start(server.url, { getToken }), refreshes };
  }
  const settled = async (...calls) => (await Promise.allSettled(calls)).map(({ value, reason }) => value ?? reason.data.code);

  test('the queries that were refused are asked again, and they alone', async () => {
    const { calls, refreshes } = await begin();
    assert.deepEqual(await settled(calls.health(), calls.me(), calls.me()), [true, 'user_ada', 'user_ada']);
    assert.deepEqual(server.requests.map(({ url }) => url.split('?')[0]), ['/health,me,me', '/me,me']);
    assert.equal(refreshes(), 1);
  });

  test('a mutation is not asked again', async () => {
    const { calls, refreshes } = await begin();
    assert.deepEqual(await settled(calls.draft('a'), calls.create('b')), ['a', 'UNAUTHORIZED']);
    assert.deepEqual([server.requests.length, server.made, refreshes()], [1, ['a'], 0]);
  });

  test('nobody is asked for once', async () => {
    const { calls } = await begin({ getToken: async () => null });
    assert.deepEqual(await settled(calls.health(), calls.me()), [true, 'UNAUTHORIZED']);
    assert.equal(server.requests.length, 1);
  });
});
