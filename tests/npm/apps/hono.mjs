// Hono 4 behind the package, on Node.

import { serve } from '@hono/node-server';
import { clerkEdge } from 'clerk-edge/hono';
import { Hono } from 'hono';

export function listen(options, port) {
  const { requireAuth, optionalAuth, requireRole, requireOrg } = clerkEdge(options);
  const app = new Hono();
  const who = (c) => c.json({ userId: c.get('auth')?.userId ?? null });
  app.get('/me', requireAuth(), who);
  app.post('/me', requireAuth(), who);
  app.options('/me', requireAuth(), (c) => c.body(null, 204));
  app.get('/maybe', optionalAuth(), who);
  app.get('/admin', requireRole('admin'), who);
  app.get('/orgs/:id', requireOrg((c) => c.req.param('id')), who);
  return serve({ fetch: app.fetch, port, hostname: '127.0.0.1' });
}
