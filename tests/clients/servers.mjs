// Real servers behind the guards of the npm package, which count what they are asked.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { FRONT_END } from '../worker/support.mjs';

/** JSON, by Hono: what openapi.json describes. */
export async function startRest(issuer) {
  const { Hono } = await import('hono');
  const { getRequestListener } = await import('@hono/node-server');
  const { clerkEdge } = await import('clerk-edge/hono');
  const { requireAuth, requireRole } = clerkEdge(options(issuer));
  const app = new Hono();
  app.get('/api/health', (c) => c.json({ ok: true }));
  app.get('/api/me', requireAuth(), (c) => c.json({ userId: c.get('auth').userId }));
  app.post('/api/notes', requireAuth(), async (c) => c.json({ id: 'note_1', text: (await c.req.json()).text }, 201));
  app.delete('/api/notes/:id', requireAuth(), (c) => c.body(null, 204));
  app.get('/api/notes', requireAuth(), (c) => c.json(c.req.queries('tag').map((text) => ({ id: 'note_1', text }))));
  app.get('/api/admin', requireRole('admin'), (c) => c.json({ userId: c.get('auth').userId }));
  return serve(getRequestListener(app.fetch), '/api');
}

/** GraphQL, by Yoga: what schema.graphql describes. With `status: false` a refusal is an error in a 200. */
export async function startGraphql(issuer, typeDefs, { status = true } = {}) {
  const { createSchema, createYoga } = await import('graphql-yoga');
  const { clerkEdge } = await import('clerk-edge/graphql');
  const { authContext, requireAuth, requireRole, statusPlugin } = clerkEdge(options(issuer));
  const who = (_parent, _args, { auth }) => ({ userId: auth.userId });
  const made = [];
  const create = (_parent, { text }) => (made.push(text), { id: 'note_1', text, author: {} });
  const resolvers = {
    Query: { health: () => true, me: requireAuth(who), admin: requireRole('admin')(who) },
    Mutation: { createNote: requireAuth(create), draftNote: create },
    Note: { author: requireAuth(who) },
  };
  const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), context: authContext(), plugins: status ? [statusPlugin()] : [], logging: false });
  return { ...(await serve(yoga, '/graphql')), made };
}

/** tRPC, by its standalone server; the router is the project's own. */
export async function startTrpc(issuer, makeRouter) {
  const { createHTTPHandler } = await import('@trpc/server/adapters/standalone');
  const { clerkEdge } = await import('clerk-edge/trpc');
  const guards = clerkEdge(options(issuer));
  const made = [];
  const handler = createHTTPHandler({ router: makeRouter(guards, made), createContext: guards.createContext(), responseMeta: guards.responseMeta });
  return { ...(await serve(handler, '')), made };
}

const options = ({ publishableKey }) => ({ publishableKey, authorizedParties: [FRONT_END] });

async function serve(listener, path) {
  const requests = [];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    requests.push({ method, url, authorization: headers.authorization });
    listener(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}${path}`, requests, close: () => (server.closeAllConnections(), server.close()) };
}
