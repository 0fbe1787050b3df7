// GraphQL servers (Apollo Server 5, Yoga): authentication is optional in the context, and each resolver is guarded.
//
// A context that refuses would take the public fields down with it. A bad token is still no anonymous one: it is kept, and
// told by the first guard that is asked.

import { GraphQLError } from 'graphql';

import { isNobody, makeRules, verifierOf } from '../guards.js';

/** The errors' codes, which clients know; a refusal's own code is its `reason`. */
const CODES = { 400: 'BAD_REQUEST', 401: 'UNAUTHENTICATED', 403: 'FORBIDDEN', 503: 'SERVICE_UNAVAILABLE' };

/** What of a refusal's headers concerns its status; a GraphQL answer has its own type. */
const HEADERS = ['www-authenticate', 'retry-after', 'cache-control', 'vary'];

/** `const { authContext, requireAuth, statusPlugin } = clerkEdge({ publishableKey })` */
export function clerkEdge(options) {
  const verifier = verifierOf(options);
  const rules = Object.entries(makeRules(verifier.checkRule));
  return {
    /** `context: authContext(more)`: adds `auth`, or `null` for nobody, to what `more` returns. */
    authContext: (more = () => ({})) => async (...handed) => {
      const result = await verifier.authenticate(requestOf(handed[0]));
      return { ...(await more(...handed)), auth: result.ok ? result.auth : null, [STATE]: { result, refusals: new Map() } };
    },
    /** Guards around resolvers: `orders: requireAuth((parent, args, context) => …)`, `requireRole('admin')(…)`. */
    requireAuth: (resolver) => guarded(resolver),
    optionalAuth: (resolver) => guarded(resolver, { isOptional: true }),
    ...Object.fromEntries(rules.map(([name, rule]) => [name, (...values) => guardedBy(rule(...values))])),
    statusPlugin,
  };
}

/** What was found out of a request, and what was refused to it, on its own context. */
const STATE = Symbol('clerk-edge');

const guardedBy = (ruleFor) => (resolver) => guarded(resolver, { ruleFor });

function guarded(resolver, { ruleFor, isOptional = false } = {}) {
  return async (parent, args, context, info) => {
    if (context?.[STATE] === undefined) throw new Error('clerk-edge: the context was not made by authContext()');
    const { result, refusals } = context[STATE];
    const isLetThrough = isOptional && isNobody(result);
    const refusal = result.ok ? ruleFor && result.check(await ruleFor(parent, args, context, info)) : !isLetThrough && result;
    if (!refusal) return resolver(parent, args, context, info);
    const { status, code, problem } = refusal;
    refusals.set(code, refusal);
    // Without `http`: the servers would make one guarded field's error the status of an answer that has other fields.
    throw new GraphQLError(problem.title, { extensions: { code: CODES[status], reason: code } });
  };
}

/**
 * For Apollo's and for Yoga's `plugins` alike: the status and the challenge of a refusal, where it is all that the answer
 * holds. GraphQL over HTTP wants 2xx for an answer with data; so this is for answers whose `data` is null.
 */
function statusPlugin() {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ contextValue, response: { body, http } }) {
          const answer = body.kind === 'single' && found(contextValue, body.singleResult);
          if (!answer) return;
          http.status = answer.status;
          for (const [name, value] of answer.headers) http.headers.set(name, value);
        },
      };
    },
    onExecutionResult({ context, result }) {
      const answer = found(context, result ?? {});
      if (answer) result.extensions = { ...result.extensions, http: { status: answer.status, headers: Object.fromEntries(answer.headers) } };
    },
  };
}

/** The status and headers of an answer without data whose every error is a refusal. */
function found(context, { data, errors }) {
  const refused = context?.[STATE]?.refusals;
  if (refused === undefined || (data ?? null) !== null || !errors?.length) return undefined;
  const refusals = errors.map(({ extensions }) => refused.get(extensions?.reason));
  if (!refusals.every(Boolean)) return undefined;
  const [{ status, headers }] = refusals;
  return { status, headers: Object.entries(headers).filter(([name]) => HEADERS.includes(name)) };
}

/** Apollo hands over `{ req }`, Yoga `{ request }`. */
function requestOf({ req, request }) {
  return request ?? req;
}
