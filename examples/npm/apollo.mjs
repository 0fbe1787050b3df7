// Apollo Server 5 on Express 5. `npm run example -- apollo` runs it against a stand-in for Clerk.

import { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import { clerkEdge } from 'clerk-edge/graphql';
import express from 'express';

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

const server = new ApolloServer({ typeDefs, resolvers, plugins: [statusPlugin()] });
await server.start();
const app = express();
app.options('/graphql', (_request, response) => response.sendStatus(204)); // in place of the CORS that you use
app.use('/graphql', express.json(), expressMiddleware(server, { context: authContext() }));
app.listen(process.env.PORT ?? 3001, '127.0.0.1');
