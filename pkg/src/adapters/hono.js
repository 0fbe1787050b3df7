// Hono 4: middleware that sets `c.get('auth')`. On Cloudflare Workers the options
// come from `import { env } from 'cloudflare:workers'`: `clerkEdge({ env })`.

import { toResponse } from 'clerk-edge';

import { makeGuards } from '../guards.js';

/**
 * `const { requireAuth, requireRole } = clerkEdge({ publishableKey })`, or with a function of Hono's context, which gives the
 * verifier: `clerkEdge((c) => verifierOf(c.env))`.
 */
export function clerkEdge(options) {
  const isFunction = typeof options === 'function';
  return makeGuards(isFunction ? verifierOfContext(options) : options, (decide) => async (context, next) => {
    const { auth, refusal, isPreflight } = await decide(context.req.raw, [context], { waitUntil: waitUntil(context), ...(isFunction && { context }) });
    if (isPreflight) return context.body(null, 204);
    if (refusal) return toResponse(refusal);
    context.set('auth', auth);
    return next();
  });
}

/** A verifier that is known when a request comes. Until then there is nothing to read rules with: a mistake in one is told then. */
function verifierOfContext(find) {
  return { authenticate: (request, { context, ...given }) => find(context).authenticate(request, given), checkRule: () => undefined };
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
