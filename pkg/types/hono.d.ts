import type { Context, MiddlewareHandler } from 'hono';

import type { Guards } from './guards.js';
import type { Auth, Verifier, VerifierOptions } from './index.js';

type Middleware<Session> = MiddlewareHandler<{ Variables: { auth: Session } }>;

/**
 * The guards set `c.get('auth')`: the verified session, or `null` for preflights and, behind `optionalAuth()`, nobody. A
 * function gives the verifier, which is kept, where it needs what comes with a request: `clerkEdge((c) => verifierOf(c.env))`.
 */
export function clerkEdge(options?: VerifierOptions | Verifier | ((c: Context<any, any, any>) => Verifier)): Guards<Middleware<Auth>, [c: Context<any, any, any>], Middleware<Auth | null>>;
