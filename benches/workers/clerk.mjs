// A gateway on Clerk's own SDK, as its documentation has it: without network where it has the key.

import { createClerkClient } from '@clerk/backend';

import { forward } from './pass-through.mjs';

let client;

export default {
  async fetch(request, env) {
    client ??= createClerkClient({ publishableKey: env.CLERK_PUBLISHABLE_KEY, secretKey: env.CLERK_SECRET_KEY, apiUrl: env.CLERK_API_URL, jwtKey: env.CLERK_JWT_KEY });
    const state = await client.authenticateRequest(request, { authorizedParties: [env.PARTY] });
    if (!state.isAuthenticated) return new Response('unauthorized', { status: 401 });
    return forward(request, env.ORIGIN, state.toAuth().userId);
  },
};
