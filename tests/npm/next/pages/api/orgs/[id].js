import { edge, whoOfApi } from '../../../lib/edge.js';

export default edge.withOrg((request) => request.query.id)(whoOfApi);
