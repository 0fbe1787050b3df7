// Fastify 5: a plugin that decorates the server with guards for hooks, and each request with `request.auth`.

import { makeGuards } from '../guards.js';

/** `app.register(clerkEdge, { publishableKey })`, and then `{ onRequest: app.requireRole('admin') }` on a route. */
export async function clerkEdge(app, options) {
  const guards = makeGuards(options, (decide) => async (request, reply) => {
    const { auth, refusal, isPreflight } = await decide(request.raw, [request]);
    if (isPreflight) return reply.code(204).send();
    if (refusal) return reply.code(refusal.status).headers(refusal.headers).send(JSON.stringify(refusal.problem));
    request.auth = auth;
  });
  app.decorateRequest('auth', null);
  for (const [name, guard] of Object.entries(guards)) app.decorate(name, guard);
}

// The decorators are for the whole server, not for the plugin's own corner of it.
clerkEdge[Symbol.for('skip-override')] = true;
clerkEdge[Symbol.for('fastify.display-name')] = 'clerk-edge';

export default clerkEdge;
