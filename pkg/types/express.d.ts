import type { Guards } from './guards.js';
import type { Auth, Verifier, VerifierOptions } from './index.js';

/** Express's `RequestHandler`, and that of whatever else calls `(request, response, next)`. */
export type Middleware = (request: any, response: any, next: (error?: any) => void) => Promise<void>;

declare global {
  namespace Express {
    interface Request {
      /** The verified session: behind a guard always, save for preflights and, behind `optionalAuth()`, nobody. */
      auth?: Auth | null;
    }
  }
}

export function clerkEdge(options?: VerifierOptions | Verifier): Guards<Middleware, [request: any]>;
