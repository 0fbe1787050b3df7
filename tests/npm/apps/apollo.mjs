// Apollo Server 5 on Express 5 behind the package.

import { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import { clerkEdge } from 'clerk-edge/graphql';
import express from 'express';

import { resolversOf, typeDefs } from './graphql-schema.mjs';

export async function listen(options, port) {
  const edge = clerkEdge(options);
  const server = new ApolloServer({ typeDefs, resolvers: resolversOf(edge), plugins: [edge.statusPlugin()] });
  await server.start();
  const app = express();
  app.options('/graphql', (_request, response) => response.sendStatus(204));
  app.use('/graphql', express.json(), expressMiddleware(server, { context: edge.authContext() }));
  return app.listen(port, '127.0.0.1');
}
