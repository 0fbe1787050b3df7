import { edge, who } from '../../../lib/edge.js';

export const GET = edge.withOrg(async (_request, { params }) => (await params).id)(who);
