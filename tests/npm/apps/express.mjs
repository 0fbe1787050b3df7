// Express 5 behind the package.

import { clerkEdge } from 'clerk-edge/express';
import express from 'express';

export function listen(options, port) {
  const { requireAuth, optionalAuth, requireRole, requireOrg } = clerkEdge(options);
  const app = express();
  const who = ({ auth }, response) => response.json({ userId: auth?.userId ?? null });
  app.get('/me', requireAuth(), who);
  app.post('/me', requireAuth(), who);
  app.options('/me', requireAuth(), (_request, response) => response.sendStatus(204));
  app.get('/maybe', optionalAuth(), who);
  app.get('/admin', requireRole('admin'), who);
  app.get('/orgs/:id', requireOrg((request) => request.params.id), who);
  return app.listen(port, '127.0.0.1');
}
