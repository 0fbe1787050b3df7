import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Guards } from './guards.js';
import type { Auth, Verifier, VerifierOptions } from './index.js';

type Middleware = (request: any, response: ServerResponse, next: (error?: unknown) => void) => Promise<void>;

declare global {
  namespace Express {
    interface Request {
      /** The verified session; `null` for nobody behind `optionalAuth()`. */
      auth: Auth;
    }
  }
}

export function clerkEdge(options?: VerifierOptions | Verifier): Guards<Middleware, [request: IncomingMessage & Record<string, any>]>;
