// What any gateway in front of an origin does at least: one header set, and the request sent on.

export default {
  fetch: (request, env) => forward(request, env.ORIGIN, 'user'),
};

/** Sends a request on with who it is from. */
export function forward(request, origin, user) {
  const { pathname, search } = new URL(request.url);
  const headers = new Headers(request.headers);
  headers.set('x-user-id', user);
  return fetch(origin + pathname + search, { method: request.method, headers, body: request.body, redirect: 'manual' });
}
