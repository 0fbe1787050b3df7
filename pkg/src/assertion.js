// The check of assertions, for origins behind the gateway: what it says of the sender of a request, in the same results as
// the verifier's own.

import { makeHost } from './host.js';
import { describe } from './request.js';
import { ConfigurationError } from './settings.js';
import { finished } from './work.js';

const SENDERS = ['session', 'anyone', 'webhook'];
const OPTIONS = ['jwks', 'audience', 'fetch', 'store', 'clock', 'waitUntil'];
const CALL = ['request', 'sender', 'waitUntil'];

/** A process is behind one gateway or two; a caller that makes up key sets must not fill memory. */
const VERIFIERS = 16;

/** The functions over one instance of the core; `results` are those of api.js. */
export function makeAssertions(core, { authOf, refusalOf, checksOf, told, node }) {
  /** Verifies what one gateway asserts to one origin. Keep one: it keeps the keys. */
  function createAssertionVerifier(options = {}) {
    known(options, OPTIONS);
    const { audience, clock = Date.now } = options;
    if (typeof audience !== 'string') throw new ConfigurationError('audience: missing; expected https://host:port of this origin, or service:BINDING');
    const verifier = told(() => new core.Assertions(documentOf(options.jwks), audience, makeHost(options, node)));
    // The gateway says the address that it was told to send to, whatever Host a sender writes.
    const ownOrigin = /^https?:/.test(audience) ? audience : undefined;

    return {
      async verify(token, call = {}) {
        known(call, CALL);
        const { request, sender = 'session', waitUntil = options.waitUntil } = call;
        if (!SENDERS.includes(sender)) throw new ConfigurationError(`sender: expected one of ${SENDERS.join(', ')}`);
        const { method, url } = request === undefined ? {} : describe(request, ownOrigin);
        const outcome = await finished(core, verifier.verify(typeof token === 'string' ? token : '', sender, method, url, clock()));
        if (verifier.isUnsettled()) {
          const settling = finished(core, verifier.settle(clock()));
          if (waitUntil) waitUntil(settling);
        }
        if (outcome instanceof core.Refused) return refusalOf(outcome);
        const { auth, claims, webhook, requestId: id } = JSON.parse(outcome);
        const held = { parts: auth, claims, met: [] };
        const { has, check } = checksOf(held);
        return { ok: true, auth: auth && authOf(held, has), webhook, requestId: id, check };
      },
    };
  }

  const kept = new Map();

  /** The same in one call: the verifier of each key set and audience is kept, and so are its keys. */
  async function verifyAssertion(token, { jwks, audience, ...call } = {}) {
    const key = JSON.stringify([jwks instanceof URL ? jwks.href : jwks, audience]);
    let verifier = kept.get(key);
    if (verifier === undefined) {
      verifier = createAssertionVerifier({ jwks, audience });
      if (kept.size >= VERIFIERS) kept.clear();
      kept.set(key, verifier);
    }
    return verifier.verify(token, call);
  }

  return { createAssertionVerifier, verifyAssertion };
}

function documentOf(jwks) {
  if (typeof jwks === 'string') return jwks;
  if (jwks instanceof URL) return jwks.href;
  return JSON.stringify(jwks) ?? '';
}

/** A misspelt option must not pass for none: without its `request` an assertion holds for every one. */
function known(options, names) {
  const unknown = Object.keys(options).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new ConfigurationError(`${unknown.join(', ')}: unknown option; expected one of ${names.join(', ')}`);
}
