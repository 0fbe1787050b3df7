import { withRole } from '../../lib/edge.js';

export default withRole('admin')((request, response) => response.json({ userId: request.auth.userId }));
