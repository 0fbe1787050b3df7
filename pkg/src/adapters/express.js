// Express 4 and 5, and whatever else calls `(request, response, next)`: the session as `request.auth`, refusals as JSON.

import { makeGuards } from '../guards.js';

/** `const { requireAuth, requireRole } = clerkEdge({ publishableKey })` */
export function clerkEdge(options) {
  return makeGuards(options, (decide) => async (request, response, next) => {
    try {
      const { auth, refusal, isPreflight } = await decide(request, [request]);
      if (isPreflight) return void response.writeHead(204).end();
      if (refusal) return send(response, refusal);
      request.auth = auth;
    } catch (error) {
      return next(error);
    }
    return next();
  });
}

function send(response, { status, headers, problem }) {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(JSON.stringify(problem));
}
