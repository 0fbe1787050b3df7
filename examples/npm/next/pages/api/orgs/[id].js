import { withOrg } from '../../../lib/edge.js';

export default withOrg((request) => request.query.id)((request, response) => response.json({ userId: request.auth.userId }));
