// tRPC 11: a context that knows the session, middlewares that refuse, and the refusal's own headers on the answer.

import { TRPCError } from '@trpc/server';

import { isNobody, makeRules, verifierOf } from '../guards.js';

/** tRPC's codes, from which it makes the status. */
const CODES = { 400: 'BAD_REQUEST', 401: 'UNAUTHORIZED', 403: 'FORBIDDEN', 503: 'SERVICE_UNAVAILABLE' };

/** What of a refusal's headers concerns its status; tRPC's answer has its own type. */
const HEADERS = ['www-authenticate', 'retry-after', 'cache-control', 'vary'];

const RESULT = Symbol('clerk-edge');

/** The cause of a refused call's error. */
class Refused extends Error {
  constructor(refusal) {
    super(refusal.code);
    Object.defineProperty(this, 'refusal', { value: refusal });
  }
}

/** `const { createContext, requireAuth, errorFormatter, responseMeta } = clerkEdge({ publishableKey })` */
export function clerkEdge(options) {
  const verifier = verifierOf(options);
  const rules = Object.entries(makeRules(verifier.checkRule));
  return {
    /** Adds `auth`, or `null` for nobody, to what `more` returns. */
    createContext: (more = () => ({})) => async (handed) => {
      const result = await verifier.authenticate(handed.req);
      return { ...(await more(handed)), auth: result.ok ? result.auth : null, [RESULT]: result };
    },
    /** Middlewares: `t.procedure.use(requireAuth())`. */
    requireAuth: () => middleware(),
    optionalAuth: () => middleware(undefined, true),
    ...Object.fromEntries(rules.map(([name, rule]) => [name, (...values) => middleware(rule(...values))])),
    errorFormatter,
    responseMeta,
  };
}

function middleware(ruleFor, isOptional = false) {
  return async (handed) => {
    const { ctx, next } = handed;
    const result = ctx[RESULT];
    if (result === undefined) throw new Error('clerk-edge: the context was not made by createContext()');
    const isLetThrough = isOptional && isNobody(result);
    const refusal = result.ok ? ruleFor && result.check(await ruleFor(handed)) : !isLetThrough && result;
    if (refusal) throw new TRPCError({ code: CODES[refusal.status], message: refusal.problem.title, cause: new Refused(refusal) });
    return next({ ctx: { auth: ctx.auth } });
  };
}

const refusalOf = (error) => (error.cause instanceof Refused ? error.cause.refusal : undefined);

/** The refusal's own code beside tRPC's, as `data.reason`. */
function errorFormatter({ shape, error }) {
  const refusal = refusalOf(error);
  return refusal ? { ...shape, data: { ...shape.data, reason: refusal.code } } : shape;
}

/** The challenge, where every call of a request was refused: one that succeeded needs no other credentials. */
function responseMeta({ errors, info }) {
  const refusals = errors.map(refusalOf);
  if (refusals.length === 0 || refusals.length !== (info?.calls.length ?? 1) || !refusals.every(Boolean)) return {};
  return { headers: Object.fromEntries(Object.entries(refusals[0].headers).filter(([name]) => HEADERS.includes(name))) };
}
