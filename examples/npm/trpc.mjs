// tRPC 11, its standalone server. `npm run example -- trpc` runs it against a stand-in for Clerk.

import { initTRPC } from '@trpc/server';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import { clerkEdge } from 'clerk-edge/trpc';

const { createContext, requireAuth, optionalAuth, requireRole, requireOrg, errorFormatter, responseMeta } = clerkEdge({
  publishableKey: process.env.CLERK_PUBLISHABLE_KEY,
  authorizedParties: [process.env.FRONT_END ?? 'http://localhost:3000'],
});
const { router, procedure } = initTRPC.context().create({ errorFormatter });
const who = ({ ctx }) => ({ userId: ctx.auth?.userId ?? null });

const routes = router({
  me: procedure.use(requireAuth()).query(who),
  meChanged: procedure.use(requireAuth()).mutation(who),
  maybe: procedure.use(optionalAuth()).query(who),
  admin: procedure.use(requireRole('admin')).query(who),
  orgs: procedure.use(requireOrg(({ getRawInput }) => getRawInput())).query(who),
});

createHTTPServer({
  router: routes,
  createContext: createContext(),
  responseMeta,
  // In place of the CORS that you use.
  middleware: (request, response, next) => (request.method === 'OPTIONS' ? response.writeHead(204).end() : next()),
}).listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
