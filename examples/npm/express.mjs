// Express 5. `npm run example -- express` runs it against a stand-in for Clerk.

import { clerkEdge } from 'clerk-edge/express';
import express from 'express';

const { requireAuth, optionalAuth, requireRole, requireOrg } = clerkEdge({
  publishableKey: process.env.CLERK_PUBLISHABLE_KEY,
  authorizedParties: [process.env.FRONT_END ?? 'http://localhost:3000'],
});
const app = express();
const who = (request, response) => response.json({ userId: request.auth?.userId ?? null });

app.get('/me', requireAuth(), who);
app.post('/me', requireAuth(), who);
app.get('/maybe', optionalAuth(), who);
app.get('/admin', requireRole('admin'), who);
app.get('/orgs/:id', requireOrg((request) => request.params.id), who);

// Preflights carry no token: a guard answers them, 204. What does CORS stands before the guards.
app.options('/me', requireAuth(), (_request, response) => response.sendStatus(204));

app.listen(process.env.PORT ?? 3001, '127.0.0.1');
