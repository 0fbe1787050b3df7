import { withAuth } from '../../lib/edge.js';

export const GET = withAuth((_request, { auth }) => Response.json({ userId: auth.userId }));
export const POST = GET;
export const OPTIONS = GET;
