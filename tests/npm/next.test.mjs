// Next.js 16, built and started once: route handlers, API routes and proxy.js answer the one table of requests.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { buildNext, startExample, unpackForExamples } from '../../scripts/lib/examples.mjs';
import { FRONT_END, startIssuer } from '../worker/support.mjs';
import { check, requests, send } from './requests.mjs';
import { rest } from './transports.mjs';

/** Where each kind of guard stands; proxy.js stands before `/proxied/me` alone. */
const KINDS = {
  'route handlers': { transport: rest(), rows: requests },
  'API routes': { transport: rest('/api'), rows: requests },
  'proxy.js': { transport: rest('/proxied'), rows: requests.filter(({ path }) => path === undefined) },
};

let issuer;
let env;
let application;

before(
  async () => {
    unpackForExamples();
    issuer = await startIssuer();
    env = { CLERK_PUBLISHABLE_KEY: issuer.publishableKey, FRONT_END };
    await buildNext(env);
    application = await startExample('next', { env });
  },
  { timeout: 600_000 },
);
after(async () => {
  await application?.close();
  await issuer?.close();
});

for (const [kind, { transport, rows }] of Object.entries(KINDS)) {
  describe(kind, () => {
    for (const row of rows) {
      test(row.title, async () => check(await send(application.url, issuer, row, transport), row, transport));
    }
  });
}

test('an outage of the keys is told as one by all three', async () => {
  await issuer.outage('error');
  const other = await startExample('next', { env });
  try {
    for (const { transport } of Object.values(KINDS)) {
      const answer = await send(other.url, issuer, { token: () => issuer.token() }, transport);
      assert.equal(answer.status, 503, answer.text);
      assert.equal(transport.read(answer).code, 'keys-unavailable');
      assert.match(answer.headers.get('retry-after'), /^[1-9][0-9]*$/);
    }
  } finally {
    await issuer.outage('none');
    await other.close();
  }
});

test("a preflight is no way to an API route's handler", async () => {
  const headers = { origin: FRONT_END, 'access-control-request-method': 'GET' };
  const answer = await fetch(new URL('/api/admin', application.url), { method: 'OPTIONS', headers });
  assert.deepEqual([answer.status, await answer.text()], [204, '']);
});
