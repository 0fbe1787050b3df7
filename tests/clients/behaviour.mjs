// What every client does, whatever it is made of: asked of a real server behind the guards, with tokens of the stand-in.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { tokenSource } from '../npm/refusing-api.mjs';

/** Ten minutes ago: no clock is that wrong. */
const expired = () => ({ user: 'user_ada', issued_at: Math.floor(Date.now() / 1000) - 600 });

/** A `getToken` whose cached token has expired. */
export async function expiredFirst(issuer) {
  return tokenSource(await issuer.token(expired()), await issuer.token({ user: 'user_ada' }));
}

/**
 * Tests of an application: `start(options)` returns its calls and how its server was asked. `batched` is whether calls of a
 * moment are one request; `attachesWhereAsked` whether what is public is asked for without a token.
 */
export function behaves(start, { batched = false, attachesWhereAsked = false } = {}) {
  const begin = async (source) => {
    const { issuer, authErrorIn } = await start.context();
    const { getToken, refreshes } = typeof source === 'function' ? await source(issuer) : source;
    const told = [];
    const { calls, server } = await start({ getToken, onSignedOut: (error) => told.push(error.code) });
    server.requests.length = 0;
    const refused = (call) => call.then((answer) => assert.fail(`answered ${JSON.stringify(answer)}`), (error) => authErrorIn(error)?.code ?? error);
    return { calls, requests: server.requests, refreshes, told, refused };
  };

  for (const [what, call, answer] of [['a query', 'me', 'user_ada'], ['what changes something', 'create', 'buy milk']]) {
    test(`${what} whose first token is refused is asked twice, and answered`, async () => {
      const { calls, requests, refreshes } = await begin(expiredFirst);
      assert.equal(await calls[call]('buy milk'), answer);
      assert.equal(requests.length, 2);
      assert.equal(new Set(requests.map(({ authorization }) => authorization)).size, 2);
      assert.equal(refreshes(), 1);
    });

    test(`${what} of nobody is asked once, without a token, and signed_out`, async () => {
      const { calls, requests, told, refused } = await begin({ getToken: async () => null });
      assert.equal(await refused(calls[call]('buy milk')), 'signed_out');
      assert.deepEqual(requests.map(({ authorization }) => authorization), [undefined]);
      assert.deepEqual(told, ['signed_out']);
    });
  }

  test('ten at once whose token is refused cause one refresh', async () => {
    const { calls, requests, refreshes } = await begin(expiredFirst);
    assert.deepEqual(await Promise.all(Array.from({ length: 10 }, () => calls.me())), Array(10).fill('user_ada'));
    assert.equal(refreshes(), 1);
    assert.equal(requests.length, batched ? 2 : 20);
  });

  test('a token that is accepted is sent once', async () => {
    const { calls, requests, refreshes } = await begin(async (issuer) => tokenSource(await issuer.token({ user: 'user_ada' })));
    assert.equal(await calls.me(), 'user_ada');
    assert.deepEqual([requests.length, refreshes()], [1, 0]);
  });

  test('what the session may not do is forbidden, and asked once', async () => {
    const { calls, requests, refused } = await begin(async (issuer) => tokenSource(await issuer.token({ user: 'user_ada' })));
    assert.equal(await refused(calls.admin()), 'forbidden');
    assert.equal(requests.length, 1);
  });

  test('a fresh token that is refused as well is unauthorized, after two requests', async () => {
    const { calls, requests, refused } = await begin(async (issuer) => tokenSource(await issuer.token(expired()), 'a.b.c'));
    assert.equal(await refused(calls.me()), 'unauthorized');
    assert.equal(requests.length, 2);
  });

  test('Clerk that cannot be asked is auth_unavailable, and nothing is sent', async () => {
    const { calls, requests, refused } = await begin({ getToken: () => Promise.reject(new Error('no Clerk')) });
    assert.equal(await refused(calls.me()), 'auth_unavailable');
    assert.equal(requests.length, 0);
  });

  test(`what is public is asked for ${attachesWhereAsked ? 'without a token' : 'by nobody, too'}`, async () => {
    const { calls, requests } = await begin(attachesWhereAsked ? expiredFirst : { getToken: async () => null });
    assert.equal(await calls.health(), true);
    assert.deepEqual(requests.map(({ authorization }) => authorization), [undefined]);
  });
}
