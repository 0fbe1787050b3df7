// Express 5 behind the package.

import { clerkEdge } from 'clerk-edge/express';
import express from 'express';

export function listen(options, port) {
  const { requireAuth, optionalAuth, requireRole } = clerkEdge(options);
  const app = express();
  app.get('/me', requireAuth(), ({ auth }, response) => response.json({ userId: auth.userId }));
  app.post('/me', requireAuth(), ({ auth }, response) => response.json({ userId: auth.userId }));
  app.options('/me', requireAuth(), (_request, response) => response.sendStatus(204));
  app.get('/maybe', optionalAuth(), ({ auth }, response) => response.json({ userId: auth?.userId ?? null }));
  app.get('/admin', requireRole('admin'), ({ auth }, response) => response.json({ userId: auth.userId }));
  return app.listen(port, '127.0.0.1');
}
