// The types of `clerk-edge/client`, for pages and other clients of an API.

export interface AuthFetchOptions {
  /**
   * Clerk's `getToken`: of `@clerk/react` or `@clerk/nextjs` in a page, of `await auth()` on a server. It is asked for every
   * request, and with `skipCache` after a 401. Nothing or null is nobody: no header is sent.
   */
  getToken: (options?: { skipCache?: boolean }) => string | null | undefined | Promise<string | null | undefined>;
  /** What relative addresses are relative to, by the URL standard: end it with a `/`. Default: the page's own address. */
  baseUrl?: string | URL;
  /** The origins that may have the token. Default: the one of `baseUrl`. */
  allowedOrigins?: readonly string[];
  /** Default: the global one. */
  fetch?: typeof fetch;
  /** How long everything until the answer begins may take, `getToken` and second tries included. Default: 30,000. `Infinity` for no limit. */
  timeoutMs?: number;
  /** The longest `Retry-After` of a 429 or 503 that a GET waits for, once. Default: 10,000. 0 to return the answer at once. */
  maxRetryAfterMs?: number;
  /**
   * `false` where the library above attaches tokens itself: requests that carry none are sent as they are, and a Bearer token
   * still goes to allowed origins alone, and is renewed after a 401. Default: true.
   */
  attach?: boolean;
  /** Rejects with an `AuthError` where an answer is a 401, a 403, or a guard's 503. Default: false, answers are returned as by `fetch`. */
  throwRefusals?: boolean;
  /** Is told of a 401 when nobody is signed in. Nothing is ever redirected by itself. */
  onSignedOut?: (error: AuthError) => void;
}

export interface AuthFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /**
   * For a refusal in an answer that is no 401, as GraphQL and batches have them: takes the token that the answer was got with for
   * refused, and says whether there is a fresh one, which the next request carries.
   */
  renew(response: Response): Promise<boolean>;
  /** The token of now, for a library that attaches it itself (`attach: false`). Undefined is nobody; what keeps `getToken` from telling is an `AuthError`. */
  token(): Promise<string | undefined>;
}

/** A `fetch` that carries the session's token, and asks once more with a fresh one when it is refused. */
export function createAuthFetch(options: AuthFetchOptions): AuthFetch;

export type AuthErrorCode =
  /** A 401, and nobody is signed in. */
  | 'signed_out'
  /** A 401 to a fresh token. */
  | 'unauthorized'
  /** A 403: fresh tokens do not help. */
  | 'forbidden'
  /** A 401 to a fresh token that a guard takes for expired: a clock is wrong. */
  | 'token_expired'
  /** There is no connection. */
  | 'offline'
  /** No answer in `timeoutMs`. */
  | 'timeout'
  /** Clerk could not be asked for a token, or the API not for Clerk's keys. */
  | 'auth_unavailable';

export class AuthError extends Error {
  constructor(code: AuthErrorCode, details?: Partial<Omit<AuthError, 'code'>>);
  readonly code: AuthErrorCode;
  /** The answer's, where there was one. */
  readonly status: number | undefined;
  /** The parameters of the Bearer challenge (RFC 6750): `realm`, `error`, `error_description`, `scope`. A page sees it only where CORS exposes `WWW-Authenticate`. */
  readonly challenge: Readonly<Record<string, string>> | undefined;
  /** The body, where it is `application/problem+json` (RFC 9457). */
  readonly problem: AuthProblem | undefined;
  readonly requestId: string | undefined;
  /** Seconds. */
  readonly retryAfter: number | undefined;
}

export interface AuthProblem {
  type?: string;
  title?: string;
  status?: number;
  /** A stable code of the gateway or a guard: the README lists them. */
  code?: string;
  requestId?: string;
  [member: string]: unknown;
}

/** The `AuthError` that an answer tells of; undefined where it tells of none. The answer's body stays to be read. */
export function authErrorFrom(response: Response): Promise<AuthError | undefined>;

/** The `AuthError` that an error is or was caused by, such as a library's around what `fetch` threw. */
export function authErrorIn(error: unknown): AuthError | undefined;
