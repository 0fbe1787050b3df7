// What proxy.js says of the caller: the route is not reachable past it.

export const GET = (request) => Response.json({ userId: request.headers.get('x-user-id') });
export const POST = GET;
