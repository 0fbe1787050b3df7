// A `fetch` for pages and other clients that sends the session's token with each request, to the origins that may have it, and
// asks once more with a fresh one when it is refused. No wasm is in it: a page that calls an API verifies nothing.

import { readCall } from './client/call.js';
import { AuthError, authErrorIn, readAuthError, retryAfter } from './client/error.js';
import { pause, raced, startLimit } from './client/limit.js';
import { isOffline, makeTokens } from './client/tokens.js';

export { AuthError, authErrorIn };

const TIMEOUT_MS = 30_000;
const RETRY_AFTER_MS = 10_000;

/** By each answer: the token that it was asked for with, and whether its origin is one that may have tokens. */
const asked = new WeakMap();

/** The AuthError that an answer of `authFetch`, or of any fetch, tells of; undefined where it tells of none. */
export function authErrorFrom(response) {
  return readAuthError(response, asked.get(response)?.hasCredentials);
}

export function createAuthFetch(options) {
  const settings = settingsOf(options);
  const tokens = makeTokens(settings.getToken);
  const originsOf = makeOrigins(settings);

  async function authFetch(input, init) {
    const call = readCall(input, init, baseOf(settings));
    call.isOurs = originsOf().has(call.url.origin);
    const limit = startLimit(settings.timeoutMs, call.signal);
    try {
      return await settled(await answered(call, limit), limit);
    } finally {
      limit.end();
    }
  }

  /** Waits once where it is asked to, if what is asked for changes nothing and there is time. */
  async function answered(call, limit) {
    const response = await once(call, limit);
    const wait = call.isOurs && isSafe(call) && [429, 503].includes(response.status) ? retryAfter(response) * 1000 : NaN;
    if (!(wait <= settings.maxRetryAfterMs && wait < limit.leftMs())) return response;
    discard(response);
    await pause(wait, limit.signal);
    return once(call, limit);
  }

  /** Sends a request, and after a 401 once more with a fresh token: a handler behind a guard has not run, so that is safe for any method. */
  async function once(call, limit) {
    const { token, headers } = await raced(credentials(call), limit.signal);
    const response = await sent(call, headers, token, limit);
    if (response.status !== 401 || !token || !call.isReplayable || !asked.get(response).isOurs) return response;
    const fresh = await raced(tokens.renew(token), limit.signal).catch((error) => {
      discard(response);
      throw error;
    });
    if (!fresh) asked.get(response).hasCredentials = false;
    if (!fresh || fresh === token) return response;
    discard(response);
    const second = await sent(call, bearer(headers, fresh), fresh, limit);
    if (second.status === 401) tokens.forget(fresh);
    return second;
  }

  /** The headers to send, and the token among them that may be renewed. A caller's own Authorization stays as it is. */
  async function credentials({ headers, isOurs }) {
    const own = headers.get('authorization');
    if (settings.attach) {
      const token = isOurs && own === null ? await tokens.current() : undefined;
      return { token, headers: token ? bearer(headers, token) : headers };
    }
    const [, carried] = /^bearer +(\S+)$/i.exec(own ?? '') ?? [];
    if (carried && !isOurs) headers.delete('authorization');
    const token = carried && isOurs ? await tokens.insteadOf(carried) : undefined;
    return { token, headers: token ? bearer(headers, token) : headers };
  }

  async function sent(call, headers, token, { signal }) {
    signal.throwIfAborted();
    const response = await call.send(settings.fetch, headers, signal).catch((cause) => {
      if (signal.aborted) throw signal.reason;
      throw isOffline(cause) ? new AuthError('offline', { cause }) : cause;
    });
    const isOurs = call.isOurs && !isFromElsewhere(response, call.url);
    asked.set(response, { token, isOurs, hasCredentials: headers.has('authorization') });
    return response;
  }

  /** Tells who is to know of an answer that refuses. */
  async function settled(response, { signal }) {
    const about = asked.get(response);
    const isTold = settings.throwRefusals || (settings.onSignedOut && response.status === 401);
    if (!about.isOurs || !isTold) return response;
    // The library above sends no token where it knows that none is needed; that is not to be signed out.
    if (!settings.attach && response.status === 401) about.hasCredentials ||= (await raced(tokens.current(), signal)) !== undefined;
    const error = await raced(authErrorFrom(response), signal);
    if (error?.code === 'signed_out') settings.onSignedOut?.(error);
    if (!error || !settings.throwRefusals) return response;
    discard(response);
    throw error;
  }

  /** For a refusal in an answer that is no 401, as GraphQL has them: whether there is a fresh token in place of the one that it was got with. */
  async function renew(response) {
    const about = asked.get(response);
    if (!about?.token || !about.isOurs) return false;
    const fresh = await tokens.renew(about.token);
    return fresh !== undefined && fresh !== about.token;
  }

  /** For a library that attaches tokens itself: the one of now. */
  async function token() {
    const limit = startLimit(settings.timeoutMs);
    return raced(tokens.current(), limit.signal).finally(limit.end);
  }

  return Object.assign(authFetch, { renew, token });
}

function settingsOf({ getToken, fetch, baseUrl, allowedOrigins, timeoutMs = TIMEOUT_MS, maxRetryAfterMs = RETRY_AFTER_MS, attach = true, ...rest } = {}) {
  if (typeof getToken !== 'function') throw new TypeError("getToken: missing; expected a function that returns the session's token, such as Clerk's");
  if (!(timeoutMs > 0)) throw new TypeError(`timeoutMs: expected milliseconds above 0, got ${timeoutMs}`);
  if (baseUrl !== undefined && !URL.canParse(baseUrl, 'https://page.invalid')) throw new TypeError(`baseUrl: expected an address, got ${baseUrl}`);
  const origins = allowedOrigins?.map(originOf);
  return { getToken, fetch: fetch ?? ((...args) => globalThis.fetch(...args)), baseUrl, origins, timeoutMs, maxRetryAfterMs, attach, ...rest };
}

/** What a relative address is relative to: as for `fetch` the page's own, which may itself be what `baseUrl` is relative to. */
function baseOf({ baseUrl }) {
  const page = globalThis.location?.href;
  return baseUrl === undefined ? page : new URL(baseUrl, page).href;
}

/** The origins that may have tokens. They are asked for at the first request, since a module may be loaded where there is no page. */
function makeOrigins(settings) {
  let found;
  return () => {
    if (found) return found;
    if (!settings.origins && !baseOf(settings)) throw new TypeError('allowedOrigins: missing; expected the origins that may have the token, or baseUrl');
    found = new Set(settings.origins ?? [new URL(baseOf(settings)).origin]);
    return found;
  };
}

function originOf(text) {
  const origin = URL.canParse(text) ? new URL(text).origin : 'null';
  if (origin === 'null') throw new TypeError(`allowedOrigins: expected an origin such as https://api.example.com, got ${text}`);
  return origin;
}

function bearer(headers, token) {
  const changed = new Headers(headers);
  changed.set('authorization', `Bearer ${token}`);
  return changed;
}

/** A redirect to another origin has lost the token on its way (Fetch standard, HTTP-redirect fetch); its 401 says nothing of it. */
const isFromElsewhere = ({ redirected, url }, { origin }) => redirected && new URL(url).origin !== origin;

const isSafe = ({ method }) => method === 'GET' || method === 'HEAD';

/** A body that nobody reads keeps its connection. */
function discard({ body }) {
  body?.cancel().catch(() => undefined);
}
