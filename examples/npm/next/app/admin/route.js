import { withRole } from '../../lib/edge.js';

export const GET = withRole('admin')((_request, { auth }) => Response.json({ userId: auth.userId }));
