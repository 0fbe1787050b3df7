import type { Given } from './guards.js';
import type { Auth, Rule, Verifier, VerifierOptions } from './index.js';

/** As much of an API route's response as is used. */
export interface ApiResponse {
  setHeader(name: string, value: string): unknown;
  status(status: number): { end(body?: any): unknown };
}

/** Around a route handler, which gets `auth` beside `params`, or around an API route's, which gets `request.auth`. */
export interface Wrap<Session> {
  <R extends Request = Request, C extends object = { params: Promise<any> }>(
    handler: (request: R, context: C & { auth: Session }) => Response | Promise<Response>,
  ): (request: R, context: Omit<C, 'auth'>) => Promise<Response>;
  <R extends { headers: object }, S extends ApiResponse>(handler: (request: R & { auth: Session }, response: S) => unknown): (request: R, response: S) => Promise<unknown>;
}

/** A route handler's `(request, { params })`, or an API route's `(request, response)`. */
type Handed = [request: any, context: any];

/** As much of Next's `NextFetchEvent` as is used. */
interface Event {
  waitUntil(work: Promise<unknown>): void;
}

/** `auth` is `null` for a preflight. */
type Then<R, Answer> = (request: R, context: { auth: Auth | null; event: any }) => Answer | Promise<Answer>;
type Proxy<R, Answer> = (request: R, event: Event) => Promise<Response | Answer>;

export interface ClerkEdge {
  withAuth: Wrap<Auth>;
  /** Lets a request without credentials through as nobody; bad credentials are refused. */
  withOptionalAuth: Wrap<Auth | null>;
  withRole(role: Given<string | undefined, Handed>): Wrap<Auth>;
  withAnyRole(...roles: Given<string | undefined | readonly (string | undefined)[], Handed>[]): Wrap<Auth>;
  withPermission(permission: Given<string | undefined, Handed>): Wrap<Auth>;
  /** An active organization, whichever. */
  withOrg(): Wrap<Auth>;
  /** The organization of an id, `org_…`. */
  withOrg(id: Given<string | undefined, Handed>): Wrap<Auth>;
  withRule(rule: Given<Rule, Handed>): Wrap<Auth>;
  /** For proxy.ts (or middleware.ts): refuses a request without a session, and else answers what `then` does, or nothing. */
  protect<R extends Request = Request, Answer = undefined>(then?: Then<R, Answer>): Proxy<R, Answer>;
  /** The same for a rule. */
  protectBy<R extends Request = Request, Answer = undefined>(rule: Given<Rule, [request: R]>, then?: Then<R, Answer>): Proxy<R, Answer>;
}

export function clerkEdge(options?: VerifierOptions | Verifier): ClerkEdge;
