// What every adapter asks: may this request go on, and as whom? Adapters only change the shape of the answer.

import { createVerifier } from 'clerk-edge';

/**
 * What a function gives for a request may be anything, a part of its path even. What is no name is held by nobody, and so
 * is this; a caller must not make a mistake of the configuration out of it, nor a wider rule out of nothing.
 */
const NOBODYS = '\u0000';

const isName = (value) => typeof value === 'string' && /^\S+$/.test(value.replace(/^(org:)+/, ''));
const name = (value) => (isName(value) ? value : NOBODYS);
const organization = (value) => (typeof value === 'string' && /^org_\S+$/.test(value) ? value : `org_${NOBODYS}`);
const names = (values) => (values.length > 0 ? values.map(name) : [NOBODYS]);
const anyRole = (roles) => ({ any: roles.map((role) => ({ role })) });

/** The rule of each guard's values; where a function gives them, the rule that `given` makes of what it gave. */
const RULES = {
  requireRole: { rule: (role) => ({ role }), given: (role) => ({ role: name(role) }) },
  requireAnyRole: { rule: (...roles) => anyRole(roles.flat()), given: (...roles) => anyRole(names(roles.flat())) },
  requirePermission: { rule: (permission) => ({ permission }), given: (permission) => ({ permission: name(permission) }) },
  requireOrg: { rule: (...ids) => ({ organization: ids.length === 0 ? true : ids[0] }), given: (id) => ({ organization: organization(id) }) },
  require: { rule: (rule) => rule, given: (rule) => withValues(rule) },
};

/** A rule in which every condition has a value: what a function left open is held by nobody. */
function withValues(value, key) {
  if (value === undefined || value === null) return key === 'organization' ? organization(value) : NOBODYS;
  if (Array.isArray(value)) return value.map((inner) => withValues(inner));
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withValues(inner, name)]));
}

/**
 * The rules behind the guards, as `ruleOf.requireRole('admin')`: each takes values, or functions that return them, and gives
 * a function of what the framework hands over. `check` reads a rule at once, so that a mistake is told at start.
 */
export function makeRules(check) {
  return mapped(RULES, ({ rule, given }) => (...values) => {
    if (!values.some((value) => typeof value === 'function')) {
      const fixed = rule(...values);
      check(fixed);
      return () => fixed;
    }
    return async (...handed) => given(...(await Promise.all(values.map((value) => (typeof value === 'function' ? value(...handed) : value)))));
  });
}

/**
 * The guards over one verifier. `adapt(decide)` makes of a decision what the framework takes; a rule's function gets what
 * `decide` is handed.
 */
export function makeGuards(options, adapt) {
  const verifier = verifierOf(options);
  return {
    requireAuth: () => adapt(decider(verifier)),
    optionalAuth: () => adapt(decider(verifier, { optional: true })),
    ...mapped(makeRules(verifier.checkRule), (guard) => (...values) => adapt(decider(verifier, { ruleFor: guard(...values) }))),
  };
}

/** A verifier, or what one is made from. */
export function verifierOf(options = {}) {
  return typeof options.authenticate === 'function' ? options : createVerifier(options);
}

/** Whether a request that was refused only lacked credentials. Invalid is never anonymous. */
export const isNobody = (result) => !result.ok && result.code === 'credentials-missing';

/**
 * The decision on a request: `{ auth }` to go on, with `auth` null for nobody, `{ refusal }`, or `{ isPreflight }` to answer
 * with 204: a handler for every method must not be reached by whoever says that it asks beforehand.
 */
function decider(verifier, { optional = false, ruleFor } = {}) {
  return async (request, handed = [request], context) => {
    const result = await authenticated(verifier, request, context);
    if (isNobody(result) && isPreflight(request)) return { isPreflight: true };
    if (!result.ok) return optional && isNobody(result) ? { auth: null } : { refusal: result };
    const refusal = ruleFor && result.check(await ruleFor(...handed));
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

/** A preflight carries no credentials by its nature (Fetch standard, CORS-preflight request); whoever does CORS stands before the guards. */
function isPreflight({ method, headers }) {
  const find = (name) => (typeof headers?.get === 'function' ? headers.get(name) : headers?.[name]);
  return method === 'OPTIONS' && Boolean(find('origin')) && Boolean(find('access-control-request-method'));
}

function mapped(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}
