// Hono 4: middleware that sets `c.get('auth')`. On Cloudflare Workers the options
// come from `import { env } from 'cloudflare:workers'`: `clerkEdge({ env })`.

import { toResponse } from 'clerk-edge';

import { makeGuards } from '../guards.js';

/** `const { requireAuth, requireRole } = clerkEdge({ publishableKey })` */
export function clerkEdge(options) {
  return makeGuards(options, (decide) => async (context, next) => {
    const { auth, refusal, isPreflight } = await decide(context.req.raw, [context], { waitUntil: waitUntil(context) });
    if (isPreflight) return context.body(null, 204);
    if (refusal) return toResponse(refusal);
    context.set('auth', auth);
    return next();
  });
}

/** Hono throws where there is no execution context. */
function waitUntil(context) {
  try {
    const { executionCtx } = context;
    return (work) => executionCtx.waitUntil(work);
  } catch {
    return undefined;
  }
}
