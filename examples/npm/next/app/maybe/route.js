import { withOptionalAuth } from '../../lib/edge.js';

export const GET = withOptionalAuth((_request, { auth }) => Response.json({ userId: auth?.userId ?? null }));
