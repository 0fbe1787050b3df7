// An API for the tests of clients: it takes the tokens that it is told to take, refuses others as the guards do, and remembers
// what it was asked.

import { once } from 'node:events';
import { createServer } from 'node:http';

/** Starts one. `answer(request, response, body)` may answer in its place and return true. */
export async function startApi({ answer = () => false, accepts = ['fresh'] } = {}) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray().catch(() => []));
    const { method, url, headers } = request;
    requests.push({ method, url, headers, body: body.toString('latin1') });
    if (await answer(request, response, body)) return;
    const token = /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1];
    if (!accepts.includes(token)) return refuse(response, token === undefined ? 'credentials-missing' : 'token-invalid');
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token, length: body.length }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    tokens: () => requests.map(({ headers }) => headers.authorization),
    close: () => (server.closeAllConnections(), server.close()),
  };
}

/** A refusal as the guards answer it. */
export function refuse(response, code, status = 401, headers = {}) {
  const error = code === 'credentials-missing' ? '' : ', error="invalid_token", error_description="it \\"failed\\""';
  const challenge = status === 401 ? { 'www-authenticate': `Bearer realm="api"${error}` } : {};
  response.writeHead(status, { 'content-type': 'application/problem+json', ...challenge, ...headers });
  response.end(JSON.stringify({ type: 'about:blank', title: 'refused', status, code, requestId: 'r1' }));
  return true;
}

/** A `getToken` as Clerk's: the cached token, until it is asked to skip the cache. It remembers how it was asked. */
export function tokenSource(cached = 'stale', fresh = 'fresh') {
  const asked = [];
  const getToken = async (options) => {
    asked.push(options?.skipCache ?? false);
    return options?.skipCache ? fresh : cached;
  };
  return { getToken, asked, refreshes: () => asked.filter(Boolean).length };
}
