import { withOptionalAuth } from '../../lib/edge.js';

export default withOptionalAuth((request, response) => response.json({ userId: request.auth?.userId ?? null }));
