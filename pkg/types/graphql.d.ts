import type { RuleGuards } from './guards.js';
import type { Auth, Verifier, VerifierOptions } from './index.js';

/** A guard around a resolver, or around a subscription's `subscribe`. */
export type Wrap<Session> = <Parent, Args, Context, Info, Result>(
  resolver: (parent: Parent, args: Args, context: Context & { auth: Session }, info: Info) => Result | Promise<Result>,
) => (parent: Parent, args: Args, context: Context, info: Info) => Promise<Result>;

/** What a rule's function gets: the resolver's own arguments. */
type Handed = [parent: any, args: any, context: any, info: any];

export interface ClerkEdge extends RuleGuards<Wrap<Auth>, Handed> {
  /** For Apollo Server's and Yoga's `context`: adds `auth` to what `more` returns. Never refuses; the guards do. */
  authContext<Server, More extends object = {}>(more?: (server: Server) => More | Promise<More>): (server: Server) => Promise<More & { auth: Auth | null }>;
  requireAuth: Wrap<Auth>;
  /** Lets a request without credentials through as nobody; bad credentials are refused. */
  optionalAuth: Wrap<Auth | null>;
  /** For `plugins`, of Apollo Server and of Yoga: a refusal's status and challenge for an operation that it left no data. */
  statusPlugin(): any;
}

export function clerkEdge(options?: VerifierOptions | Verifier): ClerkEdge;
