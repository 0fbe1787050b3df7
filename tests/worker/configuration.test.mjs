// A wrong configuration: 503 everywhere but health, with every mistake in the log.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startGateway, startIssuer } from './support.mjs';

let issuer;
before(async () => {
  issuer = await startIssuer();
});
after(() => issuer.close());

async function broken(options, expected) {
  const gateway = await startGateway({ issuer, ...options });
  try {
    const token = await issuer.token();
    for (const path of ['/', '/api/x', '/me']) {
      const answer = await gateway.fetch(path, { headers: { authorization: `Bearer ${token}` } });
      assert.deepEqual([answer.status, (await answer.json()).code], [503, 'configuration-invalid'], path);
    }
    const health = await gateway.fetch('/.well-known/clerk-edge/health');
    assert.deepEqual([health.status, await health.json()], [200, { status: 'configuration-invalid' }]);
    const told = gateway.logs.filter((line) => line.event === 'configuration-invalid');
    assert.equal(told.length, 1, 'the mistakes are told once');
    assert.equal(told[0].mistakes.length, expected.length, JSON.stringify(told[0].mistakes));
    told[0].mistakes.forEach((mistake, index) => assert.match(mistake, expected[index]));
    assert.doesNotMatch(JSON.stringify(gateway.logs), /eyJ|sk wrong/);
    return gateway;
  } finally {
    await gateway.close();
  }
}

test('every mistake is told at once', () =>
  broken(
    {
      settings: { missing_azp: 'maybe' },
      vars: { CLERK_PUBLISHABLE_KEY: 'pk_test_wrong', CLERK_SECRET_KEY: 'sk wrong' },
      routes: [{ path: 'api', serve: 'whoami' }, { path: '/me', serve: 'me' }],
    },
    [/^GATEWAY\.missing_azp: expected one of/, /^CLERK_PUBLISHABLE_KEY: /, /^CLERK_SECRET_KEY: /, /^GATEWAY\.routes\[0\]\.path: /, /^GATEWAY\.routes\[1\]\.serve: expected one of whoami, health/],
  ));

test('no configuration at all is a wrong one', () =>
  broken({ vars: { CLERK_PUBLISHABLE_KEY: undefined, GATEWAY: undefined } }, [/^GATEWAY: missing/, /^CLERK_PUBLISHABLE_KEY: missing/, /^GATEWAY\.routes: missing/]));

test('a configuration that is no table is a wrong one', () =>
  broken({ vars: { GATEWAY: 'routes' } }, [/^GATEWAY: expected a table/]));

test('a route that serves health does so in a wrong configuration too', async () => {
  const gateway = await startGateway({
    issuer,
    routes: [{ path: '/up', access: 'public', serve: 'health' }, { path: '/api/*', origin: 'nowhere' }],
  });
  try {
    assert.deepEqual(await (await gateway.fetch('/up')).json(), { status: 'configuration-invalid' });
    assert.equal((await gateway.fetch('/up', { method: 'POST' })).status, 503);
    assert.equal((await gateway.fetch('/up/x')).status, 503);
  } finally {
    await gateway.close();
  }
});

test('a configuration given as text is read too', async () => {
  const gateway = await startGateway({ issuer, vars: { GATEWAY: JSON.stringify({ routes: [{ path: '/me', serve: 'whoami' }] }) } });
  try {
    const answer = await gateway.fetch('/me', { headers: { authorization: `Bearer ${await issuer.token({ user: 'user_7' })}` } });
    assert.equal((await answer.json()).userId, 'user_7');
  } finally {
    await gateway.close();
  }
});
