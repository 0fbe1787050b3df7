// What must compile over the adapters' types, and, below `@ts-expect-error`, what must not.

import { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import { initTRPC } from '@trpc/server';
import { createHTTPServer, type CreateHTTPContextOptions } from '@trpc/server/adapters/standalone';
import { createVerifier, type Auth } from 'clerk-edge';
import { clerkEdge as forExpress } from 'clerk-edge/express';
import clerkEdgePlugin from 'clerk-edge/fastify';
import { clerkEdge as forGraphql } from 'clerk-edge/graphql';
import { clerkEdge as forHono } from 'clerk-edge/hono';
import { clerkEdge as forNext } from 'clerk-edge/next';
import { clerkEdge as forTrpc } from 'clerk-edge/trpc';
import fastify from 'fastify';
import { createYoga } from 'graphql-yoga';
import { Hono } from 'hono';

const verifier = createVerifier({ publishableKey: 'pk_test_x' });

{
  const { requireRole, requireAnyRole, requireOrg, require } = forExpress(verifier);
  const guards = [requireRole('admin'), requireAnyRole('a', ['b']), requireOrg(), requireOrg((request) => request.params.id), require({ organization: 'org_1' })];
  for (const guard of guards) guard({}, {}, () => {}) satisfies Promise<void>;
  // @ts-expect-error a role is a text
  requireRole(1);
  // @ts-expect-error no such key of a rule
  require({ roles: ['admin'] });
  const request = {} as Express.Request;
  // @ts-expect-error without a guard there may be no session
  request.auth.userId;
}

{
  const app = fastify();
  app.register(clerkEdgePlugin, { publishableKey: 'pk_test_x' });
  app.get('/orgs/:id', { onRequest: app.requireOrg((request) => request.params.id) }, async ({ auth }) => auth?.userId);
  // @ts-expect-error no such option
  app.register(clerkEdgePlugin, { publishablekey: 'pk_test_x' });
}

{
  const { requireAuth, optionalAuth, requireOrg } = forHono({ publishableKey: 'pk_test_x' });
  const app = new Hono();
  app.get('/me', requireAuth(), (c) => c.text(c.get('auth').userId));
  app.get('/maybe', optionalAuth(), (c) => c.text(c.get('auth')?.userId ?? 'nobody'));
  app.get('/orgs/:id', requireOrg((c) => c.req.param('id')), (c) => c.text(c.get('auth').userId));
  // @ts-expect-error nobody may have come through
  app.get('/maybe', optionalAuth(), (c) => c.text(c.get('auth').userId));
}

{
  const { withAuth, withOptionalAuth, withRole, withOrg, protect, protectBy } = forNext();
  const GET = withAuth((request, { auth }) => Response.json({ at: request.url, id: auth.userId }));
  GET(new Request('https://a.example'), { params: Promise.resolve({}) }) satisfies Promise<Response>;
  const POST = withOrg(async (_request, { params }) => (await params).id)(async (_request: Request, { params, auth }: { params: Promise<{ id: string }>; auth: Auth }) => Response.json([(await params).id, auth.orgId]));
  POST satisfies (request: Request, context: { params: Promise<{ id: string }> }) => Promise<Response>;
  type ApiRequest = { headers: object; query: Record<string, string> };
  type ApiResponse = { setHeader(name: string, value: string): unknown; status(status: number): { end(body?: string): unknown; json(body: unknown): void } };
  const handler = withRole('admin')((request: ApiRequest & { auth: Auth }, response: ApiResponse) => response.status(200).json(request.auth.userId));
  handler satisfies (request: ApiRequest, response: ApiResponse) => Promise<unknown>;
  protect() satisfies (request: Request, event: { waitUntil(work: Promise<unknown>): void }) => Promise<Response | undefined>;
  protectBy({ role: 'admin' }, (request) => Response.redirect(request.url));
  // @ts-expect-error a rule that is not there is no rule
  protectBy(undefined);
  // @ts-expect-error nobody may have come through
  withOptionalAuth((_request, { auth }) => Response.json(auth.userId));
}

{
  const { authContext, requireAuth, optionalAuth, requireOrg, statusPlugin } = forGraphql(verifier);
  const me = requireAuth((_parent: unknown, _args: object, { auth }: { auth: Auth }) => auth.userId);
  const org = requireOrg((_parent, { id }) => id)((_parent: unknown, { id }: { id: string }, { auth }: { auth: Auth }) => [id, auth.userId]);
  const server = new ApolloServer<{ auth: Auth | null }>({ typeDefs: 'type Query { me: String }', resolvers: { Query: { me } }, plugins: [statusPlugin()] });
  expressMiddleware(server, { context: authContext() });
  createYoga({ context: authContext(() => ({ db: 1 })), plugins: [statusPlugin()] });
  void org;
  // @ts-expect-error nobody may have come through
  optionalAuth((_parent, _args, { auth }) => auth.userId);
}

{
  const { createContext, requireAuth, optionalAuth, requireOrg, errorFormatter, responseMeta } = forTrpc(verifier);
  const contextOf = createContext(({ req }: CreateHTTPContextOptions) => ({ method: req.method }));
  const { router, procedure } = initTRPC.context<Awaited<ReturnType<typeof contextOf>>>().create({ errorFormatter });
  const routes = router({
    me: procedure.use(requireAuth()).query(({ ctx }) => [ctx.auth.userId, ctx.method]),
    org: procedure.use(requireOrg(async ({ getRawInput }) => (await getRawInput()).id)).query(({ ctx }) => ctx.auth.orgId),
    maybe: procedure.use(optionalAuth()).query(({ ctx }) => ctx.auth?.userId),
    // @ts-expect-error nobody may have come through
    wrong: procedure.use(optionalAuth()).query(({ ctx }) => ctx.auth.userId),
  });
  createHTTPServer({ router: routes, createContext: contextOf, responseMeta });
}
