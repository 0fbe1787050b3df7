// The types of the package, by hand: what `clerk-edge` exports, whichever entry a host takes.

/** What a verifier is made from. What is left out comes from the environment, under the names in the README. */
export interface VerifierOptions {
  /** `pk_test_…` or `pk_live_…`: the instance, its issuer and its key set. Environment: `CLERK_PUBLISHABLE_KEY`. */
  publishableKey?: string;
  /** The instance's public key in PEM: no network is asked. Environment: `CLERK_JWT_KEY`. */
  jwtKey?: string;
  /** For the Backend API's key set alone. Environment: `CLERK_SECRET_KEY`. */
  secretKey?: string;
  /** The `iss` of tokens, where it is not the publishable key's. Environment: `CLERK_ISSUER`. */
  issuer?: string;
  /** Environment: `CLERK_API_URL`. */
  apiUrl?: string;
  /** Environment: `CLERK_PROXY_URL`. */
  proxyUrl?: string;
  /** Environment: `CLERK_DOMAIN`. */
  domain?: string;
  /** Environment: `CLERK_IS_SATELLITE`. */
  isSatellite?: boolean;
  /** Origins that tokens may be made for (`azp`); a `*` stands for one whole label. */
  authorizedParties?: readonly string[];
  /** A token without `azp`, where parties are listed. Default: `same-origin`. */
  missingAzp?: 'accept' | 'same-origin' | 'reject';
  /** When given, `aud` must be there and name one. */
  audience?: readonly string[];
  /** Seconds, 0 to 300. Default: 5. */
  clockSkewSeconds?: number;
  /** Default: `['RS256']`. */
  algorithms?: readonly ('RS256' | 'RS384' | 'RS512' | 'ES256' | 'EdDSA')[];
  /** Default: `frontend-api`. */
  keysFrom?: 'frontend-api' | 'backend-api';
  /** The environment, where it is not `process.env`: a Worker's `env`. */
  env?: Readonly<Record<string, unknown>>;
  /** This service's own origin, such as `https://api.example.com`, where a proxy in front changes the scheme or the host. */
  origin?: string;
  /** Keeps key sets beyond the life of a process. */
  store?: KeySetStore;
  /** Default: the global one. */
  fetch?: typeof fetch;
  /** Milliseconds since 1970. Default: `Date.now`. */
  clock?: () => number;
  /** Keeps a host alive for work beside a request. */
  waitUntil?: (work: Promise<unknown>) => void;
}

/** What Workers KV has. */
export interface KeySetStore {
  get(key: string, type: 'arrayBuffer'): Promise<ArrayBuffer | Uint8Array | string | null | undefined>;
  put(key: string, value: Uint8Array, options: { expirationTtl: number }): Promise<unknown>;
}

/** A rule over a session. Several keys are all of them. */
export interface Rule {
  role?: string;
  permission?: string;
  feature?: string;
  plan?: string;
  /** Any active organization, or the one of this id. */
  organization?: true | string;
  reverification?: 'strict_mfa' | 'strict' | 'moderate' | 'lax' | { level: 'first_factor' | 'second_factor' | 'multi_factor'; afterMinutes: number };
  /** The names of a claim joined by dots, with `equals` or `in`. */
  claim?: string;
  equals?: string | number | boolean;
  in?: readonly (string | number | boolean)[];
  all?: readonly Rule[];
  any?: readonly Rule[];
}

/** A verified session. */
export interface Auth {
  userId: string;
  sessionId: string;
  orgId: string | null;
  orgSlug: string | null;
  /** With its prefix: `org:admin`. */
  orgRole: string | null;
  orgPermissions: string[];
  actor: Record<string, unknown> | null;
  claims: Record<string, unknown>;
  /** Whether the session meets a rule. Throws for what is no rule. */
  has(rule: Rule): boolean;
}

/** The body of a refusal (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  requestId: string;
  [member: string]: unknown;
}

export interface Refusal {
  ok: false;
  /** 401, 403, or 503 when no key can be had. */
  status: number;
  /** A stable code: the README lists them. */
  code: string;
  /** The `WWW-Authenticate` of RFC 6750, where there is one. */
  challenge: string | undefined;
  /** Everything to answer with. */
  headers: Record<string, string>;
  problem: Problem;
}

export interface Authenticated {
  ok: true;
  auth: Auth;
  /** The refusal of a session that does not meet a rule; undefined where it does. */
  check(rule: Rule): Refusal | undefined;
}

export type Result = Authenticated | Refusal;

/** A `Request`, a Node request, or as much of one. */
export type RequestLike =
  | Request
  | { method?: string; url?: string; originalUrl?: string; headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>; rawHeaders?: readonly string[] };

