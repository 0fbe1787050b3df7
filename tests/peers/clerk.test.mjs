// Tokens decided by `@clerk/backend` and by the built Worker, under the same settings, key set and time. Each difference
// must be one of those in differences.mjs, and each of those must occur.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { relative } from 'node:path';
import { after, before, mock, test } from 'node:test';

import { createClerkClient } from '@clerk/backend';

import { root } from '../../scripts/lib/toolchain.mjs';
import { FRONT_END, startGateway, startGateways, startIssuer } from '../worker/support.mjs';
import { files, gatewayOptions, groupsOf } from '../worker/token-vectors.mjs';
import { features, Ledger, TOKENS } from './differences.mjs';
import { chosen, kinds, mutations, tampered } from './tokens.mjs';

const ledger = new Ledger(TOKENS, features);
/** The moment at which both clocks stand for tokens that are made here. */
const NOW = Math.floor(Date.now() / 1000);

let issuer;
let gateway;
let clerk;

before(async () => {
  issuer = await startIssuer();
  gateway = await startGateway({
    issuer,
    frozenTime: NOW,
    settings: { authorized_parties: [FRONT_END], missing_azp: 'reject' },
    routes: [{ path: '/me', serve: 'whoami' }],
  });
  clerk = clerkOf({ publishableKey: issuer.publishableKey, secretKey: issuer.secretKey, apiUrl: issuer.url });
});
after(() => Promise.all([gateway?.close(), issuer?.close()]));

/** What `authenticateRequest` says of a token, in a word: the reason, or `accepted`. */
function clerkOf(keys) {
  const client = createClerkClient({ ...keys, telemetry: { disabled: true } });
  return async (token, now, options) => {
    mock.timers.enable({ apis: ['Date'], now: now * 1000 });
    try {
      const request = new Request('http://127.0.0.1/me', { headers: { authorization: `Bearer ${token}` } });
      const state = await client.authenticateRequest(request, options);
      if (!state.isAuthenticated) return state.reason;
      // What an application asks is toAuth(), to which a pending session is none.
      return state.toAuth().isAuthenticated ? 'accepted' : 'session-pending';
    } catch (error) {
      return `throws ${error.name}`;
    } finally {
      mock.timers.reset();
    }
  };
}

/** What the Worker says of a token, in a word: the code, or `accepted`. */
async function ours(gateway, token) {
  const answer = await gateway.fetch('/me', { headers: { authorization: `Bearer ${token}` } });
  const { code } = await answer.json();
  assert.ok([200, 401, 503].includes(answer.status), `${answer.status} ${code}: ${token}`);
  return answer.status === 200 ? 'accepted' : code;
}

async function compare(name, token) {
  const theirs = await clerk(token, NOW, { authorizedParties: [FRONT_END] });
  return ledger.note({ name, token, theirs, ours: await ours(gateway, token), settings: { issuer: issuer.issuer } });
}

test('tokens of every kind', { timeout: 300_000 }, async (context) => {
  const before = ledger.count;
  for (const [name, request] of Object.entries(kinds(NOW))) await compare(name, await issuer.token(request));
  for (const [name, request] of Object.entries(chosen(issuer, NOW))) await compare(name, await issuer.sign(request));
  for (const [name, token] of Object.entries(tampered(await issuer.token({ issued_at: NOW })))) await compare(name, token);
  assert.deepEqual(ledger.takeUnexplained(), []);
  assert.ok(ledger.accepted >= 12, `${ledger.accepted} were accepted by both`);
  context.diagnostic(`${ledger.count - before} compared`);
});

test('tokens with claims and headers changed at random', { timeout: 300_000 }, async (context) => {
  // The same for everyone, so that a test says the same of the same code; another number looks further.
  const seed = Number(process.env.CLERK_EDGE_SEED ?? 1);
  const before = ledger.count;
  for (const [name, request] of mutations(issuer, NOW, seed, 400)) await compare(`${name} (CLERK_EDGE_SEED=${seed})`, await issuer.sign(request));
  context.diagnostic(`CLERK_EDGE_SEED=${seed}: ${ledger.count - before} compared`);
  assert.deepEqual(ledger.takeUnexplained(), []);
});

for (const file of files) {
  test(`the tokens of ${relative(root, file)}`, { timeout: 300_000 }, async (context) => {
    const groups = groupsOf(file);
    const server = await startKeyServer(groups.map(([first]) => first.jwks));
    const gateways = await startGateways(groups.map(([first]) => gatewayOptions(first)));
    const before = ledger.count;
    try {
      for (const [index, group] of groups.entries()) {
        const { clock_skew_s, authorized_parties: authorizedParties, audience, issuer, now, algorithms } = group[0].options;
        // Every group has a secret key and an address of its own, since the SDK keeps keys by these.
        const clerk = clerkOf({
          publishableKey: gatewayOptions(group[0]).vars.CLERK_PUBLISHABLE_KEY,
          secretKey: `sk_test_${relative(root, file)}_${index}`,
          apiUrl: `${server.url}/${index}`,
        });
        const settings = { audience, issuer, algorithms, jwks: group[0].jwks };
        for (const { id, token } of group) {
          const theirs = await clerk(token, now, { authorizedParties, audience, issuer, clockSkewInMs: clock_skew_s * 1000 });
          ledger.note({ name: id, token, theirs, ours: await ours(gateways[index], token), settings });
        }
      }
    } finally {
      await Promise.all([gateways[0].close(), server.close()]);
    }
    context.diagnostic(`${ledger.count - before} compared`);
    assert.deepEqual(ledger.takeUnexplained(), []);
  });
}

test('every row of the table is needed', (context) => {
  assert.deepEqual(ledger.unusedRows(), []);
  for (const line of ledger.lines()) context.diagnostic(line);
});

/** Serves key set `n` at `/n/v1/jwks`. */
async function startKeyServer(sets) {
  const server = createServer((request, response) => {
    const set = sets[Number(request.url.match(/^\/(\d+)\/v1\/jwks$/)?.[1])];
    response.writeHead(set ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(set ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
