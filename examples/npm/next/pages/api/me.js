import { withAuth } from '../../lib/edge.js';

export default withAuth((request, response) => response.json({ userId: request.auth.userId }));
