// tRPC 11, its standalone server, behind the package.

import { initTRPC } from '@trpc/server';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import { clerkEdge } from 'clerk-edge/trpc';

export function listen(options, port) {
  const { createContext, requireAuth, optionalAuth, requireRole, requireOrg, errorFormatter, responseMeta } = clerkEdge(options);
  const { router, procedure } = initTRPC.context().create({ errorFormatter });
  const who = ({ ctx }) => ({ userId: ctx.auth?.userId ?? null });
  const routes = router({
    me: procedure.use(requireAuth()).query(who),
    meChanged: procedure.use(requireAuth()).mutation(who),
    maybe: procedure.use(optionalAuth()).query(who),
    admin: procedure.use(requireRole('admin')).query(who),
    orgs: procedure.use(requireOrg(({ getRawInput }) => getRawInput())).query(who),
  });
  const middleware = (request, response, next) => (request.method === 'OPTIONS' ? response.writeHead(204).end() : next());
  return createHTTPServer({ router: routes, createContext: createContext(), responseMeta, middleware }).listen(port, '127.0.0.1');
}
