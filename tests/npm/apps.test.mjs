// Real applications over the packed package: each answers the one table of requests alike.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';

import { FRONT_END, startIssuer } from '../worker/support.mjs';
import { unpackPackage } from './package.mjs';
import { requests, send } from './requests.mjs';

let issuer;

before(async () => {
  unpackPackage();
  issuer = await startIssuer();
});
after(() => issuer?.close());

for (const name of ['express', 'fastify', 'hono']) {
  describe(name, () => {
    let server;
    before(async () => {
      const { listen } = await import(`./apps/${name}.mjs`);
      server = await listen({ publishableKey: issuer.publishableKey, authorizedParties: [FRONT_END] }, 0);
      if (!server.listening) await once(server, 'listening');
    });
    after(() => {
      server?.closeAllConnections();
      server?.close();
    });

    for (const request of requests) {
      test(request.title, async () => {
        const { status, body, headers } = await send(`http://127.0.0.1:${server.address().port}`, issuer, request);
        const { expect } = request;
        assert.equal(status, expect.status, JSON.stringify(body));
        assert.equal(body.code, expect.code);
        assert.equal(body.userId, expect.userId);
        assert.match(headers.get('www-authenticate') ?? '', expect.challenge ?? /^$/);
        if (expect.code) {
          assert.match(headers.get('content-type'), /^application\/problem\+json(;|$)/);
          assert.equal(headers.get('cache-control'), 'no-store');
          assert.match(body.requestId, /^[0-9a-f]{32}$/);
        }
      });
    }
  });
}
