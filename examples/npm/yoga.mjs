// GraphQL Yoga 5. `npm run example -- yoga` runs it against a stand-in for Clerk.

import { createServer } from 'node:http';

import { clerkEdge } from 'clerk-edge/graphql';
import { createSchema, createYoga } from 'graphql-yoga';

const { authContext, requireAuth, optionalAuth, requireRole, requireOrg, statusPlugin } = clerkEdge({
  publishableKey: process.env.CLERK_PUBLISHABLE_KEY,
  authorizedParties: [process.env.FRONT_END ?? 'http://localhost:3000'],
});

const typeDefs = `
  type User { userId: String }
  type Query { me: User!, maybe: User!, admin: User!, orgs(id: ID!): User!, nullable: User, public: Boolean! }
`;
const who = (_parent, _args, { auth }) => ({ userId: auth?.userId ?? null });
const resolvers = {
  Query: {
    me: requireAuth(who),
    maybe: optionalAuth(who),
    admin: requireRole('admin')(who),
    orgs: requireOrg((_parent, { id }) => id)(who),
    nullable: requireAuth(who),
    public: () => true,
  },
};

const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), context: authContext(), plugins: [statusPlugin()] });
createServer(yoga).listen(process.env.PORT ?? 3001, '127.0.0.1');
