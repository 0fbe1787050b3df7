// GraphQL servers (Apollo Server 5, Yoga): authentication is optional in the context, and each resolver is guarded.
//
// A context that refuses would take the public fields down with it. A bad token is still no anonymous one: it is kept, and
// told by the first guard that is asked.

import { GraphQLError } from 'graphql';

import { verifierOf } from '../guards.js';

/** `context: authContext({ publishableKey })`: adds `auth`, or `null` for nobody, to what `more` returns. */
export function authContext(options, more = () => ({})) {
  const verifier = verifierOf(options);
  return async (...handed) => {
    const result = await verifier.authenticate(requestOf(handed[0]));
    const context = await more(...handed);
    return { ...context, auth: result.ok ? result.auth : null, [RESULT]: result };
  };
}

/** Guards around resolvers: `orders: requireAuth((parent, args, context) => …)`. */
export const requireAuth = (resolver) => guarded(undefined, resolver);
export const requireRole = (role, resolver) => guarded({ role }, resolver);
export const requireAnyRole = (roles, resolver) => guarded({ any: roles.map((role) => ({ role })) }, resolver);
export const requirePermission = (permission, resolver) => guarded({ permission }, resolver);
export const requireOrg = (resolver) => guarded({ organization: true }, resolver);

const RESULT = Symbol.for('clerk-edge.result');

function guarded(rule, resolver) {
  return (parent, args, context, info) => {
    const result = context[RESULT];
    if (result === undefined) throw new Error('clerk-edge: the context was not made by authContext()');
    const asked = typeof rule === 'function' ? rule(parent, args, context, info) : rule;
    const refusal = result.ok ? asked && result.check(asked) : result;
    if (refusal) throw failed(refusal);
    return resolver(parent, args, context, info);
  };
}

/** Without `http`, so that one guarded field does not make an answer with public fields a 401. */
function failed({ status, code, problem }) {
  const name = status === 401 ? 'UNAUTHENTICATED' : status === 403 ? 'FORBIDDEN' : 'SERVICE_UNAVAILABLE';
  return new GraphQLError(problem.title, { extensions: { code: name, reason: code } });
}

/** Apollo hands over `{ req }`, Yoga `{ request }`. */
function requestOf({ req, request }) {
  return request ?? req;
}
