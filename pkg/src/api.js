// The package's own functions over the core in wasm. A bad token is a result, never an exception.

import { makeAssertions } from './assertion.js';
import { readAtMost } from './bytes.js';
import { explanationOf } from './explain.js';
import { makeHost } from './host.js';
import { describe } from './request.js';
import { ConfigurationError, inOptions, ruleOf, settingsOf } from './settings.js';
import { finished } from './work.js';

/** The rules that a process asks again and again are few; a caller that makes them up anew each time must not fill memory. */
const RULES = 256;

/** The longest webhook that the core takes: no more of a body is waited for. */
const WEBHOOK_BODY_BYTES = 1024 * 1024;

/** The functions over one instance of the core; with `node`, Node's module of cryptography, where that is the host. */
export function makeApi(core, node) {
  const rules = new Map();

  function rule(text) {
    let found = rules.get(text);
    if (found === undefined) {
      found = told(() => new core.Rule(text));
      if (rules.size >= RULES) rules.clear();
      rules.set(text, found);
    }
    return found;
  }

  /** Asks an outcome of the core whether it meets a rule, and for the refusal where it does not. */
  function checksOf(outcome) {
    const check = (asked) => {
      const refusal = outcome.check(rule(ruleOf(asked)), requestId());
      return refusal === undefined ? undefined : refused(refusal);
    };
    const has = (asked) => check(asked) === undefined;
    return { has, check };
  }

  /** A result from an outcome of the core, and the check of rules that goes with it. */
  function resultOf(outcome) {
    const session = outcome.session();
    if (session === undefined) {
      const refusal = refused(outcome.refusal(requestId()));
      outcome.free();
      return refusal;
    }
    const { has, check } = checksOf(outcome);
    return { ok: true, auth: authOf(JSON.parse(session), has, outcome), check };
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
        return settled(resultOf(await finished(core, verifier.authenticate(method, url, headers, clock()))), context);
      },
      async verifyToken(token, context) {
        return settled(resultOf(await finished(core, verifier.verifyToken(String(token), clock()))), context);
      },
      /** What became of a token, or of a request's: check by check, with the cause and the cure of a refusal. */
      async explain(asked, context) {
        const now = clock();
        const isToken = typeof asked === 'string';
        const { method, url, headers } = isToken ? {} : describe(asked, options.origin);
        const token = isToken ? asked : verifier.token(headers, now);
        const outcome = await finished(core, isToken ? verifier.verifyToken(asked, now) : verifier.authenticate(method, url, headers, now));
        const refusal = outcome.refusal(requestId());
        const told = { problem: refusal && refused(refusal).problem, reached: outcome.reached(), token, issuer: verifier.issuer(), now: now / 1000 };
        outcome.free();
        return settled(explanationOf(told), context);
      },
      /** Reads a rule now, so that a mistake in it is told at start and not to a caller. */
      checkRule: (asked) => void rule(ruleOf(asked)),
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

  return { createVerifier, verifyWebhook, ...makeAssertions(core, { authOf, refused, checksOf, requestId, told, node }) };
}

/** The answer to a refused request, for hosts that answer with a `Response`. */
export function toResponse({ status, headers, problem }) {
  return new Response(JSON.stringify(problem), { status, headers });
}

/** The session of an outcome. Its claims are read when they are first asked for: most callers never do. */
function authOf([userId, sessionId, orgId, orgSlug, orgRole, orgPermissions, actor], has, outcome) {
  let claims;
  return {
    userId,
    sessionId,
    orgId,
    orgSlug,
    orgRole,
    orgPermissions,
    actor,
    get claims() {
      return (claims ??= JSON.parse(outcome.claims()));
    },
    set claims(value) {
      claims = value;
    },
    has,
  };
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
