// GraphQL at the edge (examples/graphql-worker), built and run: which field answers whom, and what never reaches the schema.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { root } from '../../scripts/lib/toolchain.mjs';
import { startGateway, startIssuer } from './support.mjs';

let issuer;
let gateway;
before(async () => {
  issuer = await startIssuer();
  gateway = await startGateway({
    issuer,
    build: join(root, 'examples', 'graphql-worker', 'build'),
    routes: [{ path: '/graphql', serve: 'graphql', methods: ['POST'], access: 'optional' }],
  });
});
after(() => Promise.all([issuer?.close(), gateway?.close()]));

const member = (role) => issuer.token({ user: 'user_1', organization: { id: 'org_1', role, permissions: [] } });

/** Asks a query; `body` is what is sent in its place. */
async function ask(query, { token, body = JSON.stringify({ query }), headers } = {}) {
  const authorization = token && { authorization: `Bearer ${token}` };
  const answer = await gateway.fetch('/graphql', { method: 'POST', body, headers: { 'content-type': 'application/json', ...authorization, ...headers } });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, ...JSON.parse(text) };
}

const codes = ({ errors = [] }) => errors.map(({ path, extensions }) => [path?.join('.'), extensions?.code]);

test('a public field answers anyone', async () => {
  for (const token of [undefined, await member('member')]) {
    const answer = await ask('{ status }', { token });
    assert.deepEqual([answer.status, answer.data, answer.errors], [200, { status: 'open' }, undefined]);
    assert.equal(answer.headers.get('cache-control'), 'private, no-store');
  }
});

test('a guarded field is null to nobody, with the code, and takes no other field with it', async () => {
  const answer = await ask('{ status me { id } payroll }');
  assert.deepEqual([answer.status, answer.data], [200, { status: 'open', me: null, payroll: null }]);
  assert.deepEqual(codes(answer), [['me', 'UNAUTHENTICATED'], ['payroll', 'UNAUTHENTICATED']]);
});

test('a user gets what is for users, and is told no more than that the rest is not', async () => {
  const answer = await ask('{ me { id organization } payroll }', { token: await member('member') });
  assert.deepEqual([answer.status, answer.data], [200, { me: { id: 'user_1', organization: 'org_1' }, payroll: null }]);
  assert.deepEqual(codes(answer), [['payroll', 'FORBIDDEN']]);
  assert.doesNotMatch(answer.text, /member|admin|role/);
  const alone = await ask('{ me { id organization } payroll }', { token: await issuer.token({ user: 'user_2' }) });
  assert.deepEqual([alone.data, codes(alone)], [{ me: { id: 'user_2', organization: null }, payroll: null }, [['payroll', 'FORBIDDEN']]]);
});

test('an admin gets everything, however the query is written', async () => {
  const token = await member('admin');
  for (const query of ['{ payroll }', 'query A { ...F } fragment F on Query { payroll }', '{ ... on Query { payroll } }']) {
    const answer = await ask(query, { token });
    assert.deepEqual([answer.data, answer.errors], [{ payroll: [1, 2, 3] }, undefined], query);
  }
  for (const query of ['{ p: payroll }', 'query A { ...F } fragment F on Query { p: payroll }', '{ ... on Query { p: payroll } }']) {
    assert.deepEqual(codes(await ask(query)), [['p', 'UNAUTHENTICATED']], query);
  }
});

test('a bad token is 401 before any query is read, public or not', async () => {
  const expired = await issuer.token({ user: 'user_1', issued_at: Math.floor(Date.now() / 1000) - 600 });
  for (const [token, code] of [['a.b.c', 'token-invalid'], [expired, 'token-expired'], [await issuer.token({ user: 'user_1', key: 'unpublished' }), 'token-invalid-signature']]) {
    for (const body of [undefined, 'no JSON']) {
      const answer = await ask('{ status }', { token, body });
      assert.deepEqual([answer.status, answer.code, answer.data], [401, code, undefined]);
      assert.match(answer.headers.get('www-authenticate'), /error="invalid_token"/);
    }
  }
});

test('an identity header of the client signs nobody in', async () => {
  const headers = { 'x-clerk-user-id': 'user_root', 'x-clerk-auth-status': 'signed-in', 'x-clerk-org-role': 'org:admin' };
  assert.deepEqual(codes(await ask('{ me { id } payroll }', { headers })), [['me', 'UNAUTHENTICATED'], ['payroll', 'UNAUTHENTICATED']]);
});

test('what is no GraphQL request is 4xx', async () => {
  for (const [body, type, status] of [
    ['', 'application/json', 400],
    ['null', 'application/json', 400],
    ['{"query":1}', 'application/json', 400],
    [JSON.stringify({ query: '{ status }' }), 'text/plain', 415],
    ['query={status}', 'application/x-www-form-urlencoded', 415],
    [JSON.stringify({ query: `{ status }${' '.repeat(64 * 1024)}` }), 'application/json', 413],
  ]) {
    const answer = await ask('', { body, headers: { 'content-type': type } });
    assert.deepEqual([answer.status, codes(answer)], [status, [[undefined, 'BAD_REQUEST']]], `${type} ${body.slice(0, 30)}`);
  }
  assert.equal((await gateway.fetch('/graphql?query={status}')).status, 405);
});

test('a query that costs too much is refused whole', async () => {
  const many = Array.from({ length: 65 }, (_, index) => `a${index}: status`).join(' ');
  const answer = await ask(`{ ${many} }`);
  assert.deepEqual([answer.status, answer.data, answer.errors.length], [200, null, 1]);
  assert.match(answer.errors[0].message, /too complex/i);
  assert.equal((await ask(`{ ${many.replace('a0: status', '')} }`)).errors, undefined);
  const deep = (levels) => `{ __type(name: "Query") { ${'fields { type { '.repeat(levels)}name${' } }'.repeat(levels)} } }`;
  assert.equal((await ask(deep(2))).errors, undefined);
  assert.match((await ask(deep(4))).errors[0].message, /too deep/i);
});
