import { edge, who } from '../../lib/edge.js';

export const GET = edge.withOptionalAuth(who);