/** A check of a token, in the order of the checks. */
export type CheckName =
  | 'form'
  | 'crit'
  | 'typ'
  | 'alg'
  | 'cat'
  | 'kid'
  | 'signature'
  | 'claims'
  | 'sub'
  | 'iss'
  | 'aud'
  | 'sid'
  | 'azp'
  | 'exp'
  | 'nbf'
  | 'iat'
  | 'sts';

export interface ExplainedCheck {
  check: CheckName;
  /** One at most failed: what is behind it was not reached. */
  outcome: 'passed' | 'failed' | 'not-reached';
  /** The member that was looked at, as JSON, where there is one. */
  detail?: string | undefined;
}

/** What became of a token. It holds the token's claims, and never the token. */
export type Explanation = {
  /** Every check, in order; none is reached where there was no token. */
  checks: ExplainedCheck[];
  /** The header as it stands in the token; null where it cannot be read. */
  header: Record<string, unknown> | null;
  /** The claims as they stand in the token; unless `ok`, anybody may have written them. */
  claims: Record<string, unknown> | null;
} & ({ ok: true } | { ok: false; /** As in a refusal. */ code: string; cause: string; cure: string });

export interface Verifier {
  /** Who sends a request. A bad token is a result, never an exception. */
  authenticate(request: RequestLike, context?: { waitUntil?: (work: Promise<unknown>) => void }): Promise<Result>;
  /** What a token says that came by another way than a request's headers. */
  verifyToken(token: string, context?: { waitUntil?: (work: Promise<unknown>) => void }): Promise<Result>;
  /** What became of a token, or of a request's, check by check, and why: for logs and people, never for the caller. */
  explain(asked: string | RequestLike, context?: { waitUntil?: (work: Promise<unknown>) => void }): Promise<Explanation>;
  /** Throws a `ConfigurationError` for what is no rule. */
  checkRule(rule: Rule): void;
}

/** Throws a `ConfigurationError` that tells every mistake. */
export function createVerifier(options?: VerifierOptions): Verifier;

export interface VerifiedWebhook {
  ok: true;
  /** The delivery's id: handle each once. */
  id: string;
  /** The bytes that were signed. */
  body: Uint8Array;
  /** The same as JSON; undefined where it is none. */
  event: unknown;
}

/** Whether Clerk signed a webhook. The body must be its text or its bytes as they came. */
export function verifyWebhook(
  request: Request | { headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>; body: string | Uint8Array },
  options?: { secret?: string; clock?: () => number },
): Promise<VerifiedWebhook | Refusal>;

/** What one gateway asserts to one origin. */
export interface AssertionVerifierOptions {
  /** The gateway's key set, or its address: `https://…/.well-known/clerk-edge/jwks.json`. */
  jwks: JsonWebKeySet | URL | string;
  /** `https://host:port` of this origin as the gateway's route has it, or `service:BINDING`. */
  audience: string;
  /** Keeps key sets beyond the life of a process. */
  store?: KeySetStore;
  /** Default: the global one. */
  fetch?: typeof fetch;
  /** Milliseconds since 1970. Default: `Date.now`. */
  clock?: () => number;
  /** Keeps a host alive for work beside a request. */
  waitUntil?: (work: Promise<unknown>) => void;
}

export interface JsonWebKeySet {
  keys: readonly object[];
}

/** What an assertion must be for. */
export interface AssertionUse {
  /** The request that carries it: its method and path must be the assertion's. Without it the assertion holds for any. */
  request?: RequestLike | { method: string; url: string };
  /** Whom the request must come from. Default: `session`; `anyone` is a session or nobody, never a webhook. */
  sender?: 'session' | 'anyone' | 'webhook';
  waitUntil?: (work: Promise<unknown>) => void;
}

export interface VerifiedAssertion {
  ok: true;
  /** The session; `null` for nobody and for a webhook. */
  auth: Auth | null;
  /** The webhook's delivery, where that is what the gateway forwards. */
  webhook: { id: string } | null;
  /** The id of the request at the gateway. */
  requestId: string;
  /** The refusal of a session that does not meet a rule; undefined where it does. */
  check(rule: Rule): Refusal | undefined;
}

export interface AssertionVerifier {
  /** What the header `x-clerk-edge-assertion` says; undefined is a request without one. */
  verify(token: string | null | undefined, use?: AssertionUse): Promise<VerifiedAssertion | Refusal>;
}

/** Throws a `ConfigurationError` for what is no key set and no audience. Keep one: it keeps the keys. */
export function createAssertionVerifier(options: AssertionVerifierOptions): AssertionVerifier;

/** The same in one call. */
export function verifyAssertion(
  token: string | null | undefined,
  options: AssertionUse & Pick<AssertionVerifierOptions, 'jwks' | 'audience'>,
): Promise<VerifiedAssertion | Refusal>;

/** The answer to a refused request, for hosts that answer with a `Response`. */
export function toResponse(refusal: Refusal): Response;

/** A mistake in what a verifier is given; its message tells each, a line each. */
export class ConfigurationError extends Error {}
