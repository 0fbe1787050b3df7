// Next.js: `withAuth` around route handlers and API routes, and a guard for proxy.ts (or middleware.ts, on the edge).
//
// The handler is the place that counts: a matcher of paths can differ from how Next.js routes, a handler cannot.

import { toResponse } from 'clerk-edge';

import { makeGuards } from '../guards.js';

/** `const { withAuth, withRole, protect } = clerkEdge({ publishableKey })` */
export function clerkEdge(options) {
  const guards = makeGuards(options, (decide) => decide);
  const wrap = (decide) => (handler) => async (request, context) => {
    const isApiRoute = typeof context?.setHeader === 'function';
    const { auth, refusal } = await decide(request, [request, context]);
    if (refusal) return isApiRoute ? send(context, refusal) : toResponse(refusal);
    return handler(request, isApiRoute ? Object.assign(context, { auth }) : { ...context, auth });
  };
  return {
    withAuth: wrap(guards.requireAuth()),
    withOptionalAuth: wrap(guards.optionalAuth()),
    withRole: (...roles) => wrap(guards.requireAnyRole(...roles)),
    withPermission: (permission) => wrap(guards.requirePermission(permission)),
    withOrg: (id) => wrap(guards.requireOrg(id)),
    withRule: (rule) => wrap(guards.require(rule)),
    /** For proxy.ts: the answer to a request that may not go on, and undefined for one that may. */
    protect: (rule) => {
      const decide = rule === undefined ? guards.requireAuth() : guards.require(rule);
      return async (request, event) => {
        const waitUntil = event?.waitUntil && ((work) => event.waitUntil(work));
        const { refusal } = await decide(request, [request], { waitUntil });
        return refusal && toResponse(refusal);
      };
    },
  };
}

function send(response, { status, headers, problem }) {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.status(status).end(JSON.stringify(problem));
}
