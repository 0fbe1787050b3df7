// Fastify 5. `npm run example -- fastify` runs it against a stand-in for Clerk.

import clerkEdge from 'clerk-edge/fastify';
import fastify from 'fastify';

const app = fastify();
await app.register(clerkEdge, {
  publishableKey: process.env.CLERK_PUBLISHABLE_KEY,
  authorizedParties: [process.env.FRONT_END ?? 'http://localhost:3000'],
});
const who = async (request) => ({ userId: request.auth?.userId ?? null });

app.get('/me', { onRequest: app.requireAuth() }, who);
app.post('/me', { onRequest: app.requireAuth() }, who);
app.get('/maybe', { onRequest: app.optionalAuth() }, who);
app.get('/admin', { onRequest: app.requireRole('admin') }, who);
app.get('/orgs/:id', { onRequest: app.requireOrg((request) => request.params.id) }, who);

// Preflights carry no token: a guard answers them, 204. What does CORS stands before the guards.
app.options('/me', { onRequest: app.requireAuth() }, (_request, reply) => reply.code(204).send());

await app.listen({ port: Number(process.env.PORT ?? 3001), host: '127.0.0.1' });
