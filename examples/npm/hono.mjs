// Hono 4, on Node. `npm run example -- hono` runs it against a stand-in for Clerk.

import { serve } from '@hono/node-server';
import { clerkEdge } from 'clerk-edge/hono';
import { Hono } from 'hono';

const { requireAuth, optionalAuth, requireRole, requireOrg } = clerkEdge({
  publishableKey: process.env.CLERK_PUBLISHABLE_KEY,
  authorizedParties: [process.env.FRONT_END ?? 'http://localhost:3000'],
});
const app = new Hono();
const who = (c) => c.json({ userId: c.get('auth')?.userId ?? null });

app.get('/me', requireAuth(), who);
app.post('/me', requireAuth(), who);
app.get('/maybe', optionalAuth(), who);
app.get('/admin', requireRole('admin'), who);
app.get('/orgs/:id', requireOrg((c) => c.req.param('id')), who);

// Preflights carry no token: a guard answers them, 204. What does CORS stands before the guards.
app.options('/me', requireAuth(), (c) => c.body(null, 204));

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3001), hostname: '127.0.0.1' });
