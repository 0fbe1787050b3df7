// The guards of the application, once.

import { clerkEdge } from 'clerk-edge/next';

export const { withAuth, withOptionalAuth, withRole, withOrg, protect } = clerkEdge({
  publishableKey: process.env.CLERK_PUBLISHABLE_KEY,
  authorizedParties: [process.env.FRONT_END ?? 'http://localhost:3000'],
});
