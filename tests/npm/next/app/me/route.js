import { edge, who } from '../../lib/edge.js';

export const GET = edge.withAuth(who);
export const POST = edge.withAuth(who);
export const OPTIONS = edge.withAuth(who);
