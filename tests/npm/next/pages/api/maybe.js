import { edge, whoOfApi } from '../../lib/edge.js';

export default edge.withOptionalAuth(whoOfApi);
