import type { TRPCError, TRPCMiddlewareFunction } from '@trpc/server';

import type { Guards } from './guards.js';
import type { Auth, Verifier, VerifierOptions } from './index.js';

/** For `procedure.use()`: behind it `ctx.auth` is what the guard let through. */
export type Middleware<Session> = TRPCMiddlewareFunction<any, any, any, { auth: Session }, any>;

/** What a rule's function gets: what tRPC hands to a middleware. */
type Handed = [call: { ctx: any; input: unknown; path: string; type: string; getRawInput: () => Promise<any> }];

export interface ClerkEdge extends Guards<Middleware<Auth>, Handed, Middleware<Auth | null>> {
  /** For any of tRPC's adapters: adds `auth` to what `more` returns. Never refuses; the middlewares do. */
  createContext<Server extends { req: any }, More extends object = {}>(more?: (server: Server) => More | Promise<More>): (server: Server) => Promise<More & { auth: Auth | null }>;
  /** For `create()`: a refusal's own code as `data.reason`. */
  errorFormatter<Shape extends { data: object }>(given: { shape: Shape; error: TRPCError }): Shape & { data: { reason?: string } };
  /** For the adapter: the challenge of a request of which every call was refused. */
  responseMeta(given: { errors: TRPCError[]; info?: { calls: readonly unknown[] } | undefined }): { headers?: Record<string, string> };
}

export function clerkEdge(options?: VerifierOptions | Verifier): ClerkEdge;
