// Next.js: `withAuth` around route handlers and API routes, and a guard for proxy.ts (or middleware.ts, on the edge).
//
// The handler is the place that counts: a matcher of paths can differ from how Next.js routes, a handler cannot.

import { toResponse } from 'clerk-edge';

import { makeGuards } from '../guards.js';

/** `const { withAuth, withRole, protect } = clerkEdge({ publishableKey })` */
export function clerkEdge(options) {
  const guards = makeGuards(options, (decide) => decide);
  const wrapped = (guard) => (...values) => wrap(guard(...values));
  return {
    withAuth: wrap(guards.requireAuth()),
    withOptionalAuth: wrap(guards.optionalAuth()),
    withRole: wrapped(guards.requireRole),
    withAnyRole: wrapped(guards.requireAnyRole),
    withPermission: wrapped(guards.requirePermission),
    withOrg: wrapped(guards.requireOrg),
    withRule: wrapped(guards.require),
    protect: (then) => proxy(guards.requireAuth(), then),
    protectBy: (rule, then) => proxy(guards.require(rule), then),
  };
}

/** For proxy.ts: the answer to a request that may not go on; for one that may, what `then` says, or nothing. */
function proxy(decide, then = () => undefined) {
  return async (request, event) => {
    const waitUntil = event?.waitUntil && ((work) => event.waitUntil(work));
    const { auth, refusal, isPreflight } = await decide(request, [request], { waitUntil });
    if (isPreflight) return new Response(null, { status: 204 });
    return refusal ? toResponse(refusal) : then(request, { auth, event });
  };
}

/** Around `handler(request, { params, auth })` of the app router, or `handler(request, response)` of an API route, with `request.auth`. */
function wrap(decide) {
  return (handler) => async (request, context) => {
    const isApiRoute = typeof context?.setHeader === 'function';
    const { auth, refusal, isPreflight } = await decide(request, [request, context]);
    // An API route's handler gets every method. A preflight must not be a way to it without a token.
    if (isPreflight) return isApiRoute ? context.status(204).end() : new Response(null, { status: 204 });
    if (refusal) return isApiRoute ? send(context, refusal) : toResponse(refusal);
    if (!isApiRoute) return handler(request, { ...context, auth });
    request.auth = auth;
    return handler(request, context);
  };
}

function send(response, { status, headers, problem }) {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.status(status).end(JSON.stringify(problem));
}
