import { withOrg } from '../../../lib/edge.js';

const id = async (_request, { params }) => (await params).id;

export const GET = withOrg(id)((_request, { auth }) => Response.json({ userId: auth.userId }));
