// Fastify 5 behind the package.

import clerkEdge from 'clerk-edge/fastify';
import fastify from 'fastify';

export async function listen(options, port) {
  const app = fastify();
  await app.register(clerkEdge, options);
  const who = async ({ auth }) => ({ userId: auth?.userId ?? null });
  app.get('/me', { onRequest: app.requireAuth() }, who);
  app.post('/me', { onRequest: app.requireAuth() }, who);
  app.options('/me', { onRequest: app.requireAuth() }, (_request, reply) => reply.code(204).send());
  app.get('/maybe', { onRequest: app.optionalAuth() }, who);
  app.get('/admin', { onRequest: app.requireRole('admin') }, who);
  app.get('/orgs/:id', { onRequest: app.requireOrg((request) => request.params.id) }, who);
  await app.listen({ port, host: '127.0.0.1' });
  return app.server;
}
