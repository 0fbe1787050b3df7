// Check 42 of `clerk-edge test`, on real GraphQL servers: subscriptions over Yoga's and graphql-sse's event streams, and over
// graphql-ws. What is right passes; each thing left open is found, and nothing else is.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startIssuer } from '../worker/support.mjs';
import { startGraphql } from './servers.mjs';
import { installPackages, probe } from './support.mjs';

const NAMED = 'graphql_subscription = "subscription { messages }"';
const STREAM = 'graphql_events = "/graphql/stream"';

let issuer;

before(async () => {
  await installPackages();
  issuer = await startIssuer();
});
after(() => issuer?.close());

/** What check 42 comes to: its status, its severity, its notes, and its findings by what was sent and what came. */
async function graphql(options, settings = [], ...args) {
  const server = await startGraphql(issuer, options);
  try {
    const common = ['--only', '42', '--format', 'json', '--timeout', '4', '--issuer-url', issuer.url];
    const { stdout, stderr } = await probe(server.url, ['graphql = "/graphql"', ...settings], ...common, ...args);
    assert.notEqual(stdout, '', stderr);
    const [{ status, severity, notes, findings }] = JSON.parse(stdout).checks;
    const found = findings.map(({ request, got }) => `${request.replace(/^\S+ [^ ]*/, '')}: ${got}`.trim());
    return { status, severity, notes: notes.filter((note) => !note.includes('--unsafe')), found };
  } finally {
    await server.close();
  }
}

const PASSED = { status: 'passed', severity: 'must', notes: [], found: [] };
const failed = (...found) => ({ status: 'failed', severity: 'must', notes: [], found });

// Most of the time goes by waiting for what does not come.
describe('subscriptions', { concurrency: true }, () => {
  for (const onConnect of [false, true]) {
    test(`a server that asks for a session ${onConnect ? 'when a socket opens' : 'in every resolver'} passes`, async () => {
      assert.deepEqual(await graphql({ onConnect }, [NAMED]), PASSED);
      assert.deepEqual(await graphql({ onConnect }, [NAMED, STREAM], '--unsafe').then(withoutIntrospection), PASSED);
      assert.deepEqual(await graphql({ onConnect, silent: true }, [NAMED]), PASSED);
    });
  }

  /** Yoga tells its schema to everyone, which is worth knowing and not what is looked at here. */
  function withoutIntrospection({ found, ...rest }) {
    assert.deepEqual(found, ['(introspection): 200, with data']);
    return { ...rest, status: 'passed', severity: 'must', found: [] };
  }

  const anonymous = '(Accept: text/event-stream)';
  const forged = '(Accept: text/event-stream, token: forged)';

  for (const [transport, settings] of [['yoga', []], ['sse', [STREAM]]]) {
    test(`a stream of ${transport} that asks for no session is found`, async () => {
      const data = 'a stream with data';
      assert.deepEqual(await graphql({ open: [transport] }, [NAMED, ...settings]), failed(`${anonymous}: ${data}`, `${forged}: ${data}`));
      const silence = 'a stream that stays open';
      assert.deepEqual(await graphql({ open: [transport], silent: true }, [NAMED, ...settings]), failed(`${anonymous}: ${silence}`, `${forged}: ${silence}`));
    });
  }

  test('a socket that asks for no session is found', async () => {
    const found = (got) => failed(...['connection_init without a token', 'a forged token in connection_init', 'a forged token in the handshake'].map((shown) => `(over WebSocket: ${shown}, subscribe): ${got}`));
    assert.deepEqual(await graphql({ open: ['socket'] }, [NAMED]), found('data'));
    assert.deepEqual(await graphql({ open: ['socket'], silent: true }, [NAMED]), found('a subscription that stays open'));
  });

  test('tokens that nobody verifies are found wherever they are sent', async () => {
    const socket = (shown) => `(over WebSocket: ${shown}, subscribe): data`;
    const found = [`${forged}: a stream with data`, socket('a forged token in connection_init'), socket('a forged token in the handshake')];
    assert.deepEqual(await graphql({ trusting: true }, [NAMED]), failed(...found));
  });

  test('a subscription that nobody calls private is tried, and is worth knowing', async () => {
    const { status, severity, found } = await graphql({ open: ['yoga', 'socket'] });
    assert.deepEqual([status, severity, found.length], ['failed', 'info', 5]);
    assert.deepEqual(await graphql({}), PASSED);
  });

  test('where the schema has no subscriptions none is tried, and where it tells nothing that is said', async () => {
    assert.deepEqual(await graphql({ subscriptions: false }), PASSED);
    assert.deepEqual(await graphql({ introspection: false, open: ['yoga', 'socket'] }), {
      ...PASSED,
      notes: ['subscriptions were not tried, as the schema does not tell of any: graphql_subscription'],
    });
  });

  test('refusals of what opens for nobody are said to say little', async () => {
    const { notes, ...rest } = await graphql({}, ['graphql_subscription = "subscription { nothing }"', 'graphql_socket = "/nowhere"']);
    assert.deepEqual({ ...rest, notes: [] }, PASSED);
    assert.deepEqual(notes.map((note) => note.split(',')[0].split(':')[0]), ['no WebSocket takes subscriptions at /nowhere', 'no subscription opened with a good token either']);
  });
});
