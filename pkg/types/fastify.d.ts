import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Guards } from './guards.js';
import type { Auth, Verifier, VerifierOptions } from './index.js';

/** For `onRequest`, or any other hook before the handler. */
export type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

declare module 'fastify' {
  interface FastifyInstance extends Guards<Hook, [request: FastifyRequest & { params: any; query: any; body: any }]> {}
  interface FastifyRequest {
    /** The verified session: behind a guard always, save for preflights and, behind `optionalAuth()`, nobody. */
    auth: Auth | null;
  }
}

/** `app.register(clerkEdge, { publishableKey })`: decorates the server with the guards, and requests with `auth`. */
export function clerkEdge(app: any, options: VerifierOptions | Verifier): Promise<void>;
export default clerkEdge;
