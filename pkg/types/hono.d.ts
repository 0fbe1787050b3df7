import type { Guards } from './guards.js';
import type { Verifier, VerifierOptions } from './index.js';

type Middleware = (context: any, next: () => Promise<void>) => Promise<Response | void>;

export function clerkEdge(options?: VerifierOptions | Verifier): Guards<Middleware, [context: any]>;
