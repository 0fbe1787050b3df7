// Why a request could not be made as the one who is signed in: one error, whose code says what to do about it.

import { bearerChallenge } from './challenge.js';

const MESSAGES = {
  signed_out: 'nobody is signed in',
  unauthorized: 'the token was not accepted',
  token_expired: 'the token has expired',
  forbidden: 'the session may not do this',
  offline: 'there is no connection',
  timeout: 'no answer came in time',
  auth_unavailable: 'who is signed in cannot be told now',
};

/** What a guard answers 503 with for a reason of its own; any other 503 is the service's. */
const UNAVAILABLE = ['keys-unavailable', 'configuration-invalid'];

/** A problem is some hundred bytes; what is longer is none of ours. */
const PROBLEM_BYTES = 65_536;

export class AuthError extends Error {
  constructor(code, { status, challenge, problem, requestId, retryAfter, cause } = {}) {
    super(MESSAGES[code] + (problem?.code ? ` (${problem.code})` : ''), cause === undefined ? undefined : { cause });
    this.name = 'AuthError';
    Object.assign(this, { code, status, challenge, problem, requestId, retryAfter });
  }
}

/** An AuthError that an error is, or that caused it: the libraries on top wrap what a fetch throws. The deepest, for axios's errors take their cause's name and code. */
export function authErrorIn(error) {
  let found;
  for (let [at, depth] = [error, 0]; at && depth < 8; at = at.cause, depth += 1) {
    if (at.name === 'AuthError' && at.code in MESSAGES) found = at; // by its name: ES modules and CommonJS each have a class
  }
  return found;
}

/** The AuthError that an answer tells of, or undefined. `credentials` is whether it was asked for with a token, where that is known. */
export async function readAuthError(response, credentials) {
  const { status, headers } = response;
  if (![401, 403, 503].includes(status)) return undefined;
  const challenge = bearerChallenge(headers.get('www-authenticate'));
  const problem = await problemOf(response);
  const code = codeOf(status, problem, credentials ?? challenge?.error !== undefined);
  if (code === undefined) return undefined;
  const requestId = problem?.requestId ?? headers.get('x-request-id') ?? undefined;
  return new AuthError(code, { status, challenge, problem, requestId, retryAfter: retryAfter(response) });
}

/** The seconds that an answer asks to wait (RFC 9110, section 10.2.3), or undefined. */
export function retryAfter({ headers }) {
  const value = headers.get('retry-after')?.trim();
  if (!value) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - Date.now()) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.max(seconds, 0);
}

function codeOf(status, problem, credentials) {
  if (status === 403) return 'forbidden';
  if (status === 503) return UNAVAILABLE.includes(problem?.code) ? 'auth_unavailable' : undefined;
  if (!credentials) return 'signed_out';
  return problem?.code === 'token-expired' ? 'token_expired' : 'unauthorized';
}

/** The body as a problem (RFC 9457). It is read from a copy, so that the answer stays to be read. */
async function problemOf(response) {
  const { headers, bodyUsed } = response;
  if (bodyUsed || !/^application\/problem\+json\b/i.test(headers.get('content-type') ?? '')) return undefined;
  if (Number(headers.get('content-length')) > PROBLEM_BYTES) return undefined;
  const problem = await response.clone().json().catch(() => undefined);
  return typeof problem === 'object' && problem !== null ? problem : undefined;
}
