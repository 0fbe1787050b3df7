// Tokens are asked for anew for every request. All that is remembered, and for seconds, is which token a server refused and
// what came in its place: many requests that fail with one token must cause one refresh and not many.

import { AuthError } from './error.js';

const REMEMBERED_MS = 10_000;

/** Tokens by Clerk's `getToken`. */
export function makeTokens(getToken) {
  /** By the token that was refused: the promise of the fresh one, and what it came to. */
  const renewals = new Map();

  function renewalOf(stale) {
    for (const [token, { at }] of renewals) {
      const age = Date.now() - at;
      if (age < 0 || age >= REMEMBERED_MS) renewals.delete(token);
    }
    return renewals.get(stale)?.fresh;
  }

  function renew(stale) {
    const known = renewalOf(stale);
    if (known) return known;
    const renewal = { at: Date.now(), fresh: ask(getToken, { skipCache: true }) };
    renewals.set(stale, renewal);
    renewal.fresh.then(
      (token) => (renewal.token = token),
      () => renewals.get(stale) === renewal && renewals.delete(stale),
    );
    return renewal.fresh;
  }

  const insteadOf = async (token) => (token && (await renewalOf(token))) || token;

  return {
    /** The token to send now; undefined when nobody is signed in. */
    current: async () => insteadOf(await ask(getToken)),
    /** A token, or the one that came in its place. */
    insteadOf,
    /** A fresh token in place of one that was refused; undefined when nobody is signed in any more. */
    renew,
    /** The fresh token was refused as well: what came in place of what is to be found out anew. */
    forget(token) {
      for (const [stale, renewal] of renewals) if (renewal.token === token) renewals.delete(stale);
    },
  };
}

/** Whoever is signed out has no token, and none is ever sent as the word `null`. */
async function ask(getToken, ...options) {
  try {
    const token = await getToken(...options);
    return typeof token === 'string' && !['', 'null', 'undefined'].includes(token) ? token : undefined;
  } catch (cause) {
    throw new AuthError(isOffline(cause) ? 'offline' : 'auth_unavailable', { cause });
  }
}

/** By Clerk's code, and else by what the page knows. */
export const isOffline = (error) => error?.code === 'clerk_offline' || globalThis.navigator?.onLine === false;
