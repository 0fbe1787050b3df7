// Real applications over the packed package, which are the examples: each answers the one table of requests alike.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startExample, unpackForExamples } from '../../scripts/lib/examples.mjs';
import { FRONT_END, startIssuer } from '../worker/support.mjs';
import { check, requests, send } from './requests.mjs';
import { graphql, rest, trpc } from './transports.mjs';

/** Each with how it is asked, and what its program is started with. */
const APPLICATIONS = {
  express: { transport: rest() },
  'express 4': { transport: rest(), example: 'express', NODE_OPTIONS: `--import=${new URL('express-4.mjs', import.meta.url)}` },
  fastify: { transport: rest() },
  hono: { transport: rest() },
  apollo: { transport: graphql },
  yoga: { transport: graphql },
  trpc: { transport: trpc },
};

let issuer;

before(async () => {
  unpackForExamples();
  issuer = await startIssuer();
});
after(() => issuer?.close());

for (const [name, { transport, example = name, ...env }] of Object.entries(APPLICATIONS)) {
  describe(name, () => {
    let application;
    before(async () => (application = await start(example, env)));
    after(() => application?.close());

    for (const row of requests) {
      test(row.title, async () => check(await send(application.url, issuer, row, transport), row, transport));
    }

    test('an outage of the keys is told as one', async () => {
      await issuer.outage('error');
      const other = await start(example, env);
      try {
        const answer = await send(other.url, issuer, { token: () => issuer.token() }, transport);
        assert.equal(answer.status, 503, answer.text);
        assert.equal(transport.read(answer).code, 'keys-unavailable');
        assert.match(answer.headers.get('retry-after'), /^[1-9][0-9]*$/);
        assert.equal(answer.headers.get('www-authenticate'), null);
      } finally {
        await issuer.outage('none');
        await other.close();
      }
    });
  });
}

for (const name of ['apollo', 'yoga']) {
  describe(`${name}, in part`, () => {
    let application;
    before(async () => (application = await start(name)));
    after(() => application?.close());

    test('a refused field leaves the others, and the status of an answer with data', async () => {
      const { status, headers, body } = await ask(application.url, '{ nullable { userId } public }');
      assert.equal(status, 200);
      assert.equal(headers.get('www-authenticate'), null);
      assert.deepEqual(body.data, { nullable: null, public: true });
      assert.deepEqual(body.errors.map(({ path, extensions: { code, reason } }) => ({ path, code, reason })), [
        { path: ['nullable'], code: 'UNAUTHENTICATED', reason: 'credentials-missing' },
      ]);
    });

    test('a bad token leaves public fields open', async () => {
      const { status, body } = await ask(application.url, '{ public }', { authorization: 'Bearer a.b.c' });
      assert.deepEqual({ status, data: body.data, errors: body.errors }, { status: 200, data: { public: true }, errors: undefined });
    });
  });
}

test("a batch of tRPC with one call that succeeds has each call's own answer and no challenge", async () => {
  const application = await start('trpc');
  const answer = await fetch(new URL('/maybe,me?batch=1', application.url));
  const body = await answer.json();
  await application.close();
  assert.equal(answer.status, 207);
  assert.equal(answer.headers.get('www-authenticate'), null);
  assert.deepEqual(body.map(({ result, error }) => result?.data ?? error.data.reason), [{ userId: null }, 'credentials-missing']);
});

function start(name, env) {
  return startExample(name, { env: { CLERK_PUBLISHABLE_KEY: issuer.publishableKey, FRONT_END, ...env } });
}

async function ask(url, query, headers) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ query }) };
  const response = await fetch(new URL('/graphql', url), init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}
