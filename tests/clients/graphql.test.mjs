// The client of a GraphQL API: Apollo Client with types by graphql-codegen, against Yoga.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startIssuer } from '../worker/support.mjs';
import { behaves, expiredFirst } from './behaviour.mjs';
import { compile, folder, installClients, load, makeProject, write } from './project.mjs';
import { startGraphql } from './servers.mjs';

const typeDefs = readFileSync(join(folder, 'schema.graphql'), 'utf8');
let issuer, application, authErrorIn, withStatus, without;

before(async () => {
  await installClients();
  ({ authErrorIn } = await import('clerk-edge/client'));
  issuer = await startIssuer();
  [withStatus, without] = await Promise.all([startGraphql(issuer, typeDefs), startGraphql(issuer, typeDefs, { status: false })]);
  const project = makeProject({ files: { 'schema.graphql': 'schema.graphql', 'src/main.ts': 'apps/graphql.ts' } });
  await write(project, 'graphql', 'src/api', '--schema', 'schema.graphql');
  await compile(project);
  application = await load(project);
});
after(() => {
  for (const started of [withStatus, without, issuer]) started?.close();
});

describe('where a refusal is a status', () => {
  const start = (options) => ({ calls: application.start(withStatus.url, options), server: withStatus });
  start.context = () => ({ issuer, authErrorIn });
  behaves(start);
});

describe('where a refusal is an error in a 200', () => {
  async function begin(source) {
    const { getToken, refreshes } = source ?? (await expiredFirst(issuer));
    for (const list of [without.requests, without.made]) list.length = 0;
    return { calls: application.start(without.url, { getToken }), refreshes };
  }
  const codes = ({ errors }) => errors.map(({ extensions }) => extensions.code);

  test('it is asked again with a fresh token, once', async () => {
    const { calls, refreshes } = await begin();
    assert.equal(await calls.me(), 'user_ada');
    assert.deepEqual([without.requests.length, refreshes()], [2, 1]);
    assert.equal(new Set(without.requests.map(({ authorization }) => authorization)).size, 2);
  });

  test('ten at once cause one refresh', async () => {
    const { calls, refreshes } = await begin();
    assert.deepEqual(await Promise.all(Array.from({ length: 10 }, () => calls.me())), Array(10).fill('user_ada'));
    assert.deepEqual([without.requests.length, refreshes()], [20, 1]);
  });

  test('nobody is asked for once', async () => {
    const { calls } = await begin({ getToken: async () => null });
    await assert.rejects(calls.me(), (error) => codes(error)[0] === 'UNAUTHENTICATED');
    assert.equal(without.requests.length, 1);
  });

  test('what the session may not do is asked once', async () => {
    const token = await issuer.token({ user: 'user_ada' });
    const { calls } = await begin({ getToken: async () => token });
    await assert.rejects(calls.admin(), (error) => codes(error)[0] === 'FORBIDDEN');
    assert.equal(without.requests.length, 1);
  });

  test('a mutation that was refused is made once, by the second request', async () => {
    const { calls } = await begin();
    assert.equal(await calls.create('buy milk'), 'buy milk');
    assert.deepEqual([without.requests.length, without.made], [2, ['buy milk']]);
  });

  test('a mutation that may have been made is not asked again', async () => {
    for (const call of ['draft', 'both']) {
      const { calls, refreshes } = await begin();
      await assert.rejects(calls[call]('buy milk'), (error) => codes(error).includes('UNAUTHENTICATED'));
      assert.deepEqual([without.requests.length, without.made, refreshes()], [1, ['buy milk'], 0], call);
    }
  });
});
