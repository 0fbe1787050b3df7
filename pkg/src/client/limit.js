// How long a request may take until its answer begins, and who else may end it.

import { AuthError } from './error.js';

/** What is longer, a timer takes for no time at all. */
const LONGEST_MS = 2 ** 31 - 1;

/** A signal that follows the caller's and ends by itself; after `end()` the answer's body still follows the caller's. */
export function startLimit(timeoutMs, callers) {
  const own = new AbortController();
  const cause = () => new DOMException(`no answer in ${timeoutMs} ms`, 'TimeoutError');
  const timer = timeoutMs > LONGEST_MS ? undefined : setTimeout(() => own.abort(new AuthError('timeout', { cause: cause() })), timeoutMs);
  const deadline = Date.now() + timeoutMs;
  return {
    signal: callers ? AbortSignal.any([callers, own.signal]) : own.signal,
    leftMs: () => deadline - Date.now(),
    end: () => clearTimeout(timer),
  };
}

/** What a work comes to, unless the signal ends first: Clerk's `getToken` takes no signal and tries for minutes. */
export function raced(work, signal) {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

export function pause(ms, signal) {
  let timer;
  const waited = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  return raced(waited, signal).finally(() => clearTimeout(timer));
}
