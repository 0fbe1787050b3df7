import { initTRPC } from '@trpc/server';
import type { ClerkEdge } from 'clerk-edge/trpc';

/** The guards come with the server; the type is what the client needs. */
export function makeRouter({ requireAuth, requireRole, errorFormatter }: ClerkEdge, made: string[]) {
  const { router, procedure } = initTRPC.context<object>().create({ errorFormatter });
  const text = (value: unknown): string => {
    if (typeof value !== 'string') throw new Error('expected text');
    return value;
  };
  return router({
    health: procedure.query(() => true),
    me: procedure.use(requireAuth()).query(({ ctx }) => ({ userId: String(ctx.auth.userId) })),
    admin: procedure.use(requireRole('admin')).query(({ ctx }) => ({ userId: String(ctx.auth.userId) })),
    create: procedure.use(requireAuth()).input(text).mutation(({ input }) => (made.push(input), { text: input })),
    draft: procedure.input(text).mutation(({ input }) => (made.push(input), { text: input })),
  });
}

export type AppRouter = ReturnType<typeof makeRouter>;
