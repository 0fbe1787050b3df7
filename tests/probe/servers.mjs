// GraphQL servers with subscriptions: right, or with one thing left open.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';

/**
 * Yoga with its event streams, graphql-sse at /graphql/stream and graphql-ws, all with one schema. Options:
 *
 * - `open`: the transports whose subscriptions ask for no session: `yoga`, `sse`, `socket`.
 * - `trusting`: whether tokens are read and not verified.
 * - `silent`: whether a subscription tells nothing for as long as anybody looks.
 * - `onConnect`: whether a socket without a good token is closed before anything is subscribed to.
 * - `subscriptions`, `introspection`: whether the schema has and tells them.
 */
export async function startGraphql(issuer, options = {}) {
  const { subscriptions = true, introspection = true, onConnect = false } = options;
  const { createSchema, createYoga, useErrorHandler } = await import('graphql-yoga');
  const { NoSchemaIntrospectionCustomRule } = await import('graphql');
  const typeDefs = `type Query { hello: String! me: User } type User { id: ID! } ${subscriptions ? 'type Subscription { message(id: ID!): String! messages: String! }' : ''}`;
  const schema = createSchema({ typeDefs, resolvers: await resolvers(options) });
  const userOf = users(issuer, options);
  const hidden = { onValidate: ({ addValidationRule }) => addValidationRule(NoSchemaIntrospectionCustomRule) };
  const yoga = createYoga({
    schema,
    logging: false,
    plugins: introspection ? [useErrorHandler(() => {})] : [hidden],
    context: async ({ request }) => ({ transport: 'yoga', user: await userOf(request.headers.get('authorization')) }),
  });
  const stream = await eventStreams(schema, userOf);
  const server = createServer((request, response) => (request.url.startsWith('/graphql/stream') ? stream : yoga)(request, response));
  const sockets = await webSockets(server, schema, userOf, onConnect);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Who holds the token of an `Authorization`; nobody where it is not good. */
function users({ issuer, keySetUrl }, { trusting = false }) {
  const keys = createRemoteJWKSet(new URL(keySetUrl));
  return async (authorization) => {
    const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
    if (!token) return undefined;
    if (trusting) return decodeJwt(token).sub;
    return jwtVerify(token, keys, { issuer, algorithms: ['RS256'] }).then(({ payload }) => payload.sub, () => undefined);
  };
}

async function resolvers({ open = [], silent = false, subscriptions = true }) {
  const { GraphQLError } = await import('graphql');
  const signedIn = ({ transport, user }) => {
    if (user === undefined && !open.includes(transport)) throw new GraphQLError('Sign in', { extensions: { code: 'UNAUTHENTICATED' } });
  };
  const subscribe = async (_parent, _args, context) => {
    signedIn(context);
    return messages(silent);
  };
  const me = (_parent, _args, { user }) => {
    signedIn({ user });
    return { id: user };
  };
  const Subscription = { messages: { subscribe }, message: { subscribe } };
  return { Query: { hello: () => 'world', me }, ...(subscriptions && { Subscription }) };
}

/** One message, unless it is silent, and none for long after. */
function messages(silent) {
  let left = silent ? 0 : 1;
  let end;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => (left-- > 0 ? Promise.resolve({ done: false, value: { messages: 'hello' } }) : new Promise((done) => (end = done))),
    return: async () => {
      end?.({ done: true, value: undefined });
      return { done: true, value: undefined };
    },
  };
}

async function eventStreams(schema, userOf) {
  const { createHandler } = await import('graphql-sse/lib/use/http');
  return createHandler({
    schema,
    context: async ({ raw }) => ({ transport: 'sse', user: await userOf(raw.headers.authorization) }),
  });
}

async function webSockets(server, schema, userOf, onConnect) {
  const { useServer } = await import('graphql-ws/use/ws');
  const { WebSocketServer } = await import('ws');
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  const userOfSocket = ({ connectionParams, extra }) => userOf(connectionParams?.Authorization ?? extra.request.headers.authorization);
  useServer(
    {
      schema,
      context: async (context) => ({ transport: 'socket', user: await userOfSocket(context) }),
      ...(onConnect && { onConnect: async (context) => (await userOfSocket(context)) !== undefined }),
    },
    sockets,
  );
  return sockets;
}
