// The package's own functions over the core in wasm. A bad token is a result, never an exception.

import { makeAssertions } from './assertion.js';
import { readAtMost } from './bytes.js';
import { CHECKS, explanationOf } from './explain.js';
import { makeHost } from './host.js';
import { describe } from './request.js';
import { ConfigurationError, inOptions, ruleOf, settingsOf } from './settings.js';
import { finished } from './work.js';

/** The rules that a process asks again and again are few; a caller that makes them up anew each time must not fill memory. */
const RULES = 256;

/** And of those, the ones that a session is known to meet. */
const MET = 16;

/** The longest webhook that the core takes: no more of a body is waited for. */
const WEBHOOK_BODY_BYTES = 1024 * 1024;

/** The functions over one instance of the core; with `node`, Node's module of cryptography, where that is the host. */
export function makeApi(core, node) {
  const rules = new Map();
  let count = 0;

  /** A rule of the core, with a number of its own. */
  function readRule(asked) {
    const text = ruleOf(asked);
    let found = rules.get(text);
    if (found === undefined) {
      found = { rule: told(() => new core.Rule(text)), id: (count += 1) };
      if (rules.size >= RULES) forgetRules();
      rules.set(text, found);
    }
    return found;
  }

  function forgetRules() {
    for (const { rule } of rules.values()) rule.free();
    rules.clear();
  }

  /** Asks the core whether a session meets a rule, and for the refusal where it does not. What is met stays met: neither changes. */
  function checksOf(held) {
    const check = (asked) => {
      const { rule, id } = readRule(asked);
      if (held.met.includes(id)) return undefined;
      const refusal = rule.check(held.claims, requestId());
      if (refusal !== undefined) return refused(refusal);
      if (held.met.length >= MET) held.met.length = 0;
      held.met.push(id);
      return undefined;
    };
    const has = (asked) => check(asked) === undefined;
    return { has, check };
  }

  /** A result from what the core tells, and the check of rules that goes with it. */
  function resultOf(outcome) {
    if (outcome instanceof core.Refused) return refusalOf(outcome);
    const { has, check } = checksOf(outcome);
    return { ok: true, auth: authOf(outcome, has), check };
  }

  /** Verifies the session tokens of one Clerk instance. Keep one: it keeps keys and verified tokens. */
  function createVerifier(options = {}) {
    const settings = settingsOf(options);
    const verifier = told(() => new core.Core(JSON.stringify(settings), makeHost(options, node)));
    const clock = options.clock ?? Date.now;

    /** A context is asked as a method of its own: a host's refuses to be called as anything else. */
    function settled(result, context) {
      if (verifier.isUnsettled()) {
        const settling = finished(core, verifier.settle(clock()));
        if (context?.waitUntil) context.waitUntil(settling);
        else options.waitUntil?.(settling);
      }
      return result;
    }

    return {
      async authenticate(request, context) {
        const { method, url, headers } = describe(request, options.origin);
        const work = verifier.authenticate(method, url, headers, clock());
        return settled(resultOf(work instanceof core.Waiting ? await finished(core, work) : work), context);
      },
      async verifyToken(token, context) {
        const work = verifier.verifyToken(String(token), clock());
        return settled(resultOf(work instanceof core.Waiting ? await finished(core, work) : work), context);
      },
      /** What became of a token, or of a request's: check by check, with the cause and the cure of a refusal. */
      async explain(asked, context) {
        const now = clock();
        const isToken = typeof asked === 'string';
        const { method, url, headers } = isToken ? {} : describe(asked, options.origin);
        const token = isToken ? asked : verifier.token(headers, now);
        const outcome = await finished(core, isToken ? verifier.verifyToken(asked, now) : verifier.authenticate(method, url, headers, now));
        const isRefused = outcome instanceof core.Refused;
        const reached = isRefused ? outcome.reached() : CHECKS.length - 1;
        const problem = isRefused ? refusalOf(outcome).problem : undefined;
        return settled(explanationOf({ problem, reached, token, issuer: verifier.issuer(), now: now / 1000 }), context);
      },
      /** Reads a rule now, so that a mistake in it is told at start and not to a caller. */
      checkRule: (asked) => void readRule(asked),
    };
  }

  /** Whether Clerk signed a webhook's very bytes: `body` is text or bytes as they came, never JSON made anew. */
  async function verifyWebhook(request, { secret = globalThis.process?.env?.CLERK_WEBHOOK_SIGNING_SECRET, clock = Date.now } = {}) {
    if (!secret) throw new ConfigurationError('secret: missing; expected the signing secret of the webhook endpoint, or CLERK_WEBHOOK_SIGNING_SECRET');
    const { headers } = describe(request);
    const body = await bytesOf(request);
    const refusal = told(() => core.checkWebhook(headers, body, secret, requestId(), clock()));
    if (refusal !== undefined) return refused(refusal);
    return { ok: true, id: header(headers, 'svix-id') ?? header(headers, 'webhook-id'), body, event: eventOf(body) };
  }

  return { createVerifier, verifyWebhook, ...makeAssertions(core, { authOf, refusalOf, checksOf, told, node }) };
}

/** The answer to a refused request, for hosts that answer with a `Response`. */
export function toResponse({ status, headers, problem }) {
  return new Response(JSON.stringify(problem), { status, headers });
}

/**
 * What a caller gets of a session, and may change as it likes. Its claims are read when they are first asked for: most callers
 * never do.
 */
function authOf({ parts: [userId, sessionId, orgId, orgSlug, orgRole, orgPermissions, actor], claims: text }, has) {
  let claims;
  return {
    userId,
    sessionId,
    orgId,
    orgSlug,
    orgRole,
    orgPermissions: [...orgPermissions],
    actor: actor && JSON.parse(actor),
    get claims() {
      return (claims ??= JSON.parse(text));
    },
    set claims(value) {
      claims = value;
    },
    has,
  };
}

/** A refusal of the core's, whose memory is given back at once. */
function refusalOf(outcome) {
  try {
    return refused(outcome.refusal(requestId()));
  } finally {
    outcome.free();
  }
}

function refused(text) {
  const { status, code, headers, body } = JSON.parse(text);
  return { ok: false, status, code, challenge: headers['www-authenticate'], headers, problem: JSON.parse(body) };
}

function told(work) {
  try {
    return work();
  } catch (error) {
    throw new ConfigurationError(inOptions(error.message));
  }
}

async function bytesOf(request) {
  if (typeof request.arrayBuffer === 'function') return readAtMost(request.body, WEBHOOK_BODY_BYTES);
  const { body } = request;
  if (typeof body === 'string') return new TextEncoder().encode(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  throw new TypeError('the body of a webhook must be its text or its bytes as they came: a parsed body is not what was signed');
}

function eventOf(body) {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

function header(headers, name) {
  const at = headers.findIndex((held, index) => index % 2 === 0 && held.toLowerCase() === name);
  return at < 0 ? undefined : headers[at + 1];
}

function requestId() {
  return crypto.randomUUID().replaceAll('-', '');
}
