// The rows of the one table as each kind of application speaks: how a row is sent, and where its answer stands.
//
// What is expected is the table's in every one of them: status, code, user and challenge. GraphQL and tRPC differ in form
// alone. Their answers carry the refusal's code as `reason` beside a code of their own, and OPTIONS is no operation there:
// the server's CORS answers it, with or without a token.

import assert from 'node:assert/strict';

/** A path of the table as a name and its argument: `/orgs/org_acme` is `orgs` of `org_acme`. */
const operation = ({ path = '/me' }) => path.slice(1).split('/');

const isNoOperation = ({ method }) => method === 'OPTIONS';
const answeredByCors = (row) => (isNoOperation(row) ? { status: 204 } : row.expect);

/** Routes below `prefix`; refusals are problems of RFC 9457. */
export function rest(prefix = '') {
  return {
    request: ({ path = '/me', method = 'GET' }) => ({ path: prefix + path, method }),
    expected: ({ expect }) => expect,
    read({ body, headers }) {
      if (body.code) {
        assert.match(headers.get('content-type'), /^application\/problem\+json(;|$)/);
        assert.match(body.requestId, /^[0-9a-f]{32}$/);
      }
      return { code: body.code, userId: body.userId };
    },
  };
}

/** Operations of one field each, which is never null: so a refused one leaves no data, and has its refusal's status. */
export const graphql = {
  request(row) {
    const [name, id] = operation(row);
    const query = `{ answer: ${name}${id ? `(id: ${JSON.stringify(id)})` : ''} { userId } }`;
    const body = { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) };
    return { path: '/graphql', method: row.method ?? 'POST', ...(!isNoOperation(row) && { ...body, method: 'POST' }) };
  },
  expected: answeredByCors,
  read({ status, body }) {
    const [error] = body.errors ?? [];
    const names = { 400: 'BAD_REQUEST', 401: 'UNAUTHENTICATED', 403: 'FORBIDDEN', 503: 'SERVICE_UNAVAILABLE' };
    assert.equal(error?.extensions.code, names[status]);
    return { code: error?.extensions.reason, userId: body.data?.answer.userId };
  },
};

/** A query by GET and, where the table posts, a mutation. */
export const trpc = {
  request(row) {
    const [name, id] = operation(row);
    if (row.method === 'POST') return { path: `/${name}Changed`, method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    const input = id ? `?input=${encodeURIComponent(JSON.stringify(id))}` : '';
    return { path: `/${name}${input}`, method: row.method ?? 'GET' };
  },
  expected: answeredByCors,
  read({ status, body }) {
    const names = { 400: 'BAD_REQUEST', 401: 'UNAUTHORIZED', 403: 'FORBIDDEN', 503: 'SERVICE_UNAVAILABLE' };
    assert.equal(body.error?.data.code, names[status]);
    return { code: body.error?.data.reason, userId: body.result?.data.userId };
  },
};
