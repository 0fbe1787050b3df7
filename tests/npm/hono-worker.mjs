// Hono on Cloudflare Workers behind the package: the options come from the Worker's own variables.

import { clerkEdge } from 'clerk-edge/hono';
import { env } from 'cloudflare:workers';
import { Hono } from 'hono';

const { requireAuth, optionalAuth, requireRole, requireOrg } = clerkEdge({ env, authorizedParties: [env.FRONT_END] });
const app = new Hono();
const who = (c) => c.json({ userId: c.get('auth')?.userId ?? null });

app.get('/me', requireAuth(), who);
app.post('/me', requireAuth(), who);
app.options('/me', requireAuth(), (c) => c.body(null, 204));
app.get('/maybe', optionalAuth(), who);
app.get('/admin', requireRole('admin'), who);
app.get('/orgs/:id', requireOrg((c) => c.req.param('id')), who);

export default app;
