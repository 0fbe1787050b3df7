// What every adapter asks: may this request go on, and as whom? Adapters only change the shape of the answer.

import { createVerifier } from 'clerk-edge';

/** The guards that every adapter has. Each takes a value, or a function of what the framework hands it that returns one. */
const RULES = {
  requireRole: (role) => ({ role }),
  requireAnyRole: (...roles) => ({ any: roles.flat().map((role) => ({ role })) }),
  requirePermission: (permission) => ({ permission }),
  requireOrg: (id) => (id === undefined ? { organization: true } : { claim: 'o.id', equals: id }),
  require: (rule) => rule,
};

/**
 * The guards over one verifier. `adapt({ optional, ruleFor })` makes of one what the framework takes; `ruleFor(...)` is
 * called with what the framework hands over, and gives the rule of this request.
 */
export function makeGuards(options, adapt) {
  const verifier = verifierOf(options);
  const guards = {
    requireAuth: () => adapt(decider(verifier)),
    optionalAuth: () => adapt(decider(verifier, { optional: true })),
  };
  for (const [name, rule] of Object.entries(RULES)) {
    guards[name] = (...values) => {
      const isGiven = !values.some((value) => typeof value === 'function');
      if (isGiven) verifier.checkRule(rule(...values));
      const ruleFor = (...handed) => rule(...values.map((value) => (typeof value === 'function' ? value(...handed) : value)));
      return adapt(decider(verifier, { ruleFor }));
    };
  }
  return guards;
}

/** A verifier, or what one is made from. */
export function verifierOf(options = {}) {
  return typeof options.authenticate === 'function' ? options : createVerifier(options);
}

/**
 * The decision on a request: `{ auth }` to go on, with `auth` null for nobody, or `{ refusal }`. `handed` is what a rule's
 * function gets. Invalid is never anonymous: an optional guard lets only a request without credentials through.
 */
function decider(verifier, { optional = false, ruleFor } = {}) {
  return async (request, handed = [request], context) => {
    if (isPreflight(request)) return { auth: null };
    const result = await authenticated(verifier, request, context);
    if (!result.ok) return optional && result.code === 'credentials-missing' ? { auth: null } : { refusal: result };
    const refusal = ruleFor && result.check(ruleFor(...handed));
    return refusal ? { refusal } : { auth: result.auth };
  };
}

/** Guards stand behind each other on one request; it is authenticated once. */
const results = new WeakMap();

function authenticated(verifier, request, context) {
  const ofVerifier = results.get(verifier) ?? new WeakMap();
  results.set(verifier, ofVerifier);
  const result = ofVerifier.get(request) ?? verifier.authenticate(request, context);
  ofVerifier.set(request, result);
  return result;
}

/** A preflight carries no credentials by its nature (Fetch standard, CORS-preflight request); whoever does CORS answers it. */
function isPreflight({ method, headers }) {
  const find = (name) => (typeof headers?.get === 'function' ? headers.get(name) : headers?.[name]);
  return method === 'OPTIONS' && Boolean(find('origin')) && Boolean(find('access-control-request-method'));
}
