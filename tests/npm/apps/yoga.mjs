// GraphQL Yoga 5 behind the package.

import { createServer } from 'node:http';

import { clerkEdge } from 'clerk-edge/graphql';
import { createSchema, createYoga } from 'graphql-yoga';

import { resolversOf, typeDefs } from './graphql-schema.mjs';

export function listen(options, port) {
  const edge = clerkEdge(options);
  const schema = createSchema({ typeDefs, resolvers: resolversOf(edge) });
  const yoga = createYoga({ schema, context: edge.authContext(), plugins: [edge.statusPlugin()] });
  return createServer(yoga).listen(port, '127.0.0.1');
}
